/**
 * How many lines match: from the roll-up where the query and the range allow it, else by scan and index. What was counted
 * in the committed table is kept per generation, because only a commit changes it: the further pages of a search, and a
 * search that is repeated, count the memtables only.
 */
import type { CountAnswer, LineQuery, ReadOptions } from '../log-store.ts';
import type { ReadParts } from './find-lines.ts';
import type { Parameters, Settings } from './database.ts';
import { keptLineCount } from './kept-counts.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import {
  committedBranch,
  committedCondition,
  coversAll,
  lineConditions,
  memtableBranches,
  rangeParameters,
  rowSettings,
  unionAll,
  withinRange,
} from './sources.ts';

type CountQuery = Pick<LineQuery, 'tenant' | 'where' | 'range'>;

interface Count {
  readonly total: number;
  readonly scannedRows: number;
}

const maxKept = 1000;

/** Counts of committed lines by query, of one generation. */
export class CommittedCounts {
  #generation = -1;
  #kept = new Map<string, number>();

  async of(query: CountQuery, { generation }: Snapshot, count: () => Promise<Count>): Promise<Count> {
    const key = JSON.stringify([query.tenant, query.where, String(query.range.fromNs), String(query.range.toNs)]);
    const known = generation === this.#generation ? this.#kept.get(key) : undefined;
    if (known !== undefined) return { total: known, scannedRows: 0 };
    const counted = await count();
    if (generation > this.#generation || this.#kept.size >= maxKept) {
      this.#generation = generation;
      this.#kept = new Map();
    }
    if (generation === this.#generation) this.#kept.set(key, counted.total);
    return counted;
  }
}

/**
 * Counts the lines of one snapshot; the caller holds and releases it. Counts lines, not weights. `knownLive`: those in the
 * memtables, from whoever reads them; undefined where they have to be counted.
 */
export async function countLines(
  parts: ReadParts,
  snapshot: Snapshot,
  query: CountQuery,
  options: ReadOptions,
  knownLive: Promise<number | undefined> = Promise.resolve(undefined),
): Promise<CountAnswer> {
  const [committed, live] = await Promise.all([
    parts.committedCounts.of(query, snapshot, () => countCommitted(parts, snapshot, query, options)),
    countLive(parts, snapshot, query, options, knownLive),
  ]);
  const reason = snapshot.incompleteReason;
  return {
    total: committed.total + live.total,
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows: committed.scannedRows + live.scannedRows,
  };
}

const lineCount = 'count() AS lines';

async function countCommitted(parts: ReadParts, snapshot: Snapshot, query: CountQuery, options: ReadOptions): Promise<Count> {
  const { tenant, where, range } = query;
  const [density, absent] = await Promise.all([
    parts.density.of(tenant, snapshot.generation, options),
    parts.absentNames.of(tenant, where, range, snapshot, options),
  ]);
  const conditions = lineConditions(tenant, where, absent);
  const rollup = rollupPlan(snapshot, where, range, [], density);
  const parameters = { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rollup?.parameters };
  const series = rollup && (await parts.keptRollups.of(tenant, snapshot, options));
  if (rollup !== undefined && series !== undefined) {
    const edges = await sumOf(parts, rollup.edges({ raw: lineCount, groupBy: [] }, conditions), parameters, query, options);
    return { ...edges, total: keptLineCount(series, where, rollup) + edges.total };
  }
  const branches = rollup
    ? rollup.committed({ rollup: lineCount, raw: lineCount, groupBy: [] }, conditions)
    : [committedBranch(snapshot, lineCount, withinRange(conditions, coversAll(range, density.extent)))];
  return sumOf(parts, branches, parameters, query, options, rollup ? {} : rowSettings);
}

async function countLive(
  parts: ReadParts,
  snapshot: Snapshot,
  query: CountQuery,
  options: ReadOptions,
  knownLive: Promise<number | undefined>,
): Promise<Count> {
  const known = snapshot.memtables.length === 0 ? 0 : await knownLive;
  if (known !== undefined) return { total: known, scannedRows: 0 };
  const conditions = lineConditions(query.tenant, query.where);
  return sumOf(parts, memtableBranches(snapshot, lineCount, withinRange(conditions)), conditions.parameters, query, options);
}

async function sumOf(
  { database }: ReadParts,
  branches: readonly string[],
  parameters: Parameters,
  { range }: CountQuery,
  options: ReadOptions,
  settings: Settings = rowSettings,
): Promise<Count> {
  if (branches.length === 0) return { total: 0, scannedRows: 0 };
  const sql = branches.length === 1 ? branches[0] : `SELECT sum(lines) FROM (${unionAll(branches)})`;
  const { rows, scannedRows } = await database.select(sql, { ...parameters, ...rangeParameters(range) }, options, settings);
  return { total: Number(rows[0][0]), scannedRows };
}
