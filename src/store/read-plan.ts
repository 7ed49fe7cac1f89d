/** How the store would read a query: a part of its reading side, for people who want to know why a query costs what it costs. */
import type { LineQuery, ReadOptions } from './log-store.ts';

/** What an index leaves to read; parts and granules before it are those that the index above it left. */
export interface IndexUse {
  /** `partition` and `time` by receive time, `order` by the table's order (tenant, time, service), `skip` by a skip index. */
  readonly kind: 'partition' | 'time' | 'order' | 'skip';
  /** Of a skip index; `combined` is what all of them leave together. */
  readonly name?: string;
  readonly partsBefore: number;
  readonly parts: number;
  readonly granulesBefore: number;
  readonly granules: number;
}

export interface ReadPlan {
  /** The condition of the query alone, without tenant and range. */
  readonly condition: string;
  /** Values of its placeholders. */
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Indexes that the engine asks, in its order. */
  readonly indexes: readonly IndexUse[];
  /** What is left to read of the committed table; every memtable is read whole. */
  readonly parts: number;
  readonly granules: number;
  readonly rows: number;
  readonly memtables: number;
  /** Counts are answered from the roll-up by minute. */
  readonly countsFromRollup: boolean;
}

export interface PlanReads {
  /** Asks the engine for its plan and runs nothing. */
  planRead(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<ReadPlan>;
}
