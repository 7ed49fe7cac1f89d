/** The engine's own plan of a query over the committed table: EXPLAIN with its indexes, and EXPLAIN ESTIMATE. */
import { compileSql } from '#language/compile-sql.ts';
import type { LineQuery, ReadOptions } from '../log-store.ts';
import type { IndexUse, ReadPlan } from '../read-plan.ts';
import type { ReadParts } from './find-lines.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedBranch, committedCondition, lineConditions, rangeParameters, withinRange } from './sources.ts';

/** Of one snapshot; the caller holds and releases it. */
export async function planRead(
  { database, density, absentNames }: ReadParts,
  snapshot: Snapshot,
  { tenant, where, range }: Pick<LineQuery, 'tenant' | 'where' | 'range'>,
  options: ReadOptions,
): Promise<ReadPlan> {
  const [tenantDensity, absent] = await Promise.all([
    density.of(tenant, snapshot.generation, options),
    absentNames.of(tenant, where, range, snapshot, options),
  ]);
  const conditions = lineConditions(tenant, where, absent);
  const parameters = { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(range) };
  // a column that no projection has, so that the plan is that of reading lines
  const select = committedBranch(snapshot, 'seq', withinRange(conditions));
  const [plan, estimate] = await Promise.all([
    database.select(`EXPLAIN json = 1, indexes = 1 ${select}`, parameters, options),
    database.select(`EXPLAIN ESTIMATE ${select}`, parameters, options),
  ]);
  const indexes = indexUses(JSON.parse(plan.rows.map(([line]) => String(line)).join('\n')));
  const compiled = compileSql(where, 'p', { absentNames: new Set(absent) });
  return {
    condition: compiled.sql,
    parameters: compiled.params,
    indexes,
    ...estimateOf(estimate.rows),
    memtables: snapshot.memtables.length,
    countsFromRollup: rollupPlan(snapshot, where, range, [], tenantDensity) !== undefined,
  };
}

/** Columns: database, table, parts, rows, marks; no row where nothing is left to read. */
function estimateOf(rows: readonly (readonly unknown[])[]): Pick<ReadPlan, 'parts' | 'granules' | 'rows'> {
  const sumOf = (column: number): number => rows.reduce((sum, row) => sum + Number(row[column]), 0);
  return { parts: sumOf(2), rows: sumOf(3), granules: sumOf(4) };
}

/** A node of the engine's plan, as far as it is read here. */
interface PlanNode {
  readonly Plans?: readonly PlanNode[];
  readonly Indexes?: readonly PlanIndex[];
}

interface PlanIndex {
  readonly Type: string;
  readonly Name?: string;
  readonly 'Initial Parts'?: number;
  readonly 'Selected Parts'?: number;
  readonly 'Initial Granules'?: number;
  readonly 'Selected Granules'?: number;
}

const kinds: Readonly<Record<string, IndexUse['kind']>> = { MinMax: 'time', Partition: 'partition', PrimaryKey: 'order', Skip: 'skip' };

function indexUses(plans: readonly { readonly Plan: PlanNode }[]): IndexUse[] {
  const indexesOf = (node: PlanNode): readonly PlanIndex[] => [...(node.Indexes ?? []), ...(node.Plans ?? []).flatMap(indexesOf)];
  return plans.flatMap(({ Plan }) => indexesOf(Plan)).flatMap((index) => (kinds[index.Type] === undefined ? [] : [indexUse(index)]));
}

function indexUse(index: PlanIndex): IndexUse {
  const name = index.Name?.startsWith('<') ? 'combined' : index.Name;
  return {
    kind: kinds[index.Type],
    ...(name === undefined ? {} : { name }),
    partsBefore: index['Initial Parts'] ?? 0,
    parts: index['Selected Parts'] ?? 0,
    granulesBefore: index['Initial Granules'] ?? 0,
    granules: index['Selected Granules'] ?? 0,
  };
}
