/**
 * Which of a query's bare words no committed line has as trace or span id, service or host. Asked first, by the indexes
 * of those columns, it spares the query the two widest columns: hardly any word is a name. Kept per generation, because only a commit changes it.
 */
import type { QueryNode } from '#language/ast.ts';
import { compileNameProbes } from '#language/compile-sql.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { Database } from './database.ts';
import { logsTable } from './schema.ts';
import { committedCondition, committedInRange, rangeParameters } from './sources.ts';
import type { Snapshot } from './snapshots.ts';

const maxKept = 1000;

export class AbsentNames {
  readonly #database: Database;
  #generation = -1;
  #kept = new Map<string, Promise<readonly string[]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  of(tenant: string, where: QueryNode, range: TimeRange, snapshot: Snapshot, options: ReadOptions): Promise<readonly string[]> {
    const probe = compileNameProbes(where);
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

  /** One word found means that none counts as absent: rare, and then the slower query is right too. */
  async #ask(
    tenant: string,
    probe: NonNullable<ReturnType<typeof compileNameProbes>>,
    range: TimeRange,
    snapshot: Snapshot,
    { limits }: ReadOptions,
  ): Promise<readonly string[]> {
    const committed = committedCondition(snapshot);
    const within = `${committed.sql} AND tenant = {tenant:String} AND ${committedInRange}`;
    const { rows } = await this.#database.select(
      `SELECT 1 FROM ${logsTable} WHERE ${within} AND ${probe.condition} LIMIT 1`,
      { ...committed.parameters, ...probe.params, ...rangeParameters(range), tenant },
      { limits },
    );
    return rows.length === 0 ? probe.words : [];
  }
}
