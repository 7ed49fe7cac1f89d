/**
 * Who watches what: subscribers by tenant and query, so that a query is compiled once and a line is matched once for
 * all its readers.
 */
import type { QueryNode } from '#language/ast.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { TailSubscriber } from './subscriber.ts';

/** Rows of the batch that match, ascending; valid until the next call. */
export type RowMatcher = (view: BatchView) => ArrayLike<number>;
export type CompileQuery = (where: QueryNode) => RowMatcher;

export interface QueryGroup {
  readonly match: RowMatcher;
  readonly subscribers: Set<TailSubscriber>;
}

/** The same text for queries of the same meaning and form, wherever they stood in their source. */
function keyOf(where: QueryNode): string {
  return JSON.stringify(where, (name, value: unknown) => (name === 'span' ? undefined : value));
}

export class QueryGroups {
  readonly #compile: CompileQuery;
  readonly #byTenant = new Map<string, Map<string, QueryGroup>>();

  constructor(compile: CompileQuery) {
    this.#compile = compile;
  }

  get queryCount(): number {
    let count = 0;
    for (const groups of this.#byTenant.values()) count += groups.size;
    return count;
  }

  get isEmpty(): boolean {
    return this.#byTenant.size === 0;
  }

  /** Queries watched by the tenant; undefined where there is none. */
  of(tenant: string): Iterable<QueryGroup> | undefined {
    return this.#byTenant.get(tenant)?.values();
  }

  *all(): Iterable<QueryGroup> {
    for (const groups of this.#byTenant.values()) yield* groups.values();
  }

  add(subscriber: TailSubscriber): void {
    const { tenant, where } = subscriber.request;
    let groups = this.#byTenant.get(tenant);
    if (groups === undefined) this.#byTenant.set(tenant, (groups = new Map()));
    const key = keyOf(where);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { match: this.#compile(where), subscribers: new Set() }));
    group.subscribers.add(subscriber);
  }

  remove(subscriber: TailSubscriber): void {
    const { tenant, where } = subscriber.request;
    const groups = this.#byTenant.get(tenant);
    const key = keyOf(where);
    const group = groups?.get(key);
    if (groups === undefined || group === undefined || !group.subscribers.delete(subscriber)) return;
    if (group.subscribers.size > 0) return;
    groups.delete(key);
    if (groups.size === 0) this.#byTenant.delete(tenant);
  }
}
