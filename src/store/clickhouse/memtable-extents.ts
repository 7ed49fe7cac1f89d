/**
 * Of which tenants and times a memtable can have lines, told from the blocks on their way into it. A question about the past
 * need not ask the memtables then, and one in order of time asks them when it comes to their lines.
 *
 * An extent is noted before its lines can be found, and never shrinks, so it is never too narrow.
 */
import { spanOfBlock } from '#model/block-span.ts';
import type { TimeRange } from '../log-store.ts';
import type { SpanReader } from './recent-changes.ts';

/** Beyond it a memtable counts as having lines of every tenant and time. */
const maxTenants = 1000;

type Extents = Map<string, TimeRange> | 'unknown';

export class MemtableExtents {
  readonly #spanOf: SpanReader;
  readonly #byMemtable = new Map<number, Extents>();

  constructor(spanOf: SpanReader = spanOfBlock) {
    this.#spanOf = spanOf;
  }

  /** These blocks are about to be inserted. */
  note(memtable: number, blocks: readonly Uint8Array[]): void {
    for (const block of blocks) this.#noteBlock(memtable, block);
  }

  forget(memtable: number): void {
    this.#byMemtable.delete(memtable);
  }

  /** From the first to the last time of which the memtable can have lines of the tenant; undefined where it has none. */
  of(memtable: number, tenant: string): TimeRange | undefined {
    const extents = this.#byMemtable.get(memtable);
    return extents === undefined || extents === 'unknown' ? allTime : extents.get(tenant);
  }

  #noteBlock(memtable: number, block: Uint8Array): void {
    const span = this.#spanOf(block);
    const extents = this.#byMemtable.get(memtable) ?? new Map<string, TimeRange>();
    this.#byMemtable.set(memtable, span === undefined ? 'unknown' : extents);
    if (span === undefined || extents === 'unknown') return;
    for (const tenant of span.tenants) extents.set(tenant, hullOf(extents.get(tenant), span));
    if (extents.size > maxTenants) this.#byMemtable.set(memtable, 'unknown');
  }
}

/** Beyond all times that a line can have. */
export const allTime: TimeRange = { fromNs: -(2n ** 63n), toNs: 2n ** 63n - 1n };

/** The smallest range that holds both. */
export function hullOf(a: TimeRange | undefined, b: TimeRange): TimeRange {
  if (a === undefined) return { fromNs: b.fromNs, toNs: b.toNs };
  return { fromNs: a.fromNs < b.fromNs ? a.fromNs : b.fromNs, toNs: a.toNs > b.toNs ? a.toNs : b.toNs };
}
