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

/**
 * Finds which of many texts a value equals. The slot comes from length, first, middle and last byte: cheap, and enough
 * to tell most values from the few that are looked for.
 */
export class ValueTable {
  readonly #patterns: Uint8Array[] = [];
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
    this.#patterns.push(bytes);
    this.#next.push(this.#heads[slot]);
    this.#heads[slot] = index + 1;
    this.#indexes.set(text, index);
    return index;
  }

  /** Index of the text that equals `start .. end`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let candidate = this.#heads[slotOf(bytes, start, end)];
    while (candidate !== 0) {
      const pattern = this.#patterns[candidate - 1];
      if (pattern.length === end - start && bytesStartWith(bytes, start, end, pattern)) return candidate - 1;
      candidate = this.#next[candidate - 1];
    }
    return -1;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  return (length * 131 + bytes[start] * 17 + bytes[start + (length >>> 1)] * 7 + bytes[end - 1] * 61) & (slotCount - 1);
}
