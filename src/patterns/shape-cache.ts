/**
 * Shapes that messages had lately, with the ids of their templates: most messages of a settled stream fit one of the few
 * that begin as they do. A set of shapes is chosen by the stream of a message and by its bytes before the first digit.
 *
 * All in one array, since shapes that lie about the heap cost more to reach than to compare.
 */
import { fits } from './message-shape.ts';

const ways = 8;
/** Bytes of the beginning that choose the set. */
const prefixBytes = 24;
/** Of the messages that find their set full, one in so many changes it: where there are too many shapes, learning them all is dear. */
const fullSetTurns = 16;
/** Words of an entry: seed, the id's two words, and the shape; longer shapes are not kept. */
const headWords = 3;
const entryWords = 128;
const mixFactor = 0x2c1b3c6d;
/** Of each of four bytes. */
const highBits = 0x80808080 | 0;

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
    const hash = hashOfBeginning(this.#view, start, end, seed);
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
    return (hash & this.#setMask) * ways;
  }
}

/** Of the first bytes, four by four, up to those that hold a digit: what follows a digit differs from line to line. Never 0. */
function hashOfBeginning(view: DataView, start: number, end: number, seed: number): number {
  const limit = Math.min(end, start + prefixBytes);
  let hash = seed;
  for (let at = start; at + 4 <= limit; at += 4) {
    const word = view.getInt32(at, true);
    if (hasDigit(word)) break;
    const mixed = Math.imul(hash ^ word, mixFactor);
    hash = mixed ^ (mixed >>> 15);
  }
  return hash === 0 ? 1 : hash;
}

/** True where one of the four bytes is an ASCII digit; as in Hacker's Delight, "Find a value in some interval". */
function hasDigit(word: number): boolean {
  const fromZero = word ^ 0x30303030;
  return ((((fromZero & 0x7f7f7f7f) + 0x76767676) | fromZero) & highBits) !== highBits;
}
