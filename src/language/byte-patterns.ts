/** Texts to compare with bytes of a column: exact values in a hash table, and beginnings. */

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** True where the bytes from `start` begin with the pattern; `end` bounds them. */
export function bytesStartWith(bytes: Uint8Array, start: number, end: number, pattern: Uint8Array): boolean {
  if (end - start < pattern.length) return false;
  for (let i = 0; i < pattern.length; i++) if (bytes[start + i] !== pattern[i]) return false;
  return true;
}

const slotCount = 1024;
/** Slots of the filter by length and first byte; a power of two. */
const filterSlots = 1 << 14;

/**
 * Finds which of many texts a value equals. A filter by length and first byte turns nearly all values away with one
 * load; the slot of the rest comes from length, first, middle and last byte.
 */
export class ValueTable {
  readonly #patterns: Uint8Array[] = [];
  /** 1 where some text has this length and first byte. */
  readonly filter = new Uint8Array(filterSlots);
  /** Index of the first pattern of a slot plus 1, 0 for none. */
  readonly #heads = new Uint16Array(slotCount);
  /** Index of the next pattern in the same slot plus 1. */
  readonly #next: number[] = [];
  readonly #indexes = new Map<string, number>();

  get size(): number {
    return this.#patterns.length;
  }

  /** Index of the text, in order of first adding. */
  add(text: string): number {
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    const index = this.#patterns.length;
    const bytes = utf8(text);
    const slot = slotOf(bytes, 0, bytes.length);
    this.filter[filterSlotOf(bytes, 0, bytes.length)] = 1;
    this.#patterns.push(bytes);
    this.#next.push(this.#heads[slot]);
    this.#heads[slot] = index + 1;
    this.#indexes.set(text, index);
    return index;
  }

  /** Index of the text that equals `start .. end`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (this.filter[filterSlotOf(bytes, start, end)] === 0) return -1;
    let candidate = this.#heads[slotOf(bytes, start, end)];
    while (candidate !== 0) {
      const pattern = this.#patterns[candidate - 1];
      if (pattern.length === end - start && bytesStartWith(bytes, start, end, pattern)) return candidate - 1;
      candidate = this.#next[candidate - 1];
    }
    return -1;
  }
}

/** Slot in `filter` of a value's length and first byte. An empty value's is 0, whatever byte lies behind it. */
export function filterSlotOf(bytes: Uint8Array, start: number, end: number): number {
  return end === start ? 0 : (((end - start) << 8) | bytes[start]) & (filterSlots - 1);
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  return (length * 131 + bytes[start] * 17 + bytes[start + (length >>> 1)] * 7 + bytes[end - 1] * 61) & (slotCount - 1);
}
