/**
 * Which of a query's bare words no committed line has as trace or span id, service or host: hardly any word is a name. It
 * spares the query the two widest columns and their filters. What is known of all names tells it of nearly every word; of
 * others the indexes of those columns are asked first, and the answer is kept per generation, because only a commit changes it.
 */
import type { QueryNode } from '#language/ast.ts';
import { compileNameProbes } from '#language/compile-sql.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { Database } from './database.ts';
import type { KnownNames } from './known-names.ts';
import { logsTable } from './schema.ts';
import { committedCondition, committedInRange, rangeParameters } from './sources.ts';
import type { Snapshot } from './snapshots.ts';

const maxKept = 1000;

export class AbsentNames {
  readonly #database: Database;
  readonly #names: KnownNames;
  #generation = -1;
  #kept = new Map<string, Promise<readonly string[]>>();

  constructor(database: Database, names: KnownNames) {
    this.#database = database;
    this.#names = names;
  }

  /** Those of which it is known already: the engine is not asked. */
  known(tenant: string, where: QueryNode, snapshot: Snapshot, options: ReadOptions): readonly string[] {
    return this.#names.absentAmong(compileNameProbes(where)?.words ?? [], tenant, snapshot, options);
  }

  async of(tenant: string, where: QueryNode, range: TimeRange, snapshot: Snapshot, options: ReadOptions): Promise<readonly string[]> {
    const probe = compileNameProbes(where);
    if (probe === undefined) return [];
    const known = this.#names.absentAmong(probe.words, tenant, snapshot, options);
    return known.length === probe.words.length ? known : this.#probe(tenant, probe, range, snapshot, options);
  }

  #probe(
    tenant: string,
    probe: NonNullable<ReturnType<typeof compileNameProbes>>,
    range: TimeRange,
    snapshot: Snapshot,
    options: ReadOptions,
  ): Promise<readonly string[]> {
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
