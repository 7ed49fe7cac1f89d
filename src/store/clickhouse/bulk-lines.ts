/**
 * Lines for exports: the range is cut into windows of about as many lines as are wanted, and a window with lines in it is
 * read in one statement, memtables included. Nothing is sorted but what is given.
 */
import type { LineQuery, LinesAnswer, ReadOptions, TimeRange } from '../log-store.ts';
import { windowsOver } from './density.ts';
import { behindCursor, withCursor } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import { keyOfRow, lineColumns, lineOfColumns } from './line-rows.ts';
import type { Snapshot } from './snapshots.ts';
import { alsoWith, committedCondition, inRange, lineConditions, rangeParameters, unionOfSources } from './sources.ts';

/** Where a window had nothing the next is larger, so that a rare word does not cost a statement for every few lines. */
const windowGrowth = 4;

/** Answers from one snapshot; the caller holds and releases it. */
export async function bulkLines(
  parts: ReadParts,
  snapshot: Snapshot,
  query: Omit<LineQuery, 'offset'>,
  options: ReadOptions,
): Promise<LinesAnswer> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const windows = windowsOver(behindCursor(query), density, query.order, query.limit, windowGrowth);
  let scannedRows = 0;
  for (const [index, window] of windows.entries()) {
    const read = await readWindow(parts, snapshot, query, window, options);
    scannedRows += read.scannedRows;
    const isLast = index === windows.length - 1;
    if (read.rows.length === 0 && !isLast) continue;
    const hasMore = read.rows.length > query.limit;
    const rows = read.rows.slice(0, query.limit);
    const reason = snapshot.incompleteReason;
    return {
      lines: rows.map(lineOfColumns),
      ...(rows.length > 0 ? { lastKey: keyOfRow(rows[rows.length - 1]) } : {}),
      hasMore,
      ...(hasMore || isLast ? {} : { searchedToNs: query.order === 'desc' ? window.fromNs : window.toNs }),
      complete: reason === undefined,
      ...(reason ? { reason } : {}),
      scannedRows,
    };
  }
  return { lines: [], hasMore: false, complete: true, scannedRows };
}

async function readWindow(
  { database }: ReadParts,
  snapshot: Snapshot,
  query: Omit<LineQuery, 'offset'>,
  window: TimeRange,
  options: ReadOptions,
) {
  const conditions = withCursor(lineConditions(query.tenant, query.where), query);
  const direction = query.order === 'desc' ? 'DESC' : 'ASC';
  const order = `ORDER BY ts_ns ${direction}, origin ${direction}, seq ${direction}, row_no ${direction} LIMIT ${query.limit + 1}`;
  const lines = unionOfSources(snapshot, lineColumns, alsoWith(conditions, inRange('from_ns', 'to_ns')));
  return database.select(
    `SELECT * FROM (${lines}) ${order}`,
    { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(window) },
    options,
  );
}
