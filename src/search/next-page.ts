/** Where the page behind a page begins. */
import { maxRowsPerBatch, maxSequence } from '#base/ids.ts';
import type { LineKey, LineQuery, LinesAnswer } from '#store/log-store.ts';

/**
 * The key to go on from, or undefined where nothing can follow. Behind a full page that is its last line; behind a search
 * that stopped early it is the time up to which it searched, so going on costs no line. A search that stopped where it
 * began (more lines at one moment than it may scan) has no next page: it would be the same again.
 */
export function nextPageKey(
  { hasMore, lastKey, searchedToNs }: Pick<LinesAnswer, 'hasMore' | 'lastKey' | 'searchedToNs'>,
  { order, range, after }: Pick<LineQuery, 'order' | 'range' | 'after'>,
): LineKey | undefined {
  if (hasMore && lastKey !== undefined) return lastKey;
  if (searchedToNs === undefined) return undefined;
  if (order === 'desc') {
    // All of ts >= searchedToNs is done, so the smallest key of that time is the border.
    const hasMoved = searchedToNs < range.toNs && (after === undefined || searchedToNs <= after.tsNs);
    const isSame = after?.tsNs === searchedToNs && after.origin === 0 && after.seq === 0 && after.rowNo === 0;
    return hasMoved && !isSame ? { tsNs: searchedToNs, origin: 0, seq: 0, rowNo: 0 } : undefined;
  }
  // All of ts < searchedToNs is done: the greatest key before it.
  const hasMoved =
    searchedToNs > range.fromNs &&
    (after === undefined || searchedToNs > after.tsNs + 1n || (searchedToNs > after.tsNs && after.seq !== maxSequence));
  return hasMoved ? { tsNs: searchedToNs - 1n, origin: maxOrigin, seq: maxSequence, rowNo: maxRowsPerBatch - 1 } : undefined;
}

/** True for the key of oldest-first order that stands for a time and for no line. */
export const isBorderKey = ({ origin, rowNo }: LineKey): boolean => origin === maxOrigin && rowNo === maxRowsPerBatch - 1;

/** 24 bits: incarnation and shard. */
const maxOrigin = 2 ** 24 - 1;
