/** When which group is to be judged again although no line came: a binary heap by time. */

export interface Wake<T> {
  readonly atMs: number;
  readonly target: T;
}

/** Below this size nobody minds entries that are no longer wanted. */
const smallSize = 1024;

export class WakeHeap<T> {
  readonly #isWanted: (wake: Wake<T>) => boolean;
  #heap: Wake<T>[] = [];
  /** Size after the last clearing out of what nobody wants. */
  #wantedSize = smallSize;

  /** `isWanted` is false of entries that another one took the place of; they are left out. */
  constructor(isWanted: (wake: Wake<T>) => boolean) {
    this.#isWanted = isWanted;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(wake: Wake<T>): void {
    if (this.#heap.length > 2 * this.#wantedSize) this.#clearOut();
    const heap = this.#heap;
    let at = heap.push(wake) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (heap[parent].atMs <= wake.atMs) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = wake;
  }

  /** Takes out the next wanted entry whose time has come. */
  popDue(nowMs: number): Wake<T> | undefined {
    while (this.#heap.length > 0 && this.#heap[0].atMs <= nowMs) {
      const first = this.#pop();
      if (this.#isWanted(first)) return first;
    }
    return undefined;
  }

  #pop(): Wake<T> {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop() as Wake<T>;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts the entry in the place of the first. */
  #sink(wake: Wake<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1].atMs < heap[child].atMs) child++;
      if (heap[child].atMs >= wake.atMs) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = wake;
  }

  #clearOut(): void {
    const wanted = this.#heap.filter(this.#isWanted);
    // sorted by time it is a heap
    this.#heap = wanted.sort((a, b) => a.atMs - b.atMs);
    this.#wantedSize = Math.max(smallSize, wanted.length);
  }
}
