/** A set of a batch's rows as bits: what a matcher answers, 32 rows an operation. */

export class RowSet {
  readonly rowCount: number;
  readonly words: Uint32Array;

  constructor(rowCount: number, words: Uint32Array = new Uint32Array((rowCount + 31) >>> 5)) {
    this.rowCount = rowCount;
    this.words = words;
  }

  /** Every row. */
  static all(rowCount: number): RowSet {
    const set = new RowSet(rowCount);
    set.words.fill(0xffffffff);
    set.#clearTail();
    return set;
  }

  add(row: number): void {
    this.words[row >>> 5] |= 1 << (row & 31);
  }

  has(row: number): boolean {
    return ((this.words[row >>> 5] >>> (row & 31)) & 1) === 1;
  }

  isEmpty(): boolean {
    const { words } = this;
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
    return true;
  }

  count(): number {
    let total = 0;
    for (const word of this.words) total += bitCount(word);
    return total;
  }

  /** A new set: rows in both. */
  and(other: RowSet): RowSet {
    const result = new Uint32Array(this.words);
    for (let i = 0; i < result.length; i++) result[i] &= other.words[i];
    return new RowSet(this.rowCount, result);
  }

  /** A new set: rows in either. */
  or(other: RowSet): RowSet {
    const result = new Uint32Array(this.words);
    for (let i = 0; i < result.length; i++) result[i] |= other.words[i];
    return new RowSet(this.rowCount, result);
  }

  /** A new set: rows not in this one. */
  not(): RowSet {
    const result = new RowSet(this.rowCount);
    for (let i = 0; i < result.words.length; i++) result.words[i] = ~this.words[i];
    result.#clearTail();
    return result;
  }

  /** Calls back with each row, rising. */
  forEach(visit: (row: number) => void): void {
    const { words } = this;
    for (let i = 0; i < words.length; i++) {
      for (let rest = words[i]; rest !== 0; rest &= rest - 1) visit((i << 5) + lowestBit(rest));
    }
  }

  /** The rows, rising. */
  rows(): Uint32Array {
    const rows = new Uint32Array(this.count());
    let next = 0;
    this.forEach((row) => {
      rows[next++] = row;
    });
    return rows;
  }

  #clearTail(): void {
    const used = this.rowCount & 31;
    if (used !== 0) this.words[this.words.length - 1] &= 0xffffffff >>> (32 - used);
  }
}

/** Row sets by number; one is made when its first row is found. */
export class FoundRows {
  readonly #rowCount: number;
  readonly #sets: (RowSet | undefined)[];

  constructor(rowCount: number, count: number) {
    this.#rowCount = rowCount;
    this.#sets = new Array(count);
  }

  add(number: number, row: number): void {
    (this.#sets[number] ??= new RowSet(this.#rowCount)).add(row);
  }

  /** Undefined where nothing was found. */
  of(number: number): RowSet | undefined {
    return this.#sets[number];
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function bitCount(word: number): number {
  let rest = word - ((word >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
