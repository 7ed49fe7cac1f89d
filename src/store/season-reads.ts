/**
 * What a store is asked about the past of services: lines by level in windows of five minutes, over weeks, from which
 * alerts learn seasons before they have seen one. Part of the storage port. Counts weigh a line by 1 / sample_rate.
 */
import type { QueryNode } from '#language/ast.ts';
import type { ReadOptions, TimeRange } from './log-store.ts';

export interface SeasonQuery {
  readonly tenant: string;
  readonly where: QueryNode;
  readonly range: TimeRange;
  /** At least one; few, for the answer is held in memory. */
  readonly services: readonly string[];
}

/** Windows of a service, by their number from the first of the range; those without lines are 0. */
export interface SeasonCounts {
  readonly service: string;
  /** Begin of the first window. */
  readonly fromMs: number;
  readonly lines: Float32Array;
  /** With a level below INFO. */
  readonly debugs: Float32Array;
  readonly warns: Float32Array;
  /** ERROR and above. */
  readonly errors: Float32Array;
}

export interface SeasonReads {
  /**
   * Of services that have lines in the range; windows that begin and end in it. Undefined where the query names what the
   * roll-ups do not know: weeks of lines are not read one by one.
   */
  seasonCounts(query: SeasonQuery, options: ReadOptions): Promise<readonly SeasonCounts[] | undefined>;
}
