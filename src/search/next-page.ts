/** Where the page behind a page begins. */
import { maxRowsPerBatch, maxSequence } from '#base/ids.ts';
import type { LineKey, LinesAnswer } from '#store/log-store.ts';

/**
 * The key to go on from, or undefined where nothing can follow. Behind a full page that is its last line; behind a search
 * that stopped early it is the time up to which it searched, so going on costs no line.
 */
export function nextPageKey({ hasMore, lastKey, searchedToNs }: LinesAnswer, order: 'desc' | 'asc'): LineKey | undefined {
  if (hasMore && lastKey !== undefined) return lastKey;
  if (searchedToNs === undefined) return undefined;
  // desc: all of ts >= searchedToNs is done, so the smallest key of that time is the border; asc: the greatest before it.
  if (order === 'desc') return { tsNs: searchedToNs, origin: 0, seq: 0, rowNo: 0 };
  return { tsNs: searchedToNs - 1n, origin: maxOrigin, seq: maxSequence, rowNo: maxRowsPerBatch - 1 };
}

/** 24 bits: incarnation and shard. */
const maxOrigin = 2 ** 24 - 1;
