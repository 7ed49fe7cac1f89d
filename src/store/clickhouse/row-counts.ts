/**
 * Counts of lines that no roll-up answers, as those of a word: committed lines and those in memory are asked for side by side,
 * because the engine plans the parts of one statement one after the other, and added up here.
 */
import type { AggregateAnswer, AggregateQuery, ReadOptions } from '../log-store.ts';
import { CountCells } from './count-cells.ts';
import { countPlan, rowBranches } from './count-source.ts';
import type { ReadParts } from './find-lines.ts';
import { severities } from './kept-counts.ts';
import type { CountParts } from './kept-counts.ts';
import { isRollupField } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, rangeParameters, rowSettings, unionAll } from './sources.ts';

/** Undefined where a roll-up may answer, and where there may be many groups, which the engine adds up quicker. `query.metric` counts lines. */
export async function rowCounts(
  { database }: ReadParts,
  snapshot: Snapshot,
  query: AggregateQuery,
  { groups, parameters, conditions, density }: CountParts,
  options: ReadOptions,
): Promise<Pick<AggregateAnswer, 'buckets' | 'extrapolated' | 'scannedRows'> | undefined> {
  const byLevel = query.metric.kind === 'error_rate';
  const counted = { ...query, byLevel };
  if (!query.groupBy.every(isRollupField) || countPlan(snapshot, counted, density) !== undefined) return undefined;
  // more rows of one branch are more buckets than there may be, whatever the other branches have
  const limit = (query.maxBuckets + 1) * (byLevel ? severities : 1);
  const { committed, live } = rowBranches(snapshot, counted, groups, conditions, density, limit);
  const values = {
    ...conditions.parameters,
    ...parameters,
    ...committedCondition(snapshot).parameters,
    ...rangeParameters(query.range),
    interval_ms: query.intervalMs ?? 0,
  };
  const statements = [committed, ...(live.length === 0 ? [] : [unionAll(live.map((branch) => `SELECT * FROM (${branch})`))])];
  const answers = await Promise.all(statements.map((sql) => database.select(sql, values, options, rowSettings)));
  const cells = new CountCells(query);
  for (const { rows } of answers) for (const row of rows) cells.addRow(row);
  return { ...cells.buckets(), scannedRows: answers.reduce((sum, { scannedRows }) => sum + scannedRows, 0) };
}
