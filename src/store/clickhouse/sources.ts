/**
 * The tables behind one snapshot, as branches of a query: `logs` up to the committed generation, and each live
 * memtable. Every branch carries the tenant and the time range; no request can leave them out.
 */
import type { QueryNode } from '#language/ast.ts';
import { compileSql } from '#language/compile-sql.ts';
import type { TimeRange } from '../log-store.ts';
import type { Parameters } from './database.ts';
import { logsTable, memtableName } from './schema.ts';
import type { Snapshot } from './snapshots.ts';

export interface Condition {
  readonly sql: string;
  readonly parameters: Parameters;
}

/** Tenant and query, without time; the two may differ in form, never in meaning. */
export interface LineConditions {
  readonly committed: string;
  readonly memtable: string;
  readonly parameters: Parameters;
}

/** `absentNames`: words that no committed line of the snapshot has as trace or span id, service or host. */
export function lineConditions(tenant: string, where: QueryNode, absentNames: readonly string[] = []): LineConditions {
  const memtable = compileSql(where, 'm');
  const committed = absentNames.length === 0 ? memtable : compileSql(where, 'c', { absentNames: new Set(absentNames) });
  return {
    committed: `tenant = {tenant:String} AND (${committed.sql})`,
    memtable: `tenant = {tenant:String} AND (${memtable.sql})`,
    parameters: { ...memtable.params, ...committed.params, tenant },
  };
}

/** Rows of `logs` that the snapshot shows. */
export function committedCondition(snapshot: Snapshot): Condition {
  const parameters: Record<string, Parameters[string]> = { committed_gen: snapshot.generation };
  const replaced = snapshot.replacements.map(({ generation, origin, fromSequence, toSequence }, index) => {
    Object.assign(parameters, {
      [`rg${index}`]: generation,
      [`ro${index}`]: origin,
      [`rf${index}`]: fromSequence,
      [`rt${index}`]: toSequence,
    });
    return ` AND NOT (gen < {rg${index}:UInt64} AND origin = {ro${index}:UInt32} AND seq >= {rf${index}:UInt64} AND seq < {rt${index}:UInt64})`;
  });
  return { sql: `gen <= {committed_gen:UInt64}${replaced.join('')}`, parameters };
}

export const inRange = (from: string, to: string): string =>
  `ts >= fromUnixTimestamp64Nano({${from}:Int64}) AND ts < fromUnixTimestamp64Nano({${to}:Int64})`;

/** `from_ns` and `to_ns` for `inRange('from_ns', 'to_ns')`. */
export const rangeParameters = ({ fromNs, toNs }: TimeRange): Parameters => ({ from_ns: fromNs.toString(), to_ns: toNs.toString() });

/** Slots of the table's order are seconds in 32 bits: those of times beyond (in 1969, in 2106) are slots of other times too. */
const hasSlots = ({ fromNs, toNs }: TimeRange): boolean => fromNs >= 0n && toNs < 2n ** 32n * 1_000_000_000n;

/**
 * The window as a condition on committed lines, to stand behind others; nothing where no line is outside of it. The slot of
 * the table's order is named too, since the engine does not tell it from the time: without it three times the granules are read.
 */
export function committedInRange(window: TimeRange, extent: TimeRange): string {
  if (window.fromNs <= extent.fromNs && window.toNs >= extent.toNs) return '';
  const slot = (ns: string): string => `toStartOfFiveMinutes(fromUnixTimestamp64Nano({${ns}:Int64}))`;
  const slots = `toStartOfFiveMinutes(ts) >= ${slot('from_ns')} AND toStartOfFiveMinutes(ts) <= ${slot('to_ns')}`;
  return ` AND ${inRange('from_ns', 'to_ns')}${hasSlots(window) ? ` AND ${slots}` : ''}`;
}

type Conditions = Pick<LineConditions, 'committed' | 'memtable'>;

/** A SELECT over the committed rows that the snapshot shows. */
export const committedBranch = (snapshot: Snapshot, columns: string, { committed }: Conditions, tail = ''): string =>
  `SELECT ${columns} FROM ${logsTable} WHERE ${committedCondition(snapshot).sql} AND ${committed} ${tail}`;

/** The same SELECT over each memtable. */
export const memtableBranches = (snapshot: Snapshot, columns: string, { memtable }: Conditions, tail = ''): string[] =>
  snapshot.memtables.map((number) => `SELECT ${columns} FROM ${memtableName(number)} WHERE ${memtable} ${tail}`);

export const unionAll = (branches: readonly string[]): string => branches.join('\nUNION ALL\n');

/**
 * The same SELECT over every source, joined by UNION ALL; `tail` (GROUP BY …) is applied in each branch. `only` names the
 * sources that are wanted, 0 the committed table; at least one.
 */
export function unionOfSources(snapshot: Snapshot, columns: string, conditions: Conditions, tail = '', only?: ReadonlySet<number>): string {
  const memtables = snapshot.memtables.filter((number) => only === undefined || only.has(number));
  return unionAll([
    ...(only === undefined || only.has(0) ? [committedBranch(snapshot, columns, conditions, tail)] : []),
    ...memtableBranches({ ...snapshot, memtables }, columns, conditions, tail),
  ]);
}

/** The same condition for all sources. */
export const everywhere = (condition: string): Conditions => ({
  committed: condition,
  memtable: condition,
});

/** Both conditions with another one behind. */
export const alsoWith = (conditions: LineConditions, condition: string): Conditions => ({
  committed: `${conditions.committed} AND ${condition}`,
  memtable: `${conditions.memtable} AND ${condition}`,
});
