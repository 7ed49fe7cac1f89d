/** Counts of lines as branches of a statement: of the roll-up where it can answer, of rows beside its whole minutes and in the memtables. */
import type { AggregateQuery } from '../log-store.ts';
import type { Parameters, Settings } from './database.ts';
import type { Density } from './density.ts';
import { rollupPlan } from './rollup.ts';
import type { RollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedBranch, coversAll, memtableBranches, rowSettings, unionAll, unionOfSources, withinRange } from './sources.ts';
import type { LineConditions } from './sources.ts';

const minuteMs = 60_000;

export const rawBucket = (query: Pick<AggregateQuery, 'intervalMs'>): string =>
  query.intervalMs === undefined
    ? 'toInt64(0) AS bucket'
    : 'intDiv(toUnixTimestamp64Milli(ts), {interval_ms:Int64}) * {interval_ms:Int64} AS bucket';

const rollupBucket = (query: Pick<AggregateQuery, 'intervalMs'>): string =>
  query.intervalMs === undefined
    ? 'toInt64(0) AS bucket'
    : 'intDiv(toInt64(toUnixTimestamp(toStartOfMinute(ts))) * 1000, {interval_ms:Int64}) * {interval_ms:Int64} AS bucket';

export interface CountedLines extends Pick<AggregateQuery, 'where' | 'range' | 'groupBy' | 'intervalMs'> {
  /** Adds the level as `lvl`, for shares of errors. */
  readonly byLevel: boolean;
}

/** Undefined where rows must be read. */
export function countPlan(snapshot: Snapshot, query: CountedLines, density: Density): RollupPlan | undefined {
  const wholeMinutes = query.intervalMs === undefined || query.intervalMs % minuteMs === 0;
  return wholeMinutes ? rollupPlan(snapshot, query.where, query.range, query.groupBy, density) : undefined;
}

interface CountSelect {
  readonly rollup: string;
  readonly raw: string;
  readonly groupBy: readonly string[];
}

/** `bucket`, the groups `g0` …, `lvl` where wanted, `weight`, `line_count`. `groups` are the values of `groupBy` as SQL. */
function countSelect(query: CountedLines, groups: readonly string[]): CountSelect {
  const { byLevel } = query;
  const groupColumns = groups.map((sql, index) => `${sql} AS g${index}`);
  const sums = `${byLevel ? 'level AS lvl, ' : ''}sum(1 / sample_rate) AS weight, count() AS line_count`;
  const select = (bucket: string): string => [bucket, ...groupColumns, sums].join(', ');
  return {
    rollup: select(rollupBucket(query)),
    raw: select(rawBucket(query)),
    groupBy: ['bucket', ...groups.map((_, index) => `g${index}`), ...(byLevel ? ['lvl'] : [])],
  };
}

/**
 * Partial sums per `bucket`, group (`g0` …) and level: `weight` and `line_count`, which add up over the branches. Needs the
 * parameter `interval_ms`.
 */
export function countSource(
  snapshot: Snapshot,
  query: CountedLines,
  groups: readonly string[],
  conditions: LineConditions,
  density: Density,
  plan: RollupPlan | undefined,
): { readonly source: string; readonly parameters: Parameters; readonly settings: Settings } {
  const select = countSelect(query, groups);
  const inside = withinRange(conditions, coversAll(query.range, density.extent));
  const tail = `GROUP BY ${select.groupBy.join(', ')}`;
  if (plan === undefined) return { source: unionOfSources(snapshot, select.raw, inside, tail), parameters: {}, settings: rowSettings };
  const committed = plan.committed(select, conditions);
  const source = unionAll([...committed, ...memtableBranches(snapshot, select.raw, inside, tail)]);
  return { source, parameters: plan.parameters, settings: {} };
}

/** The same sums of the rows of the committed table, and of those of each memtable; each branch gives `limit` of them at most. */
export function rowBranches(
  snapshot: Snapshot,
  query: CountedLines,
  groups: readonly string[],
  conditions: LineConditions,
  density: Density,
  limit: number,
): { readonly committed: string; readonly live: readonly string[] } {
  const select = countSelect(query, groups);
  const inside = withinRange(conditions, coversAll(query.range, density.extent));
  const tail = `GROUP BY ${select.groupBy.join(', ')} LIMIT ${limit}`;
  return { committed: committedBranch(snapshot, select.raw, inside, tail), live: memtableBranches(snapshot, select.raw, inside, tail) };
}

/** The same sums of what the whole minutes of the plan leave: rows beside them, and the memtables; each branch gives `limit` of them at most. */
export function restBranches(
  snapshot: Snapshot,
  query: CountedLines,
  groups: readonly string[],
  conditions: LineConditions,
  plan: RollupPlan,
  limit: number,
): string[] {
  const select = countSelect(query, groups);
  const tail = `GROUP BY ${select.groupBy.join(', ')}`;
  const branches = [...plan.edges(select, conditions), ...memtableBranches(snapshot, select.raw, withinRange(conditions), tail)];
  return branches.map((branch) => `${branch} LIMIT ${limit}`);
}
