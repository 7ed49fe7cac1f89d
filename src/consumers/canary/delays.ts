/** Delays of the last rounds: enough to say what is usual and what is not. */

export interface DelaySummary {
  readonly last_ms: number | null;
  readonly p50_ms: number | null;
  readonly max_ms: number | null;
  readonly count: number;
}

const keptDelays = 360;

export class Delays {
  readonly bounds: readonly number[];
  /** Observations by bucket since the start, the last one beyond all bounds; for the histogram. */
  readonly bucketCounts: number[];
  sumSeconds = 0;
  #count = 0;
  #recentMs: number[] = [];

  /** Bounds in seconds, rising. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.bucketCounts = new Array<number>(bounds.length + 1).fill(0);
  }

  add(delayMs: number): void {
    const seconds = delayMs / 1000;
    const bucket = this.bounds.findIndex((bound) => seconds <= bound);
    this.bucketCounts[bucket < 0 ? this.bounds.length : bucket] += 1;
    this.sumSeconds += seconds;
    this.#count += 1;
    this.#recentMs.push(delayMs);
    if (this.#recentMs.length > keptDelays) this.#recentMs = this.#recentMs.slice(-keptDelays / 2);
  }

  summary(): DelaySummary {
    const sorted = this.#recentMs.toSorted((a, b) => a - b);
    const rounded = (delayMs: number | undefined): number | null => (delayMs === undefined ? null : Math.round(delayMs * 10) / 10);
    return {
      last_ms: rounded(this.#recentMs.at(-1)),
      p50_ms: rounded(sorted[sorted.length >> 1]),
      max_ms: rounded(sorted.at(-1)),
      count: this.#count,
    };
  }
}
