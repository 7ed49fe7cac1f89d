/**
 * Which tables a query reads. A snapshot is {committed generation, live memtables}; it is taken when a query begins and
 * released when it ends, and a memtable is dropped only after the last snapshot that names it. So a flush, which moves
 * rows from a memtable to `logs`, can neither hide a line from a running query nor show it twice.
 */
import { invariant } from '#base/errors.ts';
import type { Replacement } from './generation-record.ts';

export interface SnapshotState {
  readonly generation: number;
  /** Numbers of the live memtables, oldest first. */
  readonly memtables: readonly number[];
  readonly replacements: readonly Replacement[];
}

export interface Snapshot extends SnapshotState {
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
  readonly #readers = new Map<number, number>();
  readonly #retired = new Set<number>();
  readonly #drop: (memtable: number) => void;

  /** `drop` is called once for each retired memtable that no query reads any more. */
  constructor(state: SnapshotState, drop: (memtable: number) => void) {
    this.#state = state;
    this.#drop = drop;
  }

  get state(): SnapshotState {
    return this.#state;
  }

  acquire(): Snapshot {
    const state = this.#state;
    for (const memtable of state.memtables) this.#readers.set(memtable, (this.#readers.get(memtable) ?? 0) + 1);
    const reasonAtStart = this.#lossReason ?? this.#incompleteReason;
    const lostBefore = this.#losses;
    const lostSince = (): boolean => this.#losses !== lostBefore;
    let released = false;
    return {
      ...state,
      get incompleteReason() {
        return reasonAtStart ?? (lostSince() ? 'the storage engine restarted during the query' : undefined);
      },
      release: () => {
        invariant(!released, 'a snapshot is released once');
        released = true;
        for (const memtable of state.memtables) this.#leave(memtable);
      },
    };
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

  #leave(memtable: number): void {
    const left = (this.#readers.get(memtable) ?? 0) - 1;
    if (left > 0) {
      this.#readers.set(memtable, left);
      return;
    }
    this.#readers.delete(memtable);
    if (this.#retired.delete(memtable)) this.#drop(memtable);
  }

  #retire(memtable: number): void {
    if (this.#readers.has(memtable)) this.#retired.add(memtable);
    else this.#drop(memtable);
  }
}
