/**
 * A query with pipes as frozen data: which lines, and what is made of them, stage by stage. Positions are UTF-16 offsets
 * into the text. `parsePipeline(printPipeline(pipeline))` equals a pipeline but for spans.
 */
import type { QueryNode, Span } from '../ast.ts';

export interface Pipeline {
  /** Which lines. */
  readonly query: QueryNode;
  readonly stages: readonly Stage[];
}

/** A field of a line, or a column of the table that an earlier stage made. */
export interface ColumnName {
  readonly name: string;
  readonly span?: Span;
}

/** where <condition> */
export interface WhereStage {
  readonly kind: 'where';
  readonly condition: QueryNode;
}
/** fields a, b */
export interface FieldsStage {
  readonly kind: 'fields';
  readonly columns: readonly ColumnName[];
}
export interface SortKey {
  readonly column: ColumnName;
  readonly order: 'asc' | 'desc';
}
/** sort a desc, b */
export interface SortStage {
  readonly kind: 'sort';
  readonly keys: readonly SortKey[];
}
/** limit 20 */
export interface LimitStage {
  readonly kind: 'limit';
  readonly count: number;
}
/** dedup a, b: of the rows with the same values the first. */
export interface DedupStage {
  readonly kind: 'dedup';
  readonly columns: readonly ColumnName[];
}
/** parse "user <name> took <ms>ms" from message */
export interface ParseStage {
  readonly kind: 'parse';
  /** The texts around the places: one more than there are places; inner ones are not empty. */
  readonly texts: readonly string[];
  /** What each place is called; undefined for `<_>`. */
  readonly places: readonly (ColumnName | undefined)[];
  /** Absent: the message. */
  readonly from?: ColumnName;
}

export type PlainFunction = 'count' | 'rate' | 'error_rate' | 'distinct' | 'sum' | 'avg' | 'min' | 'max' | 'first' | 'last';
export interface Aggregate {
  readonly function: PlainFunction | 'percentile';
  /** Of `percentile`: between 0 and 100. */
  readonly percentile?: number;
  readonly field?: ColumnName;
  readonly as?: string;
  readonly span?: Span;
}
export type Group =
  | { readonly kind: 'field'; readonly column: ColumnName; readonly as?: string }
  /** bin(5m): steps of event time, counted from 1970. */
  | { readonly kind: 'bin'; readonly intervalMs: number; readonly as?: string; readonly span?: Span };
/** stats count(), p99(latency_ms) by service, bin(5m) */
export interface StatsStage {
  readonly kind: 'stats';
  readonly aggregates: readonly Aggregate[];
  readonly by: readonly Group[];
}
/** top 10 by service */
export interface TopStage {
  readonly kind: 'top';
  readonly count: number;
  readonly columns: readonly ColumnName[];
}
/** rate by service, bin(1m): lines a second. */
export interface RateStage {
  readonly kind: 'rate';
  readonly by: readonly Group[];
}
/** patterns: the kinds of lines, the most frequent first. */
export interface PatternsStage {
  readonly kind: 'patterns';
}

type WithSpan<S> = S & { readonly span?: Span };
export type Stage = WithSpan<
  WhereStage | FieldsStage | SortStage | LimitStage | DedupStage | ParseStage | StatsStage | TopStage | RateStage | PatternsStage
>;
export type StageKind = Stage['kind'];

export const stageKinds = [
  'where',
  'parse',
  'fields',
  'sort',
  'limit',
  'dedup',
  'stats',
  'top',
  'rate',
  'patterns',
] as const satisfies readonly StageKind[];

/** How a function is written: `p99` for the percentile. */
export function functionName({ function: name, percentile }: Aggregate): string {
  return name === 'percentile' ? `p${percentile}` : name;
}

/** The column of an aggregate: as it was called, or `count`, `avg_latency_ms`, `p99_latency_ms`. */
export function aggregateName(aggregate: Aggregate): string {
  if (aggregate.as !== undefined) return aggregate.as;
  const name = functionName(aggregate);
  return aggregate.field === undefined ? name : `${name}_${aggregate.field.name}`;
}

/** The column of a group; time steps are called `time`. */
export function groupName(group: Group): string {
  return group.as ?? (group.kind === 'bin' ? 'time' : group.column.name);
}

/** Lines of `top` where no number is given. */
export const defaultTopCount = 10;
