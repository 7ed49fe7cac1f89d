/**
 * A page and the count of all lines of its query, side by side and of one snapshot: whoever sorts the lines of a memtable
 * knows how many there are, which spares the count a statement over the same rows.
 */
import type { CountedLines, LineQuery, ReadOptions } from '../log-store.ts';
import { countLines } from './count-lines.ts';
import { findLines } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import type { Snapshot } from './snapshots.ts';

/** Releases the snapshot when both have ended. */
export function findCounted(
  parts: ReadParts,
  snapshot: Snapshot,
  query: LineQuery,
  options: ReadOptions,
  countOptions: ReadOptions,
): CountedLines {
  const live = Promise.withResolvers<number | undefined>();
  const page = findLines(parts, snapshot, query, options, live.resolve).finally(() => live.resolve(undefined));
  const count = countLines(parts, snapshot, query, countOptions, live.promise);
  void Promise.allSettled([page, count]).then(() => snapshot.release());
  return { page, count };
}
