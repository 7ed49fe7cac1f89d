/**
 * About how many lines each of very many groups had: a count-min sketch (Cormode, Muthukrishnan 2005) of fixed size,
 * and the few groups that were largest since they were asked for last. Counts are never too small.
 */
import { hashText } from './windows/hash-text.ts';

const slotCount = 1024;
const maxNewcomers = 32;

export interface Newcomer {
  readonly values: readonly string[];
  readonly size: number;
}

export interface SavedCrowd {
  /** The two rows of the sketch, in base64. */
  readonly counts: string;
  readonly newcomers: readonly (readonly [key: string, values: readonly string[], size: number])[];
}

export class CrowdSketch {
  /** Two rows of `slotCount`. */
  readonly #counts = new Float32Array(2 * slotCount);
  readonly #newcomers = new Map<string, { readonly values: readonly string[]; size: number }>();
  #smallestSize = 0;

  get bytes(): number {
    return this.#counts.byteLength + this.#newcomers.size * 200;
  }

  /** Counts a line of the group. */
  add(key: string, values: readonly string[]): void {
    const { high, low } = hashText(key);
    const [first, second] = [high % slotCount, slotCount + (low % slotCount)];
    const counts = this.#counts;
    const size = Math.min(counts[first], counts[second]) + 1;
    // raising only what is below the new estimate keeps the sketch exacter
    counts[first] = Math.max(counts[first], size);
    counts[second] = Math.max(counts[second], size);
    const known = this.#newcomers.get(key);
    if (known !== undefined) known.size = size;
    else if (this.#newcomers.size < maxNewcomers) this.#newcomers.set(key, { values, size });
    else if (size > this.#smallestSize) this.#replaceSmallest(key, values, size);
  }

  #replaceSmallest(key: string, values: readonly string[], size: number): void {
    let smallest = '';
    let smallestSize = Number.POSITIVE_INFINITY;
    for (const [other, newcomer] of this.#newcomers) {
      if (newcomer.size < smallestSize) [smallest, smallestSize] = [other, newcomer.size];
    }
    this.#smallestSize = smallestSize;
    if (size <= smallestSize) return;
    this.#newcomers.delete(smallest);
    this.#newcomers.set(key, { values, size });
  }

  /** The largest groups since the last call, largest first; the counts stay. */
  takeLargest(): Newcomer[] {
    const all = [...this.#newcomers].sort(([leftKey, left], [rightKey, right]) => right.size - left.size || (leftKey < rightKey ? -1 : 1));
    this.#newcomers.clear();
    this.#smallestSize = 0;
    return all.map(([, newcomer]) => newcomer);
  }

  halve(): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i] /= 2;
  }

  save(): SavedCrowd {
    return {
      counts: Buffer.from(this.#counts.buffer).toString('base64'),
      newcomers: [...this.#newcomers].map(([key, { values, size }]) => [key, values, size] as const),
    };
  }

  static restore(saved: SavedCrowd): CrowdSketch {
    const crowd = new CrowdSketch();
    new Uint8Array(crowd.#counts.buffer).set(Buffer.from(saved.counts, 'base64').subarray(0, crowd.#counts.byteLength));
    for (const [key, values, size] of saved.newcomers) crowd.#newcomers.set(key, { values, size });
    return crowd;
  }
}
