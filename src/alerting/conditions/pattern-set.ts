/**
 * A set of pattern ids, 64 bits in two words, in an open table of 8 bytes a place: a Set of BigInts would take ten times as
 * much, and make a BigInt of each line. 0 stands for no pattern and is never in it.
 */
import { invariant } from '#base/errors.ts';

const initialPlaces = 16;

export class PatternSet {
  size = 0;
  /** Low and high word of each place in turn. */
  #words = new Uint32Array(initialPlaces * 2);

  /** True where it was not there before. */
  add(low: number, high: number): boolean {
    if (!this.#put(low, high)) return false;
    this.size++;
    if (this.size * 2 > this.#words.length / 2) this.#grow();
    return true;
  }

  has(low: number, high: number): boolean {
    const words = this.#words;
    for (let at = this.#firstPlace(low, high); ; at = (at + 2) & (words.length - 1)) {
      if (words[at] === low && words[at + 1] === high) return true;
      if ((words[at] | words[at + 1]) === 0) return false;
    }
  }

  get bytes(): number {
    return 100 + this.#words.byteLength;
  }

  /** Ids in hexadecimal, one behind the other. */
  save(): string {
    let text = '';
    const words = this.#words;
    for (let at = 0; at < words.length; at += 2) if ((words[at] | words[at + 1]) !== 0) text += hexId(words[at], words[at + 1]);
    return text;
  }

  static restore(saved: string): PatternSet {
    const set = new PatternSet();
    for (let at = 0; at + 16 <= saved.length; at += 16) set.addId(saved.slice(at, at + 16));
    return set;
  }

  /** 16 hexadecimal digits. */
  addId(id: string): boolean {
    return this.add(Number.parseInt(id.slice(8), 16), Number.parseInt(id.slice(0, 8), 16));
  }

  #firstPlace(low: number, high: number): number {
    const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
    return ((mixed ^ (mixed >>> 15)) * 2) & (this.#words.length - 1);
  }

  #put(low: number, high: number): boolean {
    invariant((low | high) !== 0, 'no pattern is no id of one');
    const words = this.#words;
    for (let at = this.#firstPlace(low, high); ; at = (at + 2) & (words.length - 1)) {
      if (words[at] === low && words[at + 1] === high) return false;
      if ((words[at] | words[at + 1]) !== 0) continue;
      words[at] = low;
      words[at + 1] = high;
      return true;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) if ((old[at] | old[at + 1]) !== 0) this.#put(old[at], old[at + 1]);
  }
}

export const hexId = (low: number, high: number): string =>
  (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
