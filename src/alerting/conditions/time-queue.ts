/** Things by the time at which they are due, the earliest first, of the same time the lowest order: a binary heap. */
export class TimeQueue<T extends { readonly order: number }> {
  readonly #timesMs: number[] = [];
  readonly #things: T[] = [];

  get size(): number {
    return this.#things.length;
  }

  /** Undefined where nothing waits. */
  get nextMs(): number | undefined {
    return this.#timesMs[0];
  }

  push(timeMs: number, thing: T): void {
    let place = this.#things.length;
    this.#timesMs.push(timeMs);
    this.#things.push(thing);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.#isBefore(timeMs, thing, parent)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#timesMs[place] = timeMs;
    this.#things[place] = thing;
  }

  /** The earliest; there must be one. */
  pop(): T {
    const earliest = this.#things[0];
    const timeMs = this.#timesMs.pop() as number;
    const thing = this.#things.pop() as T;
    const count = this.#things.length;
    if (count === 0) return earliest;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#isBefore(this.#timesMs[child + 1], this.#things[child + 1], child)) child++;
      if (this.#isBefore(timeMs, thing, child)) break;
      this.#move(child, place);
      place = child;
    }
    this.#timesMs[place] = timeMs;
    this.#things[place] = thing;
    return earliest;
  }

  clear(): void {
    this.#timesMs.length = 0;
    this.#things.length = 0;
  }

  #isBefore(timeMs: number, { order }: T, place: number): boolean {
    return timeMs < this.#timesMs[place] || (timeMs === this.#timesMs[place] && order < this.#things[place].order);
  }

  #move(from: number, to: number): void {
    this.#timesMs[to] = this.#timesMs[from];
    this.#things[to] = this.#things[from];
  }
}
