/** How many lines match: from the roll-up where the query and the range allow it, else by scan and index. */
import type { CountAnswer, LineQuery, ReadOptions } from '../log-store.ts';
import type { Database } from './database.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, inRange, lineCondition, rangeParameters, unionOfSources } from './sources.ts';

/** Counts the lines of one snapshot; the caller holds and releases it. Counts lines, not weights. */
export async function countLines(
  database: Database,
  snapshot: Snapshot,
  query: Pick<LineQuery, 'tenant' | 'where' | 'range'>,
  options: ReadOptions,
): Promise<CountAnswer> {
  const condition = lineCondition(query.tenant, query.where);
  const rollup = rollupPlan(snapshot, query.where, query.range, []);
  const source = rollup
    ? rollup.union({ rollup: 'count() AS lines', raw: 'count() AS lines', groupBy: [] }, condition.sql)
    : unionOfSources(snapshot, 'count() AS lines', `${condition.sql} AND ${inRange('from_ns', 'to_ns')}`);
  const { rows, scannedRows } = await database.select(
    `SELECT sum(lines) FROM (${source})`,
    { ...condition.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(query.range), ...rollup?.parameters },
    options,
  );
  const reason = snapshot.incompleteReason;
  return { total: Number(rows[0][0]), complete: reason === undefined, ...(reason ? { reason } : {}), scannedRows };
}
