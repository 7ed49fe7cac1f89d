/**
 * Counts of lines whose committed part is in memory (`KeptRollups`): the engine is asked for the rows beside whole minutes and
 * in the memtables, which are few, or not at all.
 */
import type { QueryNode } from '#language/ast.ts';
import type { AggregateAnswer, ReadOptions } from '../log-store.ts';
import { CountCells } from './count-cells.ts';
import { limitedBranches } from './count-question.ts';
import type { CountQuestion } from './count-question.ts';
import { restBranches } from './count-source.ts';
import type { ReadParts } from './find-lines.ts';
import type { RollupPlan } from './rollup.ts';
import { matchingSeries, placesWithin } from './rollup-series.ts';
import type { RollupSeries } from './rollup-series.ts';

/** Undefined where the engine has to be asked for everything. */
export async function keptCounts(
  { database, keptRollups }: ReadParts,
  { snapshot, query, counted, groups, conditions, plan, values, branchLimit }: CountQuestion,
  options: ReadOptions,
): Promise<Pick<AggregateAnswer, 'buckets' | 'extrapolated' | 'scannedRows'> | undefined> {
  const series = plan && (await keptRollups.of(query.tenant, snapshot, options));
  if (plan === undefined || series === undefined) return undefined;
  const branches = restBranches(snapshot, counted, groups, conditions, plan, branchLimit);
  const asking = branches.length === 0 ? undefined : database.select(limitedBranches(branches), values, options);
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
