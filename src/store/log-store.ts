/**
 * The storage port's reading side: what search asks of a store. One adapter: clickhouse/ (embedded or cluster).
 * Every answer is taken from one snapshot {committed generation, live memtables}, so a flush never shows a line twice
 * or not at all.
 */
import type { QueryNode } from '#language/ast.ts';
import type { LogLine } from '#model/log-line.ts';
import type { ChangeReads } from './change-reads.ts';
import type { EstimateReads } from './line-estimate.ts';
import type { BulkReads } from './bulk-reads.ts';
import type { FieldReads } from './field-reads.ts';
import type { PipeReads } from './pipe-reads.ts';
import type { PlanReads } from './read-plan.ts';
import type { TraceReads } from './trace-reads.ts';

/** Event time, nanoseconds, half open: [fromNs, toNs). */
export interface TimeRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

/** Total order of lines: by event time, then by place in the log. A page ends at a key and the next begins behind it. */
export interface LineKey {
  readonly tsNs: bigint;
  readonly origin: number;
  readonly seq: number;
  readonly rowNo: number;
}

/** Bounds of one query; an exceeded one makes AppError query_timeout or query_too_expensive naming the setting. */
export interface QueryLimits {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  /** Rows that a row search may scan before it stops with what it has. */
  readonly maxScannedRows: number;
}

/** Who waits for the answer: each has places of its own in the engine, so that none can take those of another. */
export type WorkClass = 'search' | 'urgent' | 'background';

export interface ReadOptions {
  readonly limits: QueryLimits;
  /** Absent: `search`. */
  readonly workClass?: WorkClass;
  /** Aborting kills the query in the engine. */
  readonly signal?: AbortSignal;
  readonly queryId?: string;
}

/** Why an answer may lack lines; `complete` is true exactly when there is no reason. */
export interface Completeness {
  readonly complete: boolean;
  readonly reason?: string;
  readonly scannedRows: number;
}

export interface LineQuery {
  readonly tenant: string;
  readonly where: QueryNode;
  readonly range: TimeRange;
  readonly order: 'desc' | 'asc';
  readonly limit: number;
  /** Lines strictly behind this key in the order. */
  readonly after?: LineKey;
  /** Lines to pass over first; small, for paging by number. */
  readonly offset?: number;
}

export interface LinesAnswer extends Completeness {
  readonly lines: readonly LogLine[];
  /** Key of the last line; undefined when nothing was found. */
  readonly lastKey?: LineKey;
  readonly hasMore: boolean;
  /**
   * Only where the search stopped before it had a full page: the range was searched whole up to here in the order (desc:
   * all of ts >= it, asc: all of ts < it), and no line beyond is given. The next page can go on from here.
   */
  readonly searchedToNs?: bigint;
}

/** A part of a streamed search: lines that come next in the order, and how far the search is. */
export interface LinesStep {
  readonly lines: readonly LogLine[];
  /** Key of the last line; undefined where the step has none. */
  readonly lastKey?: LineKey;
  /** True where lines of the part that was searched are still to come. */
  readonly hasMore: boolean;
  /** All lines up to here were given, or would be next: desc, all of ts >= it; asc, all of ts < it. */
  readonly searchedToNs: bigint;
  /** Of the time in which there can be lines, the share that was searched; 1 at the end. */
  readonly share: number;
  /** Lines read since the stream began. */
  readonly scannedRows: number;
  /** Why lines may be missing, or why the search ends before the range does. */
  readonly reason?: string;
}

/** When and where a line was written. */
export type LinePlace = Pick<LogLine, 'id' | 'tenant' | 'tsNs' | 'service' | 'host' | 'traceId'>;

export interface CountAnswer extends Completeness {
  readonly total: number;
}

/** Each fails by itself. */
export interface CountedLines {
  readonly page: Promise<LinesAnswer>;
  readonly count: Promise<CountAnswer>;
}

export type Metric =
  | { readonly kind: 'count' | 'rate' | 'error_rate' }
  | { readonly kind: 'distinct' | 'sum' | 'avg' | 'min' | 'max'; readonly field: string }
  /** percentile in (0, 100), e.g. 99.9 */
  | { readonly kind: 'percentile'; readonly field: string; readonly percentile: number };

export interface AggregateQuery {
  readonly tenant: string;
  readonly where: QueryNode;
  readonly range: TimeRange;
  readonly groupBy: readonly string[];
  readonly intervalMs?: number;
  readonly metric: Metric;
  readonly maxBuckets: number;
}

export interface Bucket {
  readonly timeMs?: number;
  /** Values in the order of groupBy, as text; a level as its name; empty where the line has none. */
  readonly group: readonly string[];
  /** null where no line had a number in the field. */
  readonly value: number | null;
}

export interface AggregateAnswer extends Completeness {
  readonly buckets: readonly Bucket[];
  /** True where lines with a sample rate under 1 were counted by weight. */
  readonly extrapolated: boolean;
}

export interface LogStore extends ChangeReads, EstimateReads, PlanReads, TraceReads, FieldReads, BulkReads, PipeReads {
  findLines(query: LineQuery, options: ReadOptions): Promise<LinesAnswer>;
  /** A page, and beside it the count of all lines of its query, whatever its cursor and offset; both of one snapshot. */
  findCounted(query: LineQuery, options: ReadOptions, countOptions: ReadOptions): CountedLines;
  /**
   * The lines of the query in their order as they are found, in steps of bounded size, all of one snapshot. It ends with
   * the range, with the query's limit, or with the bound of scanned rows (then the last step has a `reason`).
   */
  streamLines(query: Omit<LineQuery, 'offset'>, options: ReadOptions): AsyncIterable<LinesStep>;
  countLines(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<CountAnswer>;
  aggregate(query: AggregateQuery, options: ReadOptions): Promise<AggregateAnswer>;
  lineById(tenant: string, id: string, options: ReadOptions): Promise<LogLine | undefined>;
  /** Of the line with this id, without its texts: half the time of `lineById`. */
  placeOfLine(tenant: string, id: string, options: ReadOptions): Promise<LinePlace | undefined>;
}
