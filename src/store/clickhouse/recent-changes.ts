/**
 * What changed lately, by tenant and event time: each insert, and each moment after which everything may be different. Only
 * the latest changes are kept; before them everything counts as changed.
 */
import { spanOfBlock } from '#model/block-span.ts';
import type { BlockSpan } from '#model/block-span.ts';
import type { ChangeReads } from '../change-reads.ts';
import type { TimeRange } from '../log-store.ts';

interface Change {
  readonly version: number;
  fromNs: bigint;
  toNs: bigint;
}

/** Kept per tenant; two in a row are made one when there are more, so live lines and late lines stay apart for a while. */
const maxChanges = 256;
const maxTenants = 1000;

/** Reads whose lines a block holds; passed in where blocks are not those of ClickHouse. */
export type SpanReader = (block: Uint8Array) => BlockSpan | undefined;

export class RecentChanges implements ChangeReads {
  readonly #spanOf: SpanReader;
  #version = 0;
  /** Answers of this version or an older one are of another state of things. */
  #everythingSince = 0;
  #rewrites = 0;
  /** Oldest first. */
  readonly #byTenant = new Map<string, Change[]>();

  constructor(spanOf: SpanReader = spanOfBlock) {
    this.#spanOf = spanOf;
  }

  changeVersion(): number {
    return this.#version;
  }

  /** Rises whenever committed lines may have become others; that lines are added to them does not count. */
  get rewrites(): number {
    return this.#rewrites;
  }

  changedSince(tenant: string, version: number, { fromNs, toNs }: TimeRange): bigint | undefined {
    if (version < this.#everythingSince) return fromNs;
    let first: bigint | undefined;
    for (const change of this.#byTenant.get(tenant) ?? []) {
      if (change.version <= version || change.toNs <= fromNs || change.fromNs >= toNs) continue;
      const atNs = change.fromNs > fromNs ? change.fromNs : fromNs;
      if (first === undefined || atNs < first) first = atNs;
    }
    return first;
  }

  /** These blocks' lines are found from now on. */
  noteInsert(blocks: readonly Uint8Array[]): void {
    this.#version++;
    for (const block of blocks) {
      const span = this.#spanOf(block);
      if (span !== undefined) for (const tenant of span.tenants) this.#note(tenant, span);
    }
  }

  /** Lines were lost, replaced or replayed; or rows of `logs` that snapshots show have been deleted: then said afterwards. */
  noteEverything(): void {
    this.#rewrites++;
    this.#forgetAll();
  }

  /** From here on everything before counts as changed. */
  #forgetAll(): void {
    this.#everythingSince = ++this.#version;
    this.#byTenant.clear();
  }

  #note(tenant: string, { fromNs, toNs }: TimeRange): void {
    const changes = this.#byTenant.get(tenant) ?? [];
    const last = changes.at(-1);
    if (last?.version === this.#version) {
      if (fromNs < last.fromNs) last.fromNs = fromNs;
      if (toNs > last.toNs) last.toNs = toNs;
    } else changes.push({ version: this.#version, fromNs, toNs });
    if (changes.length > maxChanges) this.#byTenant.set(tenant, joinedInPairs(changes));
    else if (changes.length === 1) this.#byTenant.set(tenant, changes);
    if (this.#byTenant.size > maxTenants) this.#forgetAll();
  }
}

/** A pair has the later version: what was read between the two counts as changed too. */
function joinedInPairs(changes: readonly Change[]): Change[] {
  const joined: Change[] = [];
  for (let at = 0; at < changes.length; at += 2) {
    const [first, second = first] = changes.slice(at, at + 2);
    joined.push({
      version: second.version,
      fromNs: first.fromNs < second.fromNs ? first.fromNs : second.fromNs,
      toNs: first.toNs > second.toNs ? first.toNs : second.toNs,
    });
  }
  return joined;
}
