/**
 * Counts of lines whose committed part is in memory (`KeptRollups`): the engine is asked for the rows beside whole minutes and
 * in the memtables, which are few, or not at all.
 */
import type { QueryNode } from '#language/ast.ts';
import type { AggregateAnswer, AggregateQuery, ReadOptions } from '../log-store.ts';
import { CountCells } from './count-cells.ts';
import { countPlan, restBranches } from './count-source.ts';
import type { Parameters } from './database.ts';
import type { Density } from './density.ts';
import type { ReadParts } from './find-lines.ts';
import type { RollupPlan } from './rollup.ts';
import { matchingSeries, placesWithin } from './rollup-series.ts';
import type { RollupSeries } from './rollup-series.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, rangeParameters, unionAll } from './sources.ts';
import type { LineConditions } from './sources.ts';

export interface CountParts {
  /** The values of `groupBy` as SQL, and their parameters. */
  readonly groups: readonly string[];
  readonly parameters: Parameters;
  readonly conditions: LineConditions;
  readonly density: Density;
}

/** Levels of a bucket, at most. */
export const severities = 25;

/** Undefined where the engine has to be asked for everything. `query.metric` counts lines. */
export async function keptCounts(
  { database, keptRollups }: ReadParts,
  snapshot: Snapshot,
  query: AggregateQuery,
  { groups, parameters, conditions, density }: CountParts,
  options: ReadOptions,
): Promise<Pick<AggregateAnswer, 'buckets' | 'extrapolated' | 'scannedRows'> | undefined> {
  const byLevel = query.metric.kind === 'error_rate';
  const counted = { ...query, byLevel };
  const plan = countPlan(snapshot, counted, density);
  const series = plan && (await keptRollups.of(query.tenant, snapshot, options));
  if (plan === undefined || series === undefined) return undefined;
  // more rows of one branch are more buckets than there may be, whatever the other branches have
  const limit = (query.maxBuckets + 1) * (byLevel ? severities : 1);
  const branches = restBranches(snapshot, counted, groups, conditions, plan, limit);
  const asking =
    branches.length === 0
      ? undefined
      : database.select(
          unionAll(branches.map((branch) => `SELECT * FROM (${branch})`)),
          {
            ...conditions.parameters,
            ...parameters,
            ...committedCondition(snapshot).parameters,
            ...rangeParameters(query.range),
            interval_ms: query.intervalMs ?? 0,
            ...plan.parameters,
          },
          options,
        );
  const cells = new CountCells(query);
  // while the engine counts; what goes wrong there is thrown below, in its turn
  asking?.catch(() => undefined);
  for (const one of matchingSeries(series, query.where)) cells.addSeries(one, plan);
  const rest = await asking;
  for (const row of rest?.rows ?? []) cells.addRow(row);
  return { ...cells.buckets(), scannedRows: rest?.scannedRows ?? 0 };
}

/** Lines of the whole minutes. */
export function keptLineCount(series: readonly RollupSeries[], where: QueryNode, { firstMinute, endMinute }: RollupPlan): number {
  let total = 0;
  for (const one of matchingSeries(series, where)) {
    const [first, end] = placesWithin(one, firstMinute, endMinute);
    for (let place = first; place < end; place++) total += one.lines[place];
  }
  return total;
}
