/**
 * Random numbers that repeat with their seed (sfc32, Chris Doty-Humphrey's PractRand), for everything that is invented:
 * the demo stream, and the lines of the bench. Not for secrets.
 */

const hexQuads: readonly string[] = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'));
const base36 = '0123456789abcdefghijklmnopqrstuvwxyz';

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b1) | 0;
    this.#c = 0x2545f491;
    // The generator's author advises a dozen rounds before the first use, so that near seeds do not look alike.
    for (let round = 0; round < 15; round++) this.uint32();
  }

  /** 0 … 2^32 - 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** [0, 1). */
  float(): number {
    return this.uint32() / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  integer(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.float() * (maximum - minimum + 1));
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.float() * list.length)] as T;
  }

  /** Times between arrivals, and other things with a long tail but a known mean. */
  exponential(mean: number): number {
    return -Math.log(1 - this.float()) * mean;
  }

  /** Durations as services show them: most near the median, some much longer. */
  logNormal(median: number, spread: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.float()));
    return median * Math.exp(spread * radius * Math.cos(2 * Math.PI * this.float()));
  }

  /** Lower-case hex digits; `digits` is a multiple of 4. */
  hex(digits: number): string {
    let text = '';
    for (let left = digits; left > 0; left -= 8) {
      const value = this.uint32();
      text += hexQuads[value >>> 16];
      if (left > 4) text += hexQuads[value & 0xffff];
    }
    return text;
  }

  /** Lower-case letters and digits. */
  token(length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) text += base36[this.uint32() % 36];
    return text;
  }
}
