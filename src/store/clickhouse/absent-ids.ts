/**
 * Which of a query's bare words no committed line has as trace or span id. Asked first, by the bloom filters, it spares
 * the query the two widest columns: hardly any word is an id. Kept per generation, because only a commit changes it.
 */
import type { QueryNode } from '#language/ast.ts';
import { compileIdProbe } from '#language/compile-sql.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { Database } from './database.ts';
import { logsTable } from './schema.ts';
import { committedCondition, inRange, rangeParameters } from './sources.ts';
import type { Snapshot } from './snapshots.ts';

const maxKept = 1000;

export class AbsentIds {
  readonly #database: Database;
  #generation = -1;
  #kept = new Map<string, Promise<readonly string[]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  of(tenant: string, where: QueryNode, range: TimeRange, snapshot: Snapshot, options: ReadOptions): Promise<readonly string[]> {
    const probe = compileIdProbe(where);
    if (probe === undefined) return Promise.resolve([]);
    if (snapshot.generation !== this.#generation || this.#kept.size >= maxKept) {
      this.#generation = snapshot.generation;
      this.#kept = new Map();
    }
    const key = JSON.stringify([tenant, String(range.fromNs), String(range.toNs), probe.words]);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const asking = this.#ask(tenant, probe, range, snapshot, options);
    this.#kept.set(key, asking);
    asking.catch(() => this.#kept.delete(key));
    return asking;
  }

  /** One word found as an id means that none counts as absent: rare, and then the slower query is right too. */
  async #ask(
    tenant: string,
    probe: NonNullable<ReturnType<typeof compileIdProbe>>,
    range: TimeRange,
    snapshot: Snapshot,
    { limits }: ReadOptions,
  ): Promise<readonly string[]> {
    const committed = committedCondition(snapshot);
    const { rows } = await this.#database.select(
      `SELECT 1 FROM ${logsTable} WHERE ${committed.sql} AND tenant = {tenant:String} AND ${probe.sql} AND ${inRange('from_ns', 'to_ns')} LIMIT 1`,
      { ...committed.parameters, ...probe.params, ...rangeParameters(range), tenant },
      { limits },
    );
    return rows.length === 0 ? probe.words : [];
  }
}
