/**
 * How many different values there were: exact up to a bound, beyond it a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier
 * 2007) of 4096 registers, whose standard error is 1.6 %. Sketches add up.
 */
import { hashText } from './hash-text.ts';

const exactBound = 512;
const registerBits = 12;
const registerCount = 1 << registerBits;
const alpha = 0.7213 / (1 + 1.079 / registerCount);
const rankBits = 32;
const lowFactor = 2 ** 20;

/** Exact: hashes. Else the registers in base64. */
export type SavedDistinctSketch = readonly number[] | string;

export class DistinctSketch {
  /** 52 bits of each value's hash: two values in 2^26 are taken for one. */
  #exact: Set<number> | undefined = new Set();
  #registers: Uint8Array | undefined;

  /** Bytes held, about. */
  get bytes(): number {
    return 120 + (this.#registers?.length ?? 0) + 40 * (this.#exact?.size ?? 0);
  }

  add(value: string): void {
    const { high, low } = hashText(value);
    this.#addHash(high * lowFactor + (low >>> registerBits));
  }

  addAll(other: DistinctSketch): void {
    for (const hash of other.#exact ?? []) this.#addHash(hash);
    if (other.#registers === undefined) return;
    const registers = this.#toRegisters();
    for (let i = 0; i < registerCount; i++) if (other.#registers[i] > registers[i]) registers[i] = other.#registers[i];
  }

  get estimate(): number {
    if (this.#exact !== undefined) return this.#exact.size;
    const registers = this.#toRegisters();
    let sum = 0;
    let empty = 0;
    for (let i = 0; i < registerCount; i++) {
      sum += 2 ** -registers[i];
      if (registers[i] === 0) empty++;
    }
    const raw = (alpha * registerCount * registerCount) / sum;
    // few values: counting the empty registers is more exact
    if (raw <= 2.5 * registerCount && empty > 0) return Math.round(registerCount * Math.log(registerCount / empty));
    return Math.round(raw);
  }

  save(): SavedDistinctSketch {
    return this.#exact === undefined ? Buffer.from(this.#toRegisters()).toString('base64') : [...this.#exact];
  }

  static restore(saved: SavedDistinctSketch): DistinctSketch {
    const sketch = new DistinctSketch();
    if (typeof saved !== 'string') {
      for (const hash of saved) sketch.#addHash(hash);
    } else {
      sketch.#exact = undefined;
      sketch.#registers = new Uint8Array(registerCount);
      sketch.#registers.set(Buffer.from(saved, 'base64').subarray(0, registerCount));
    }
    return sketch;
  }

  #addHash(hash: number): void {
    if (this.#exact === undefined) return addToRegisters(this.#toRegisters(), hash);
    this.#exact.add(hash);
    if (this.#exact.size > exactBound) this.#toRegisters();
  }

  #toRegisters(): Uint8Array {
    if (this.#registers !== undefined) return this.#registers;
    const registers = new Uint8Array(registerCount);
    for (const hash of this.#exact ?? []) addToRegisters(registers, hash);
    this.#registers = registers;
    this.#exact = undefined;
    return registers;
  }
}

/** The lower bits choose the register, the 32 upper ones give the rank: one more than their leading zeros. */
function addToRegisters(registers: Uint8Array, hash: number): void {
  const upper = Math.floor(hash / lowFactor);
  const register = (hash % lowFactor) & (registerCount - 1);
  const rank = Math.min(Math.clz32(upper), rankBits - 1) + 1;
  if (rank > registers[register]) registers[register] = rank;
}
