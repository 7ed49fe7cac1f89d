/** What a store is asked by who looks at lines as columns, as the log has them. Part of the storage port. */
import type { BatchView } from '#model/batch-view.ts';
import type { BulkQuery } from './bulk-reads.ts';
import type { LineKey, ReadOptions } from './log-store.ts';

export interface LineBlocks {
  /** In the order of the query, each with rows. */
  readonly blocks: readonly BatchView[];
  readonly lineCount: number;
  /** Key of the last line; undefined where there is none. */
  readonly lastKey?: LineKey;
  /** Lines are still to come behind the last one, within the window that was read. */
  readonly hasMore: boolean;
  /** The range was read up to here; absent where it is done, or `hasMore`. */
  readonly searchedToNs?: bigint;
  /** Why lines may be missing. */
  readonly reason?: string;
}

export interface BlockReads {
  /**
   * The next lines of the query in rising order, at most `limit`; it may end anywhere, as `bulkLines`. AppError limit_exceeded
   * where the lines are so long that fewer must be asked for.
   */
  lineBlocks(query: BulkQuery & { readonly order: 'asc' }, options: ReadOptions): Promise<LineBlocks>;
}
