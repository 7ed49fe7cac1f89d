/** How many lines match: from the roll-up where the query and the range allow it, else by scan and index. */
import type { CountAnswer, LineQuery, ReadOptions } from '../log-store.ts';
import type { ReadParts } from './find-lines.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { alsoWith, committedCondition, inRange, lineConditions, rangeParameters, unionOfSources } from './sources.ts';

/** Counts the lines of one snapshot; the caller holds and releases it. Counts lines, not weights. */
export async function countLines(
  { database, absentNames }: ReadParts,
  snapshot: Snapshot,
  query: Pick<LineQuery, 'tenant' | 'where' | 'range'>,
  options: ReadOptions,
): Promise<CountAnswer> {
  const conditions = lineConditions(
    query.tenant,
    query.where,
    await absentNames.of(query.tenant, query.where, query.range, snapshot, options),
  );
  const rollup = rollupPlan(snapshot, query.where, query.range, []);
  const source = rollup
    ? rollup.union({ rollup: 'count() AS lines', raw: 'count() AS lines', groupBy: [] }, conditions)
    : unionOfSources(snapshot, 'count() AS lines', alsoWith(conditions, inRange('from_ns', 'to_ns')));
  const { rows, scannedRows } = await database.select(
    `SELECT sum(lines) FROM (${source})`,
    { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(query.range), ...rollup?.parameters },
    options,
  );
  const reason = snapshot.incompleteReason;
  return { total: Number(rows[0][0]), complete: reason === undefined, ...(reason ? { reason } : {}), scannedRows };
}
