/** What a store is asked about traces beyond their lines. Part of the storage port. */
import type { Completeness, LineQuery, ReadOptions } from './log-store.ts';

/** A service's part in the lines of a query. */
export interface ServiceSpan {
  readonly service: string;
  readonly lineCount: number;
  /** Lines of level ERROR and above. */
  readonly errorCount: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

export interface ServiceSpansAnswer extends Completeness {
  /** In order of their first line; at most `maxServiceSpans`, those that came first. */
  readonly spans: readonly ServiceSpan[];
}

/** Services of one trace that are told. */
export const maxServiceSpans = 1000;

export interface TraceReads {
  /** Which services wrote the lines of the query, over all its pages. */
  serviceSpans(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<ServiceSpansAnswer>;
}
