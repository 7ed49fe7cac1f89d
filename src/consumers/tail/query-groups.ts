/**
 * Who watches what: subscribers by tenant and query. A tenant's queries are evaluated together, so that a line is looked
 * at once for all of them, and a query is evaluated once for all its readers.
 */
import type { QueryNode } from '#language/ast.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { TailSubscriber } from './subscriber.ts';

/** Rows of a batch; `RowSet` of the language. */
export interface MatchedRows {
  isEmpty(): boolean;
  /** Rising. */
  rows(): Uint32Array;
}

/** The face of the language's `MatcherSet` that the tail uses. */
export interface TailMatchers<Handle extends { readonly key: string }> {
  add(query: QueryNode): Handle;
  remove(handle: Handle): void;
  match(view: BatchView): (handle: Handle) => MatchedRows;
}

export type QueryHandle = { readonly key: string };
export type CreateMatchers = () => TailMatchers<QueryHandle>;

/** One query of one tenant and its readers. */
export interface QueryGroup {
  readonly handle: QueryHandle;
  readonly subscribers: Set<TailSubscriber>;
}

/** All that is watched in one tenant. */
export interface TenantWatch {
  readonly matchers: TailMatchers<QueryHandle>;
  readonly groups: Map<string, QueryGroup>;
}

export class QueryGroups {
  readonly #createMatchers: CreateMatchers;
  readonly #byTenant = new Map<string, TenantWatch>();

  constructor(createMatchers: CreateMatchers) {
    this.#createMatchers = createMatchers;
  }

  get queryCount(): number {
    let count = 0;
    for (const watch of this.#byTenant.values()) count += watch.groups.size;
    return count;
  }

  of(tenant: string): TenantWatch | undefined {
    return this.#byTenant.get(tenant);
  }

  *subscribers(tenant?: string): Iterable<TailSubscriber> {
    const watches = tenant === undefined ? [...this.#byTenant.values()] : [this.#byTenant.get(tenant)];
    for (const watch of watches) for (const group of watch?.groups.values() ?? []) yield* group.subscribers;
  }

  /** Throws AppError `query_unsupported` for what does not exist. */
  add(subscriber: TailSubscriber): void {
    const { tenant, where } = subscriber.request;
    const watch = this.#byTenant.get(tenant) ?? { matchers: this.#createMatchers(), groups: new Map<string, QueryGroup>() };
    const handle = watch.matchers.add(where);
    this.#byTenant.set(tenant, watch);
    const group = watch.groups.get(handle.key) ?? { handle, subscribers: new Set<TailSubscriber>() };
    watch.groups.set(handle.key, group);
    group.subscribers.add(subscriber);
    subscriber.group = group;
  }

  remove(subscriber: TailSubscriber): void {
    const { tenant } = subscriber.request;
    const watch = this.#byTenant.get(tenant);
    const group = subscriber.group;
    if (watch === undefined || group === undefined || !group.subscribers.delete(subscriber)) return;
    watch.matchers.remove(group.handle);
    if (group.subscribers.size === 0) watch.groups.delete(group.handle.key);
    if (watch.groups.size === 0) this.#byTenant.delete(tenant);
  }
}
