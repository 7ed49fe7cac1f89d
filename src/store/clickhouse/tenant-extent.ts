/** All lines of a tenant, whatever their time: how many, and from when to when. From one snapshot; the caller holds and releases it. */
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { Database } from './database.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, everywhere, unionOfSources } from './sources.ts';

const ofTenant = everywhere('tenant = {tenant:String}');

export async function countAll(database: Database, snapshot: Snapshot, tenant: string, options: ReadOptions): Promise<number> {
  const lines = unionOfSources(snapshot, 'count() AS lines', ofTenant);
  const parameters = { tenant, ...committedCondition(snapshot).parameters };
  const { rows } = await database.select(`SELECT sum(lines) FROM (${lines})`, parameters, options);
  return Number(rows[0][0]);
}

/** To the minute; undefined where there are none. */
export async function extentOf(
  database: Database,
  snapshot: Snapshot,
  tenant: string,
  options: ReadOptions,
): Promise<TimeRange | undefined> {
  const minutes = unionOfSources(snapshot, 'toStartOfMinute(ts) AS minute', ofTenant, 'GROUP BY minute');
  const { rows } = await database.select(
    `SELECT toUnixTimestamp(min(minute)), toUnixTimestamp(max(minute)), count() FROM (${minutes})`,
    { tenant, ...committedCondition(snapshot).parameters },
    options,
  );
  const [first, last, count] = rows[0].map(Number);
  if (count === 0) return undefined;
  return { fromNs: BigInt(first) * 1_000_000_000n, toNs: BigInt(last + 60) * 1_000_000_000n };
}
