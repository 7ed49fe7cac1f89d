/**
 * Finds of a batch's lines those that the inputs of all rules of one tenant want. A batch is looked at once for its
 * services: of the rules that name a service only those are touched whose service is in it. Levels are compared as
 * numbers. What is left of a query goes to matchers: one for all rules without a service, and for the others matchers of
 * a few queries each, which look only at the lines of their services. Equal queries are one.
 */
import { MatcherSet } from '#language/compile-matcher.ts';
import type { BatchMatches, MatcherHandle } from '#language/compile-matcher.ts';
import { printQuery } from '#language/printer.ts';
import { RowSet } from '#language/row-set.ts';
import type { QueryNode } from '#language/ast.ts';
import type { BatchView } from '#model/batch-view.ts';
import { needsOf } from './query-needs.ts';
import { RowScratch } from './row-scratch.ts';
import type { QueryNeeds } from './query-needs.ts';

/**
 * Queries of a matcher for services. Each matcher costs some kilobytes and a microsecond or two a batch, each query in
 * it some memory a batch; with 32 both are small for 10,000 rules (evaluator.bench.ts).
 */
const poolSize = 32;

/** Queries that are matched together. */
class Pool {
  readonly set = new MatcherSet();
  /** Lines to be looked at in the batch under way. */
  wanted: RowSet | undefined;
  matches: BatchMatches | undefined;
}

/** What is left of a query besides service and level. */
interface Rest {
  readonly key: string;
  readonly pool: Pool;
  readonly handle: MatcherHandle;
}

/** Inputs of rules that want the same lines. */
interface Entry<T> {
  readonly key: string;
  readonly fromLevel: number;
  readonly toLevel: number;
  readonly rest: Rest | undefined;
  readonly targets: T[];
  /** For entries of several services: rows of the batch under way. */
  readonly collected: number[] | undefined;
}

/** Entries that want lines of one service. */
interface Bucket<T> {
  /** Few: a service has not many rules. */
  entries: readonly Entry<T>[];
  pool: Pool | undefined;
}

const nothing: readonly never[] = [];

/** One input of one rule, to be taken out again. */
export interface IndexedInput<T> {
  readonly target: T;
  readonly services: readonly string[] | undefined;
  readonly entry: Entry<T>;
}

export class RuleIndex<T> {
  readonly #buckets = new Map<string, Bucket<T>>();
  readonly #anyService = new Map<string, Entry<T>>();
  readonly #anyServicePool = new Pool();
  readonly #rests = new Map<string, { readonly rest: Rest; users: number }>();
  #openPool = new Pool();
  /** Scratch: rows by service. */
  #sorted = new Uint32Array(0);
  /** Scratch: rows that an entry wants. */
  readonly #kept = new RowScratch();

  /** Throws AppError `query_unsupported` for a query that asks for what does not exist. */
  add(query: QueryNode, target: T): IndexedInput<T> {
    const needs = needsOf(query);
    const { services } = needs;
    const restKey = needs.rest === undefined ? '' : printQuery(needs.rest);
    const several = services !== undefined && services.length > 1 ? services.join('\n') : '';
    const key = `${needs.fromLevel},${needs.toLevel}\n${several}\n${restKey}`;
    const homes = services?.map((service) => this.#bucketOf(service)) ?? [];
    const known = services === undefined ? this.#anyService.get(key) : homes[0]?.entries.find((entry) => entry.key === key);
    known?.targets.push(target);
    const entry = known ?? this.#newEntry(key, needs, restKey, { homes, target });
    if (known === undefined && services === undefined) this.#anyService.set(key, entry);
    // arrays of one element take no more room than that; most stay so
    else if (known === undefined) for (const home of homes) home.entries = [...home.entries, entry];
    return { target, services, entry };
  }

  #bucketOf(service: string): Bucket<T> {
    const known = this.#buckets.get(service);
    if (known !== undefined) return known;
    const bucket: Bucket<T> = { entries: nothing, pool: undefined };
    this.#buckets.set(service, bucket);
    return bucket;
  }

  #newEntry(
    key: string,
    needs: QueryNeeds,
    restKey: string,
    { homes, target }: { readonly homes: readonly Bucket<T>[]; readonly target: T },
  ): Entry<T> {
    const { services, fromLevel, toLevel, rest } = needs;
    return {
      key,
      fromLevel,
      toLevel,
      rest: rest === undefined ? undefined : this.#restOf(rest, restKey, services === undefined ? undefined : homes),
      targets: [target],
      collected: services !== undefined && services.length > 1 ? [] : undefined,
    };
  }

  /** `homes`: services whose lines are to be matched; undefined for all. */
  #restOf(query: QueryNode, key: string, homes: readonly Bucket<T>[] | undefined): Rest {
    // the same query may be asked of all lines and of those of some services
    const name = homes === undefined ? `*${key}` : key;
    let counted = this.#rests.get(name);
    if (counted === undefined) {
      const pool = homes === undefined ? this.#anyServicePool : this.#poolFor(homes[0]);
      counted = { rest: { key: name, pool, handle: pool.set.add(query) }, users: 0 };
      this.#rests.set(name, counted);
    }
    counted.users++;
    for (const home of homes ?? []) home.pool ??= counted.rest.pool;
    return counted.rest;
  }

  /** Queries of one service are matched together as far as there is room. */
  #poolFor(home: Bucket<T> | undefined): Pool {
    if (home?.pool !== undefined && home.pool.set.size < poolSize) return home.pool;
    if (this.#openPool.set.size >= poolSize) this.#openPool = new Pool();
    if (home !== undefined) home.pool = this.#openPool;
    return this.#openPool;
  }

  remove({ target, services, entry }: IndexedInput<T>): void {
    removeFrom(entry.targets, target);
    if (entry.targets.length > 0) return;
    if (services === undefined) this.#anyService.delete(entry.key);
    for (const service of services ?? []) {
      const bucket = this.#buckets.get(service);
      if (bucket === undefined) continue;
      bucket.entries = bucket.entries.filter((other) => other !== entry);
      if (bucket.entries.length === 0) this.#buckets.delete(service);
    }
    if (entry.rest !== undefined) this.#releaseRest(entry.rest);
  }

  #releaseRest(rest: Rest): void {
    const counted = this.#rests.get(rest.key);
    if (counted === undefined || --counted.users > 0) return;
    this.#rests.delete(rest.key);
    rest.pool.set.remove(rest.handle);
  }

  /**
   * Calls `deliver` with each target and its rows of the batch, rising; never with none. The rows are borrowed: they are
   * written over by the next call.
   */
  match(view: BatchView, deliver: (target: T, rows: Uint32Array) => void): void {
    if (view.rowCount === 0) return;
    if (this.#anyService.size > 0) this.#matchAnyService(view, deliver);
    if (this.#buckets.size > 0) this.#matchServices(view, deliver);
  }

  #matchAnyService(view: BatchView, deliver: (target: T, rows: Uint32Array) => void): void {
    const { set } = this.#anyServicePool;
    const matches = set.size === 0 ? undefined : set.match(view);
    const byLevel = new Map<number, Uint32Array>();
    for (const { fromLevel, toLevel, rest, targets } of this.#anyService.values()) {
      const rows =
        rest === undefined ? rowsOfLevel(view, fromLevel, toLevel, byLevel) : found(view, matches?.(rest.handle), fromLevel, toLevel);
      if (rows.length > 0) for (const target of targets) deliver(target, rows);
    }
  }

  #matchServices(view: BatchView, deliver: (target: T, rows: Uint32Array) => void): void {
    const { values, indexes } = view.dictionary('service');
    const buckets = values.map((service) => this.#buckets.get(service));
    const ends = this.#sortRows(indexes, values.length, view.rowCount);
    const pools = this.#runPools(view, buckets, ends);
    this.#kept.reserve(view.rowCount);
    const collecting = new Set<Entry<T>>();
    for (let index = 0, start = 0; index < values.length; start = ends[index++]) {
      const bucket = buckets[index];
      if (bucket === undefined || start === ends[index]) continue;
      for (const entry of bucket.entries) {
        const count = this.#filter(view, entry, start, ends[index]);
        if (count === 0) continue;
        const rows = this.#kept.first(count);
        if (entry.collected === undefined) for (const target of entry.targets) deliver(target, rows);
        else {
          for (const row of rows) entry.collected.push(row);
          collecting.add(entry);
        }
      }
    }
    for (const { collected = [], targets } of collecting) {
      const rows = Uint32Array.from(collected).sort();
      collected.length = 0;
      for (const target of targets) deliver(target, rows);
    }
    for (const pool of pools) pool.matches = pool.wanted = undefined;
  }

  /** Orders the rows by service; returns by dictionary index where each ends in #sorted. */
  #sortRows(indexes: Uint8Array | Uint16Array | Uint32Array, serviceCount: number, rowCount: number): Uint32Array {
    if (this.#sorted.length < rowCount) this.#sorted = new Uint32Array(rowCount);
    const ends = new Uint32Array(serviceCount);
    for (let row = 0; row < rowCount; row++) ends[indexes[row]]++;
    let at = 0;
    for (let i = 0; i < serviceCount; i++) {
      const count = ends[i];
      ends[i] = at;
      at += count;
    }
    for (let row = 0; row < rowCount; row++) this.#sorted[ends[indexes[row]]++] = row;
    return ends;
  }

  /** Gives the matchers that services of the batch need their lines. */
  #runPools(view: BatchView, buckets: readonly (Bucket<T> | undefined)[], ends: Uint32Array): readonly Pool[] {
    const pools: Pool[] = [];
    const { level } = view;
    for (let index = 0, start = 0; index < buckets.length; start = ends[index++]) {
      // undefined: the service has no rest to be matched, and had none ever
      const entries: readonly Entry<T>[] = buckets[index]?.pool === undefined ? nothing : (buckets[index] as Bucket<T>).entries;
      for (const { rest, fromLevel, toLevel } of entries) {
        if (rest === undefined) continue;
        for (let at = start; at < ends[index]; at++) {
          const row = this.#sorted[at];
          if (level[row] < fromLevel || level[row] > toLevel) continue;
          if (rest.pool.wanted === undefined) {
            rest.pool.wanted = new RowSet(view.rowCount);
            pools.push(rest.pool);
          }
          rest.pool.wanted.add(row);
        }
      }
    }
    for (const pool of pools) if (pool.wanted !== undefined) pool.matches = pool.set.matchWithin(view, pool.wanted);
    return pools;
  }

  /** Keeps the rows of #sorted, from `start` to `end`, that the entry wants; returns how many. */
  #filter({ level }: BatchView, { fromLevel, toLevel, rest }: Entry<T>, start: number, end: number): number {
    // no line of the services that share the matcher has a level that is asked for
    if (rest !== undefined && rest.pool.matches === undefined) return 0;
    const matched = rest?.pool.matches?.(rest.handle);
    const kept = this.#kept.all;
    let count = 0;
    for (let at = start; at < end; at++) {
      const row = this.#sorted[at];
      if (level[row] < fromLevel || level[row] > toLevel) continue;
      if (matched === undefined || matched.has(row)) kept[count++] = row;
    }
    return count;
  }
}

function removeFrom<V>(list: V[], value: V): void {
  const at = list.indexOf(value);
  if (at >= 0) list.splice(at, 1);
}

function rowsOfLevel({ level, rowCount }: BatchView, from: number, to: number, known: Map<number, Uint32Array>): Uint32Array {
  const key = from * 256 + to;
  let rows = known.get(key);
  if (rows === undefined) {
    const all = new Uint32Array(rowCount);
    let count = 0;
    for (let row = 0; row < rowCount; row++) if (level[row] >= from && level[row] <= to) all[count++] = row;
    rows = all.subarray(0, count);
    known.set(key, rows);
  }
  return rows;
}

const noRows = new Uint32Array(0);

function found({ level }: BatchView, matched: RowSet | undefined, from: number, to: number): Uint32Array {
  if (matched === undefined || matched.isEmpty()) return noRows;
  const rows = matched.rows();
  let count = 0;
  for (let i = 0; i < rows.length; i++) if (level[rows[i]] >= from && level[rows[i]] <= to) rows[count++] = rows[i];
  return rows.subarray(0, count);
}
