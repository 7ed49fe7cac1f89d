/** Records of text that wait for their batch: bytes one behind the other, kept until the batch is durable. */

/** The first bytes of a record that was too long stand for it. */
export interface GatheredRecord {
  readonly start: number;
  readonly end: number;
  readonly isTooLong: boolean;
}

export class GatheredLines {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  /** Of each record its end; negative where it was too long. */
  readonly #ends: number[] = [];

  constructor(initialBytes: number) {
    this.bytes = new Uint8Array(initialBytes);
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Copies the record `start .. end`. */
  add(source: Uint8Array, start: number, end: number, isTooLong: boolean): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(source.subarray(start, end), this.length);
    this.length = needed;
    this.#ends.push(isTooLong ? -needed : needed);
  }

  at(index: number): GatheredRecord {
    const end = this.#ends[index];
    return { start: index === 0 ? 0 : Math.abs(this.#ends[index - 1]), end: Math.abs(end), isTooLong: end < 0 };
  }

  clear(): void {
    this.length = 0;
    this.#ends.length = 0;
  }
}
