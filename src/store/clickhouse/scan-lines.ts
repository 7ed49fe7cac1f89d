/**
 * All lines of a query in the order of their times, for who looks at each: the range is cut into windows of about as many lines
 * as a statement gives, and each is read and sorted by itself, memtables included.
 */
import type { LineKey, LineQuery, ReadOptions, TimeRange } from '../log-store.ts';
import type { ScannedLines } from '../stream-reads.ts';
import { windowsOver } from './density.ts';
import { behindCursor, withCursor } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import { keyOfRow, lineColumns, lineOfColumns } from './line-rows.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** Lines of a statement: enough that its planning does not matter, few enough to make objects of without holding up others. */
const pageLines = 20_000;

/** Of one snapshot; the caller holds it and releases it when the iteration has ended. */
export async function* scanLines(
  parts: ReadParts,
  snapshot: Snapshot,
  query: Pick<LineQuery, 'tenant' | 'where' | 'range'>,
  options: ReadOptions,
): AsyncGenerator<ScannedLines> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const { incompleteReason: reason } = snapshot;
  for (const window of windowsOver(query.range, density, 'asc', pageLines, 1)) {
    for (let after: LineKey | undefined, hasMore = true; hasMore; ) {
      const rows = await readPage(parts, snapshot, { ...query, ...(after ? { after } : {}) }, window, options);
      yield { lines: rows.map(lineOfColumns), ...(reason ? { reason } : {}) };
      hasMore = rows.length === pageLines;
      after = hasMore ? keyOfRow(rows[rows.length - 1]) : undefined;
    }
  }
}

async function readPage(
  { database }: ReadParts,
  snapshot: Snapshot,
  { tenant, where, after }: Pick<LineQuery, 'tenant' | 'where' | 'after'>,
  window: TimeRange,
  options: ReadOptions,
) {
  const page = { order: 'asc', range: window, ...(after ? { after } : {}) } as const;
  const conditions = withCursor(lineConditions(tenant, where), page);
  const { rows } = await database.select(
    `SELECT * FROM (${unionOfSources(snapshot, lineColumns, withinRange(conditions))}) ORDER BY ts_ns, origin, seq, row_no LIMIT ${pageLines}`,
    { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(behindCursor(page)) },
    options,
  );
  return rows;
}
