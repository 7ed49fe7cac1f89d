/**
 * A dictionary of texts by their bytes: text → index in order of first appearance, index 0 being the empty text.
 *
 * Entries lie in wire format (varint length, bytes), so a LowCardinality column's keys are written with one copy. The
 * entries added last can be taken back, which a refused record needs. Open addressing with linear probing; the hash is
 * seeded per process, so that a sender cannot choose names that collide.
 */
import { ByteArena } from './byte-columns.ts';

const [hashSeed, randomA, randomB] = globalThis.crypto.getRandomValues(new Int32Array(3));
const factorA = randomA | 1;
const factorB = randomB | 1;
const initialSlots = 256;
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * 32-bit hash of `start .. end`. Two secret multiplications a word: with one, a difference in the top bits of one word
 * could be undone by the next whatever the seed.
 */
export function hashBytes(view: DataView, start: number, end: number, seed: number): number {
  let hash = seed ^ hashSeed ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mix(hash ^ view.getInt32(at, true));
  if (at < end) {
    let rest = 0;
    for (; at < end; at++) rest = (rest << 8) | view.getUint8(at);
    hash = mix(hash ^ rest);
  }
  return hash ^ (hash >>> 16);
}

function mix(hash: number): number {
  const first = Math.imul(hash, factorA);
  return Math.imul(first ^ (first >>> 15), factorB);
}

/** True where both ranges hold the same bytes; they have the same length. */
export function equalBytes(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (a.getInt32(aStart + at, true) !== b.getInt32(bStart + at, true)) return false;
  }
  for (; at < length; at++) {
    if (a.getUint8(aStart + at) !== b.getUint8(bStart + at)) return false;
  }
  return true;
}

let lastEpoch = 0;

/** A number that no dictionary of this thread had before; wraps to a safe small integer after 2^30 batches. */
function nextEpoch(): number {
  lastEpoch = lastEpoch === 0x3fff_ffff ? 1 : lastEpoch + 1;
  return lastEpoch;
}

export class TextDictionary {
  /** Entries in wire format. */
  readonly arena = new ByteArena(1024);
  count = 0;
  /** Changes whenever entries are taken back or cleared: an index remembered under another epoch may be stale. */
  epoch = 0;

  #starts = new Uint32Array(64);
  #lengths = new Uint32Array(64);
  #hashes = new Int32Array(64);
  #slots = new Int32Array(initialSlots);
  /** Where the last text was found: runs of the same value need no hash. */
  #last = 0;

  constructor() {
    this.clear(0);
  }

  /** Index of the text, added if it is new. */
  indexOf(source: Uint8Array, view: DataView, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return 0;
    const last = this.#last;
    if (this.#lengths[last] === length && equalBytes(this.arena.view, this.#starts[last], view, start, length)) return last;
    const hash = hashBytes(view, start, end, 0);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot]; entry !== 0; entry = this.#slots[slot]) {
      const index = entry - 1;
      if (
        this.#hashes[index] === hash &&
        this.#lengths[index] === length &&
        equalBytes(this.arena.view, this.#starts[index], view, start, length)
      ) {
        return (this.#last = index);
      }
      slot = (slot + 1) & mask;
    }
    return (this.#last = this.#add(source, view, start, end, hash));
  }

  /** Where the bytes of an entry begin in the arena. */
  startOf(index: number): number {
    return this.#starts[index];
  }

  lengthOf(index: number): number {
    return this.#lengths[index];
  }

  textOf(index: number): string {
    const start = this.#starts[index];
    return textDecoder.decode(this.arena.bytes.subarray(start, start + this.#lengths[index]));
  }

  #add(source: Uint8Array, view: DataView, start: number, end: number, hash: number): number {
    const index = this.count++;
    if (index === this.#starts.length) this.#growEntries();
    const arena = this.arena;
    arena.reserve(end - start + 5);
    arena.varint(end - start);
    this.#starts[index] = arena.length;
    this.#lengths[index] = end - start;
    this.#hashes[index] = hash;
    arena.copy(source, view, start, end);
    if (this.count * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    else this.#place(index);
    return index;
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[index] & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index + 1;
  }

  #rehash(slotCount: number): void {
    this.#slots = new Int32Array(slotCount);
    for (let index = 1; index < this.count; index++) this.#place(index);
  }

  #growEntries(): void {
    const capacity = this.#starts.length * 2;
    const grow = <A extends Uint32Array | Int32Array>(from: A, to: A): A => (to.set(from), to);
    this.#starts = grow(this.#starts, new Uint32Array(capacity));
    this.#lengths = grow(this.#lengths, new Uint32Array(capacity));
    this.#hashes = grow(this.#hashes, new Int32Array(capacity));
  }

  /** Takes back the entries from `count` on. The last one placed ends its probe chain, so removing backwards is safe. */
  truncate(count: number): void {
    if (this.count <= count) return;
    const mask = this.#slots.length - 1;
    for (let index = this.count - 1; index >= count; index--) {
      let slot = this.#hashes[index] & mask;
      while (this.#slots[slot] !== index + 1) slot = (slot + 1) & mask;
      this.#slots[slot] = 0;
    }
    const lastKept = count - 1;
    this.arena.length = this.#starts[lastKept] + this.#lengths[lastKept];
    this.count = count;
    this.#last = 0;
    this.epoch = nextEpoch();
  }

  /** Empties it down to the empty text; memory beyond `retainBytes` is given back. */
  clear(retainBytes: number): void {
    const retainSlots = Math.max(initialSlots, retainBytes >>> 4);
    if (this.#slots.length > retainSlots) {
      this.#slots = new Int32Array(initialSlots);
      this.#starts = new Uint32Array(64);
      this.#lengths = new Uint32Array(64);
      this.#hashes = new Int32Array(64);
    } else {
      this.#slots.fill(0);
    }
    this.arena.reset(Math.max(1024, retainBytes));
    this.arena.bytes[0] = 0;
    this.arena.length = 1;
    this.#starts[0] = 1;
    this.#lengths[0] = 0;
    this.count = 1;
    this.#last = 0;
    this.epoch = nextEpoch();
  }
}
