/**
 * Windows that a forest is grown from: a sample over the last days, an eighth of a deviation exact, so that 256 windows
 * take two kilobytes. New ones wait until the forest is grown anew; what is kept is then what it was grown from, so a
 * forest needs no saving. Called by forest-detector.ts.
 */
import { restoreNumbers, savedNumbers } from './saved-numbers.ts';
import { nthSeed, seededRandom } from './seeded-random.ts';

const steps = 8;
const most = 127;
export const maxKept = 256;
const maxWaiting = 64;

export class KeptPoints {
  readonly #width: number;
  readonly #kept: Int8Array;
  readonly #waiting: Int8Array;
  #keptCount = 0;
  #waitingCount = 0;
  #seen = 0;
  /** Rises each time waiting ones are taken in. */
  epoch = 0;

  constructor(width: number) {
    this.#width = width;
    this.#kept = new Int8Array(maxKept * width);
    this.#waiting = new Int8Array(maxWaiting * width);
  }

  get count(): number {
    return this.#keptCount;
  }

  /** Points offered since the last epoch. */
  get seen(): number {
    return this.#seen;
  }

  get bytes(): number {
    return this.#kept.byteLength + this.#waiting.byteLength;
  }

  /** A fair sample of the points of an epoch waits: reservoir sampling (Vitter, 1985). */
  offer(point: Float32Array, seed: number): void {
    const random = seededRandom(nthSeed(seed, this.epoch * 65_536 + this.#seen));
    this.#seen++;
    const place = this.#waitingCount < maxWaiting ? this.#waitingCount++ : Math.floor(random() * this.#seen);
    if (place < maxWaiting) write(this.#waiting, place * this.#width, point);
  }

  /** Takes waiting points in, in the place of any where it is full. */
  takeIn(seed: number): void {
    const random = seededRandom(nthSeed(seed, this.epoch));
    for (let at = 0; at < this.#waitingCount; at++) {
      const place = this.#keptCount < maxKept ? this.#keptCount++ : Math.floor(random() * maxKept);
      this.#kept.set(this.#waiting.subarray(at * this.#width, (at + 1) * this.#width), place * this.#width);
    }
    this.#waitingCount = 0;
    this.#seen = 0;
    this.epoch++;
  }

  /** As rows, the way they were when they were kept but for rounding. */
  rows(): Float32Array {
    return Float32Array.from(this.#kept.subarray(0, this.#keptCount * this.#width), (value) => value / steps);
  }

  save(): unknown {
    const { epoch } = this;
    const kept = savedNumbers(this.#kept.subarray(0, this.#keptCount * this.#width));
    const waiting = savedNumbers(this.#waiting.subarray(0, this.#waitingCount * this.#width));
    return { epoch, seen: this.#seen, keptCount: this.#keptCount, waitingCount: this.#waitingCount, kept, waiting };
  }

  restore(saved: unknown): boolean {
    const from = (saved ?? {}) as Record<string, unknown>;
    const [epoch, seen, kept, waiting] = ['epoch', 'seen', 'keptCount', 'waitingCount'].map((name) => from[name]);
    if (![epoch, seen, kept, waiting].every((value) => Number.isInteger(value) && (value as number) >= 0)) return false;
    if ((kept as number) > maxKept || (waiting as number) > maxWaiting) return false;
    if (!restoreNumbers(this.#kept.subarray(0, (kept as number) * this.#width), from['kept'])) return false;
    if (!restoreNumbers(this.#waiting.subarray(0, (waiting as number) * this.#width), from['waiting'])) return false;
    this.epoch = epoch as number;
    this.#seen = seen as number;
    this.#keptCount = kept as number;
    this.#waitingCount = waiting as number;
    return true;
  }
}

function write(target: Int8Array, start: number, point: Float32Array): void {
  for (let at = 0; at < point.length; at++) target[start + at] = Math.max(-most, Math.min(most, Math.round(point[at] * steps)));
}
