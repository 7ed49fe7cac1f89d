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

/** Tenant and query, without time. */
export function lineCondition(tenant: string, where: QueryNode): Condition {
  const compiled = compileSql(where);
  return { sql: `tenant = {tenant:String} AND (${compiled.sql})`, parameters: { ...compiled.params, tenant } };
}

/** Rows of `logs` that the snapshot shows. */
export function committedCondition(snapshot: Snapshot): Condition {
  const parameters: Record<string, unknown> = { committed_gen: snapshot.generation };
  const replaced = snapshot.replacements.map(({ generation, origin, fromSequence, toSequence }, index) => {
    Object.assign(parameters, { [`rg${index}`]: generation, [`ro${index}`]: origin, [`rf${index}`]: fromSequence, [`rt${index}`]: toSequence });
    return ` AND NOT (gen < {rg${index}:UInt64} AND origin = {ro${index}:UInt32} AND seq >= {rf${index}:UInt64} AND seq < {rt${index}:UInt64})`;
  });
  return { sql: `gen <= {committed_gen:UInt64}${replaced.join('')}`, parameters };
}

export const inRange = (from: string, to: string): string =>
  `ts >= fromUnixTimestamp64Nano({${from}:Int64}) AND ts < fromUnixTimestamp64Nano({${to}:Int64})`;

/** `from_ns` and `to_ns` for `inRange('from_ns', 'to_ns')`. */
export const rangeParameters = ({ fromNs, toNs }: TimeRange): Parameters => ({ from_ns: fromNs.toString(), to_ns: toNs.toString() });

/** The same SELECT over every source, joined by UNION ALL; `tail` (ORDER BY … LIMIT) is applied in each branch. */
export function unionOfSources(snapshot: Snapshot, columns: string, condition: string, tail = ''): string {
  const committed = `SELECT ${columns} FROM ${logsTable} WHERE ${committedCondition(snapshot).sql} AND ${condition} ${tail}`;
  return [committed, ...memtableBranches(snapshot, columns, condition, tail)].join('\nUNION ALL\n');
}

export function memtableBranches(snapshot: Snapshot, columns: string, condition: string, tail = ''): string[] {
  return snapshot.memtables.map((number) => `SELECT ${columns} FROM ${memtableName(number)} WHERE ${condition} ${tail}`);
}
