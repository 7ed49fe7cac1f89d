/**
 * Which tables a query reads. A snapshot is {committed generation, live memtables}; it is taken when a query begins and
 * released when it ends, and a memtable is dropped only after the last snapshot that names it. So a flush, which moves
 * rows from a memtable to `logs`, can neither hide a line from a running query nor show it twice.
 */
import { invariant } from '#base/errors.ts';
import type { TimeRange } from '../log-store.ts';
import { overlapOf } from './density.ts';
import { allTime, hullOf, MemtableExtents } from './memtable-extents.ts';
import type { Replacement } from './generation-record.ts';

export interface SnapshotState {
  readonly generation: number;
  /** Numbers of the live memtables, oldest first. */
  readonly memtables: readonly number[];
  readonly replacements: readonly Replacement[];
}

/** What a query is about: memtables that have nothing of it are left out of its snapshot. */
export interface Scope {
  readonly tenant: string;
  readonly range: TimeRange;
}

export interface Snapshot extends SnapshotState {
  /** From the first to the last time of which the memtables can have lines within the scope. */
  readonly liveExtent: TimeRange;
  /** Why lines that were visible may be missing; undefined when the snapshot is whole. To be asked after the last read. */
  readonly incompleteReason: string | undefined;
  release(): void;
}

export class Snapshots {
  #state: SnapshotState;
  #incompleteReason: string | undefined;
  /** Set from the loss of the memtables until `reset`. */
  #lossReason: string | undefined;
  #losses = 0;
  /** Queries that run, by memtable and by the generation of their snapshot. */
  readonly #readers = new Map<number, number>();
  readonly #readersByGeneration = new Map<number, number>();
  readonly #retired = new Set<number>();
  readonly #drop: (memtable: number) => void;
  readonly #extents: MemtableExtents;

  /** `drop` is called once for each retired memtable that no query reads any more. */
  constructor(state: SnapshotState, drop: (memtable: number) => void, extents = new MemtableExtents()) {
    this.#state = state;
    this.#extents = extents;
    this.#drop = (memtable) => {
      extents.forget(memtable);
      drop(memtable);
    };
  }

  get state(): SnapshotState {
    return this.#state;
  }

  /** Generation of the oldest snapshot that a query reads: what only an older one would show can be deleted. */
  get oldestGeneration(): number {
    return Math.min(this.#state.generation, ...this.#readersByGeneration.keys());
  }

  /** Without a scope all memtables are in it. */
  acquire(scope?: Scope): Snapshot {
    const { memtables, liveExtent } = this.#memtablesFor(scope);
    const state = { ...this.#state, memtables };
    for (const memtable of state.memtables) enter(this.#readers, memtable);
    enter(this.#readersByGeneration, state.generation);
    const reasonAtStart = this.#lossReason ?? this.#incompleteReason;
    const lostBefore = this.#losses;
    const lostSince = (): boolean => this.#losses !== lostBefore;
    let released = false;
    return {
      ...state,
      liveExtent,
      get incompleteReason() {
        return reasonAtStart ?? (lostSince() ? 'the storage engine restarted during the query' : undefined);
      },
      release: () => {
        invariant(!released, 'a snapshot is released once');
        released = true;
        leave(this.#readersByGeneration, state.generation);
        for (const memtable of state.memtables) if (leave(this.#readers, memtable) && this.#retired.delete(memtable)) this.#drop(memtable);
      },
    };
  }

  /** These blocks are about to be inserted into the memtable. */
  noteInsert(memtable: number, blocks: readonly Uint8Array[]): void {
    this.#extents.note(memtable, blocks);
  }

  addMemtable(memtable: number): void {
    this.#state = { ...this.#state, memtables: [...this.#state.memtables, memtable] };
  }

  /** The rows of the memtable are now in `logs` as this generation. */
  commit(generation: number, memtable: number, replacements: readonly Replacement[]): void {
    invariant(generation > this.#state.generation, `commit of generation ${generation} after ${this.#state.generation}`);
    const live = this.#state.memtables.includes(memtable);
    this.#state = { generation, memtables: this.#state.memtables.filter((other) => other !== memtable), replacements };
    if (live) this.#retire(memtable);
    else this.#drop(memtable);
  }

  /** After the memtables were lost or are given up: only what is committed is left. Whoever calls it has said `setIncomplete`. */
  reset(state: SnapshotState): void {
    const givenUp = this.#state.memtables;
    this.#state = state;
    this.#lossReason = undefined;
    for (const memtable of givenUp) this.#retire(memtable);
  }

  /** The memtables are gone, also for the queries that run now; what they held is missing until `reset` and a replay. */
  lose(reason: string): void {
    this.#losses += 1;
    this.#lossReason = reason;
    this.#state = { ...this.#state, memtables: [] };
  }

  setReplacements(replacements: readonly Replacement[]): void {
    this.#state = { ...this.#state, replacements };
  }

  setIncomplete(reason: string | undefined): void {
    this.#incompleteReason = reason;
  }

  #memtablesFor(scope: Scope | undefined): { readonly memtables: readonly number[]; readonly liveExtent: TimeRange } {
    const { memtables } = this.#state;
    if (scope === undefined) return { memtables, liveExtent: allTime };
    let liveExtent: TimeRange | undefined;
    const touched = memtables.filter((memtable) => {
      const extent = this.#extents.of(memtable, scope.tenant);
      const inside = extent && overlapOf(extent, scope.range);
      if (inside !== undefined) liveExtent = hullOf(liveExtent, inside);
      return inside !== undefined;
    });
    return { memtables: touched, liveExtent: liveExtent ?? { fromNs: 0n, toNs: 0n } };
  }

  #retire(memtable: number): void {
    if (this.#readers.has(memtable)) this.#retired.add(memtable);
    else this.#drop(memtable);
  }
}

function enter(readers: Map<number, number>, of: number): void {
  readers.set(of, (readers.get(of) ?? 0) + 1);
}

/** True when this was the last reader. */
function leave(readers: Map<number, number>, of: number): boolean {
  const left = (readers.get(of) ?? 0) - 1;
  if (left > 0) readers.set(of, left);
  else readers.delete(of);
  return left <= 0;
}
