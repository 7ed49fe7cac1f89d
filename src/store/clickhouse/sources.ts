/**
 * The tables behind one snapshot, as branches of a query: `logs` up to the committed generation, and each live
 * memtable. Every branch carries the tenant and the time range; no request can leave them out.
 */
import type { QueryNode } from '#language/ast.ts';
import { compileScanSql, compileSql } from '#language/compile-sql.ts';
import type { TimeRange } from '../log-store.ts';
import type { Parameters, Settings } from './database.ts';
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
  const memtable = compileScanSql(where, 'm');
  const committed = compileSql(where, 'c', { absentNames: new Set(absentNames) });
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

const slotNs = 300_000_000_000n;
const slotSeconds = 300;
const lastSlot = 2 ** 32 - 1;

/**
 * The slots of a range's ends, and those that lines less than five minutes from them can have. Slots are seconds in 32 bits: those
 * of times beyond (in 1969, in 2106) are slots of other times too, so then any will do.
 */
function slotsOf({ fromNs, toNs }: TimeRange): Readonly<Record<'from_slot' | 'first_edge_slot' | 'last_edge_slot' | 'to_slot', number>> {
  const haveSlots = fromNs >= 0n && toNs < 2n ** 32n * 1_000_000_000n;
  if (!haveSlots) return { from_slot: 0, first_edge_slot: lastSlot, last_edge_slot: 0, to_slot: lastSlot };
  const [from, to] = [Number(fromNs / slotNs) * slotSeconds, Number(toNs / slotNs) * slotSeconds];
  return {
    from_slot: from,
    first_edge_slot: Math.min(lastSlot, from + slotSeconds),
    last_edge_slot: Math.max(0, to - slotSeconds),
    to_slot: to,
  };
}

/** For `inRange('from_ns', 'to_ns')`, `withinRange`, and all conditions on committed lines of a range; `prefix` begins their names. */
export function rangeParameters(range: TimeRange, prefix = ''): Parameters {
  const values = { from_ns: range.fromNs.toString(), to_ns: range.toNs.toString(), ...slotsOf(range) };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

/**
 * The table is ordered by slots of five minutes, services and times, and the engine does not tell a slot from a time: without the
 * hint it cannot pass over granules that hold lines of two services, and reads a few minutes of five days out of 1994 granules
 * instead of 28. A hint is not evaluated for lines.
 */
const slotHint = (first: string, last: string): string =>
  `indexHint(toStartOfFiveMinutes(ts) >= toDateTime({${first}:UInt32}, 'UTC') AND toStartOfFiveMinutes(ts) <= toDateTime({${last}:UInt32}, 'UTC'))`;

/** The range of `rangeParameters` with this prefix for committed lines. */
export const committedWithin = (prefix: string): string =>
  `${inRange(`${prefix}from_ns`, `${prefix}to_ns`)} AND ${slotHint(`${prefix}from_slot`, `${prefix}to_slot`)}`;
export const committedInRange = committedWithin('');

/** Its first and its last five minutes, or less, up to and from the time of a parameter: what lies beside the whole slots of a roll-up. */
export const committedFirstEdge = (to: string): string => `(${inRange('from_ns', to)} AND ${slotHint('from_slot', 'first_edge_slot')})`;
export const committedLastEdge = (from: string): string => `(${inRange(from, 'to_ns')} AND ${slotHint('last_edge_slot', 'to_slot')})`;

/** No committed line is outside of the range. */
export const coversAll = ({ fromNs, toNs }: TimeRange, extent: TimeRange): boolean => fromNs <= extent.fromNs && toNs >= extent.toNs;

export type Conditions = Pick<LineConditions, 'committed' | 'memtable'>;

/** A SELECT over the committed rows that the snapshot shows. */
export const committedBranch = (snapshot: Snapshot, columns: string, { committed }: Conditions, tail = ''): string =>
  `SELECT ${columns} FROM ${logsTable} WHERE ${committedCondition(snapshot).sql} AND ${committed} ${tail}`;

/** The same SELECT over each memtable. */
export const memtableBranches = (snapshot: Snapshot, columns: string, { memtable }: Conditions, tail = ''): string[] =>
  snapshot.memtables.map((number) => `SELECT ${columns} FROM ${memtableName(number)} WHERE ${memtable} ${tail}`);

/** For statements that no roll-up answers: looking for one takes a third of the engine's planning of a count. */
export const rowSettings: Settings = { optimize_use_projections: 0 };

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
export const alsoWith = (conditions: Conditions, condition: string): Conditions => ({
  committed: `${conditions.committed} AND ${condition}`,
  memtable: `${conditions.memtable} AND ${condition}`,
});

/** Both conditions within the range of `rangeParameters`; `coversCommitted` where no committed line is outside of it. */
export const withinRange = (conditions: Conditions, coversCommitted = false): Conditions => ({
  committed: coversCommitted ? conditions.committed : `${conditions.committed} AND ${committedInRange}`,
  memtable: `${conditions.memtable} AND ${inRange('from_ns', 'to_ns')}`,
});
