/**
 * A pipeline with every name resolved and every type known: what SQL and the evaluation in memory both go by, so that they
 * mean the same. Rows are lines until a `group` makes a table of them.
 */
import type { QueryNode } from '../ast.ts';
import type { Bound, ValueTest } from '../conditions.ts';
import type { Aggregate } from './nodes.ts';

/**
 * Types of values. An attribute is a text and becomes a number by its use. `level`: the first severity number of the level's
 * name, 0 for none. `time`: nanoseconds. `pattern`: the id of a message's template; `template`: the same, shown as its text.
 */
export type ValueType = 'text' | 'number' | 'time' | 'level' | 'pattern' | 'template';

/** A value that rows have, by its number in the plan. */
export interface Ref {
  readonly id: number;
  readonly type: ValueType;
}

/** What a line has by itself. */
export type LineValue =
  | { readonly kind: 'field'; readonly field: string }
  /** What stands at a place of a template; empty where the template does not fit. */
  | { readonly kind: 'place'; readonly template: number; readonly place: number }
  | { readonly kind: 'pattern' };

export interface Template {
  readonly texts: readonly string[];
  readonly from: Ref;
}

export type ColumnTest =
  | ValueTest
  | { readonly op: 'level'; readonly from: number; readonly to: number }
  /** Nanoseconds, half open. */
  | { readonly op: 'time'; readonly fromNs?: bigint; readonly toNs?: bigint }
  | { readonly op: 'pattern'; readonly id: string };

export type PipeCondition =
  | { readonly kind: 'and' | 'or'; readonly children: readonly PipeCondition[] }
  | { readonly kind: 'not'; readonly child: PipeCondition }
  /** A condition on the line itself. */
  | { readonly kind: 'line'; readonly node: QueryNode }
  | { readonly kind: 'test'; readonly value: Ref; readonly test: ColumnTest };

export interface OrderKey {
  readonly value: Ref;
  readonly descending: boolean;
}

/** A group of rows: by a value of theirs, or by a step of time. */
export type GroupKey =
  | { readonly kind: 'value'; readonly out: Ref; readonly value: Ref }
  | { readonly kind: 'bin'; readonly out: Ref; readonly intervalMs: number };

export interface Measure {
  readonly out: Ref;
  readonly function: Aggregate['function'];
  readonly percentile?: number;
  readonly value?: Ref;
}

export interface GroupStep {
  readonly kind: 'group';
  readonly keys: readonly GroupKey[];
  readonly measures: readonly Measure[];
  /** Percent of the sum of a measure over all groups. */
  readonly share?: { readonly out: Ref; readonly of: Ref };
  /** In which the groups come. */
  readonly order: readonly OrderKey[];
  /** True where rows are lines that weigh 1 / sample_rate. */
  readonly weighted: boolean;
}

/** Lines come newest first, groups in the order of their step; a sort keeps the order before where its keys are equal. */
export type Step =
  | { readonly kind: 'filter'; readonly condition: PipeCondition }
  | { readonly kind: 'sort'; readonly keys: readonly OrderKey[] }
  | { readonly kind: 'dedup'; readonly values: readonly Ref[] }
  | { readonly kind: 'limit'; readonly count: number }
  | GroupStep;

export interface OutputColumn {
  readonly name: string;
  readonly value: Ref;
}

export interface PipePlan {
  /** The lines that the pipeline begins with; every leading `where` is part of it. Times are moments. */
  readonly where: QueryNode;
  /** By their number. */
  readonly lineValues: readonly (LineValue | undefined)[];
  readonly templates: readonly Template[];
  readonly steps: readonly Step[];
  /**
   * What is shown. `lines`: rows are whole lines; `columns` are those that were chosen by `fields`, or undefined, and
   * `added` those that `parse` has added.
   */
  readonly output:
    | { readonly kind: 'lines'; readonly columns: readonly OutputColumn[] | undefined; readonly added: readonly OutputColumn[] }
    | { readonly kind: 'table'; readonly columns: readonly OutputColumn[] };
}

export type { Bound };
