/**
 * Shapes that messages had lately, with the ids of their templates: most messages of a settled stream fit one of the few
 * that begin as they do. A set of shapes is chosen by the stream of a message and by its words before the first digit.
 *
 * All in one array, since shapes that lie about the heap cost more to reach than to compare.
 */
import { fits } from './message-shape.ts';
import { byteClasses, classOf } from './token-classes.ts';

const { digit } = byteClasses;
const ways = 8;
/** Bytes of the beginning that choose the set. */
const prefixBytes = 24;
/** Of the messages that find their set full, one in so many changes it: where there are too many shapes, learning them all is dear. */
const fullSetTurns = 16;
/** Words of an entry: seed, the id's two words, and the shape; longer shapes are not kept. */
const headWords = 3;
const entryWords = 128;
const space = 0x20;
const fnvPrime = 0x01000193;

export class ShapeCache {
  /** Hash of the beginning of each entry's messages, 0 where it is empty: one line of the processor's cache a set. */
  readonly #tags: Int32Array;
  readonly #words: Int32Array;
  readonly #setMask: number;
  readonly #maxBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Of the same bytes. */
  #view: DataView = new DataView(this.#bytes.buffer);
  /** Of the message that was looked for last: hash of its beginning, never 0, and the seed. */
  #hash = 0;
  #seed = 0;
  #turn = 0;
  /** Id of the last message that was found. */
  high = 0;
  low = 0;

  /** `entries` shapes, of messages of which `maxBytes` count. */
  constructor(entries: number, maxBytes: number) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(entries / ways, 1)));
    this.#tags = new Int32Array(sets * ways);
    this.#words = new Int32Array(sets * ways * entryWords);
    this.#setMask = sets - 1;
    this.#maxBytes = maxBytes;
  }

  /** True where a shape fits; its id is in `high` and `low` then. `seed` is a hash of tenant and service. */
  find(bytes: Uint8Array, start: number, end: number, seed: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const tags = this.#tags;
    const words = this.#words;
    const hash = hashOfBeginning(bytes, start, end, seed);
    const first = this.#setOf(hash);
    this.#hash = hash;
    this.#seed = seed;
    for (let entry = first; entry < first + ways && tags[entry] !== 0; entry++) {
      if (tags[entry] !== hash) continue;
      const at = entry * entryWords;
      if (words[at] !== seed || !fits(words, at + headWords, bytes, this.#view, start, end, this.#maxBytes)) continue;
      this.high = words[at + 1] >>> 0;
      this.low = words[at + 2] >>> 0;
      return true;
    }
    return false;
  }

  /** Entry for the shape of the message that was just not found; -1 where it is not kept. */
  takeEntry(): number {
    const first = this.#setOf(this.#hash);
    for (let entry = first; entry < first + ways; entry++) if (this.#tags[entry] === 0) return entry;
    const turn = this.#turn++;
    return turn % fullSetTurns === 0 ? first + (Math.floor(turn / fullSetTurns) % ways) : -1;
  }

  /** Keeps the shape of the message that was just not found. */
  put(entry: number, shape: readonly number[], high: number, low: number): void {
    if (shape.length > entryWords - headWords) return;
    this.#tags[entry] = this.#hash;
    this.#words.set([this.#seed, high, low, ...shape], entry * entryWords);
  }

  #setOf(hash: number): number {
    return ((hash ^ (hash >>> 15)) & this.#setMask) * ways;
  }
}

/** Of the whole words before the first digit; never 0. */
function hashOfBeginning(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const limit = Math.min(end, start + prefixBytes);
  let hash = seed;
  let hashOfWords = seed;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at];
    if (classOf[byte] === digit) break;
    hash = Math.imul(hash ^ byte, fnvPrime);
    if (byte === space) hashOfWords = hash;
  }
  return hashOfWords === 0 ? 1 : hashOfWords;
}
