/** What a store is asked by who wants all lines rather than the first ones. Part of the storage port. */
import type { LineQuery, LinesAnswer, ReadOptions } from './log-store.ts';

export interface BulkReads {
  /**
   * Some of the next lines of the query in their order, all columns read at once. The answer may end anywhere, also before
   * `limit`: unless the range is done it has `hasMore`, or else `searchedToNs` as a search that stopped there.
   */
  bulkLines(query: Omit<LineQuery, 'offset'>, options: ReadOptions): Promise<LinesAnswer>;
}
