/** Weights of lines in a window, by group: what counts, rates and shares are made of. */
import { TimeBuckets } from './time-buckets.ts';
import type { MatchedLines } from '../condition-state.ts';
import { noGroup } from '../condition-state.ts';
import type { WindowShape } from './window-shape.ts';

const bucketBytes = 16;
const groupBytes = 120;
const none = (): number => 0;

/** Flat pairs: bucket, weight, bucket, weight … */
export type SavedSums = readonly number[];

export class WindowSums {
  readonly shape: WindowShape;
  readonly #capacity: number;
  /** One place at first: most rules have no groups. */
  readonly #groups: (TimeBuckets<number> | undefined)[] = [undefined];

  /** `depth`: how many windows back are kept. Lines ahead of the tick have as much room as one window. */
  constructor(shape: WindowShape, depth = 1) {
    this.shape = shape;
    this.#capacity = (depth + 1) * shape.bucketCount;
  }

  get bytes(): number {
    let bytes = this.#groups.length * 8;
    for (const buckets of this.#groups) if (buckets !== undefined) bytes += groupBytes + buckets.numbers.length * bucketBytes;
    return bytes;
  }

  /** Adds each line with its weight: a line of which one in ten was kept stands for ten. */
  take(lines: MatchedLines): void {
    const { rows, groups, view } = lines;
    const { sampleRate } = view;
    for (let i = 0; i < rows.length; i++) {
      if (groups[i] !== noGroup) this.add(groups[i], this.shape.bucketOf(lines, rows[i]), 1 / sampleRate[rows[i]]);
    }
  }

  add(group: number, bucket: number, weight: number): void {
    const buckets = (this.#groups[group] ??= new TimeBuckets<number>());
    const place = buckets.place(bucket, none, this.#capacity);
    if (place >= 0) buckets.values[place] += weight;
  }

  /** Sum of the buckets `first` to `last`. */
  sum(group: number, first: number, last: number): number {
    const buckets = this.#groups[group];
    if (buckets === undefined) return 0;
    const { numbers, values } = buckets;
    let total = 0;
    for (let i = 0; i < numbers.length; i++) if (numbers[i] >= first && numbers[i] <= last) total += values[i];
    return total;
  }

  /** Sum of the window at a tick. */
  sumAt(group: number, tickMs: number): number {
    return this.sum(group, this.shape.firstAt(tickMs), this.shape.lastAt(tickMs));
  }

  /** Sum of the time from `fromMs` to before `toMs`; buckets at the edges count by the share of them that lies inside. */
  sumBetween(group: number, fromMs: number, toMs: number): number {
    const buckets = this.#groups[group];
    if (buckets === undefined) return 0;
    const { numbers, values } = buckets;
    const { widthMs } = this.shape;
    let total = 0;
    for (let i = 0; i < numbers.length; i++) {
      const startMs = numbers[i] * widthMs;
      const insideMs = Math.min(toMs, startMs + widthMs) - Math.max(fromMs, startMs);
      if (insideMs > 0) total += insideMs === widthMs ? values[i] : (values[i] * insideMs) / widthMs;
    }
    return total;
  }

  /** Forgets what lies before the bucket. */
  expire(group: number, before: number): void {
    this.#groups[group]?.expire(before);
  }

  /** Numbers of the buckets with lines, rising. */
  bucketsOf(group: number): readonly number[] {
    return this.#groups[group]?.numbers ?? [];
  }

  drop(group: number): void {
    this.#groups[group] = undefined;
  }

  save(group: number): SavedSums {
    const buckets = this.#groups[group];
    return buckets === undefined ? [] : buckets.numbers.flatMap((number, i) => [number, buckets.values[i]]);
  }

  restore(group: number, saved: SavedSums): void {
    for (let i = 0; i < saved.length; i += 2) this.add(group, saved[i], saved[i + 1]);
  }
}

/**
 * When a window of these buckets next changes after the tick: a bucket ahead comes in, or one goes out: the oldest, or
 * where only its emptiness matters the newest. Undefined for no buckets.
 */
export function nextChangeOf(numbers: readonly number[], shape: WindowShape, tickMs: number, onlyEmptiness: boolean): number | undefined {
  const [first, last] = [shape.firstAt(tickMs), shape.lastAt(tickMs)];
  let inWindow: number | undefined;
  let ahead: number | undefined;
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] < first) continue;
    if (numbers[i] > last) {
      ahead = numbers[i];
      break;
    }
    if (inWindow === undefined || onlyEmptiness) inWindow = numbers[i];
  }
  const leaves = inWindow === undefined ? undefined : shape.leavesAt(inWindow);
  const enters = ahead === undefined ? undefined : ahead * shape.widthMs;
  return leaves === undefined ? enters : enters === undefined ? leaves : Math.min(leaves, enters);
}
