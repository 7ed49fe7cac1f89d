/**
 * Counts of lines that no roll-up answers, as those of a word: committed lines and those in memory are asked for side by side,
 * because the engine plans the parts of one statement one after the other, and added up here.
 */
import type { AggregateAnswer, ReadOptions } from '../log-store.ts';
import { CountCells } from './count-cells.ts';
import { limitedBranches } from './count-question.ts';
import type { CountQuestion } from './count-question.ts';
import { rowBranches } from './count-source.ts';
import type { ReadParts } from './find-lines.ts';
import { isRollupField } from './rollup.ts';
import { rowSettings } from './sources.ts';

/** Undefined where a roll-up may answer, and where there may be many groups, which the engine adds up quicker. */
export async function rowCounts(
  { database }: ReadParts,
  { snapshot, query, counted, groups, conditions, density, plan, values, branchLimit }: CountQuestion,
  options: ReadOptions,
): Promise<Pick<AggregateAnswer, 'buckets' | 'extrapolated' | 'scannedRows'> | undefined> {
  if (!query.groupBy.every(isRollupField) || plan !== undefined) return undefined;
  const { committed, live } = rowBranches(snapshot, counted, groups, conditions, density, branchLimit);
  const statements = [committed, ...(live.length === 0 ? [] : [limitedBranches(live)])];
  const answers = await Promise.all(statements.map((sql) => database.select(sql, values, options, rowSettings)));
  const cells = new CountCells(query);
  for (const { rows } of answers) for (const row of rows) cells.addRow(row);
  return { ...cells.buckets(), scannedRows: answers.reduce((sum, { scannedRows }) => sum + scannedRows, 0) };
}
