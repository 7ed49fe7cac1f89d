/**
 * What a store is asked about the patterns of lines: how often each, when, in which levels, and an example. Part of the
 * storage port. Counts are exact, and weigh a line by 1 / sample_rate.
 */
import type { Completeness, LineQuery, ReadOptions } from './log-store.ts';

/** 64 bits as 16 hexadecimal digits; of `0000000000000000` are the lines without a pattern. */
export type PatternId = string;

export interface PatternQuery extends Pick<LineQuery, 'tenant' | 'where' | 'range'> {
  /** Ids that are counted as another one. */
  readonly aliases: ReadonlyMap<PatternId, PatternId>;
}

export interface PatternCount {
  readonly id: PatternId;
  readonly lineCount: number;
  /** Times of the first and the last line in the range. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Where it was asked for. */
  readonly detail?: PatternDetail;
}

export interface PatternCountsAnswer extends Completeness {
  /** The most frequent first, `maxPatterns` of them. */
  readonly patterns: readonly PatternCount[];
  /** Over all patterns, those that are left out too. */
  readonly totalLines: number;
  readonly totalPatterns: number;
}

export interface PatternDetail {
  readonly id: PatternId;
  /** Severity number (0 to 24) → lines. */
  readonly levels: ReadonlyMap<number, number>;
  /** Begin of a bucket, milliseconds → lines. */
  readonly buckets: ReadonlyMap<number, number>;
}

export interface PatternDetailsAnswer extends Completeness {
  readonly details: readonly PatternDetail[];
}

/** A line of a pattern. */
export interface PatternExample {
  readonly id: PatternId;
  readonly lineId: string;
  readonly service: string;
  readonly message: string;
}

export interface PatternCountsQuery extends PatternQuery {
  readonly maxPatterns: number;
  /** Width of a bucket, where details of each are wanted too: for the most frequent ones that costs less than to ask for them by id. */
  readonly intervalMs?: number;
}

export interface PatternReads {
  patternCounts(query: PatternCountsQuery, options: ReadOptions): Promise<PatternCountsAnswer>;
  /** Of these patterns only; `intervalMs` is the width of a bucket. */
  patternDetails(
    query: PatternQuery & { readonly ids: readonly PatternId[]; readonly intervalMs: number },
    options: ReadOptions,
  ): Promise<PatternDetailsAnswer>;
  /** The last line of each of the counts. */
  patternExamples(query: PatternQuery & { readonly counts: readonly PatternCount[] }, options: ReadOptions): Promise<PatternExample[]>;
}
