/** What a query is likely to cost, told without asking it: a part of the store's reading side. */
import type { AggregateQuery, LineQuery, ReadOptions } from './log-store.ts';

/** For an aggregation with what it groups by; without, for lines or their count. */
export type EstimateQuery = Pick<LineQuery, 'tenant' | 'where' | 'range'> & Partial<Pick<AggregateQuery, 'groupBy' | 'metric'>>;

export interface LineEstimate {
  /** Lines on disk of the tenant in the range. */
  readonly lines: number;
  /** Lines that are likely to be read to answer it: fewer where an index or the roll-up helps. */
  readonly scannedRows: number;
}

export interface EstimateReads {
  /** Cheap: from counts by minute that are kept, and the form of the query. */
  estimateLines(query: EstimateQuery, options: ReadOptions): Promise<LineEstimate>;
}
