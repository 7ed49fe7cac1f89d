/**
 * How a window is divided: buckets of whole seconds in event time, numbered from 1970 on. The window at a tick are the
 * lines after `tick - window`; of the bucket in which that falls all lines count, so a line stays in the window for the
 * window's length and at most one bucket longer, and never leaves it early.
 */
import type { MatchedLines } from '../condition-state.ts';

const secondMs = 1000;

export class WindowShape {
  readonly windowMs: number;
  readonly widthMs: number;
  /** Most buckets that a window touches. */
  readonly bucketCount: number;
  /** A line that came later than this behind its time counts when it was received: else it would never be in the window. */
  readonly #maxDelayMs: number;

  constructor(windowMs: number, maxBuckets: number, latenessMs: number) {
    this.windowMs = windowMs;
    this.widthMs = Math.max(secondMs, Math.ceil(windowMs / maxBuckets / secondMs) * secondMs);
    this.bucketCount = Math.ceil(windowMs / this.widthMs) + 1;
    this.#maxDelayMs = latenessMs * 2 > windowMs ? windowMs / 2 : Number.POSITIVE_INFINITY;
  }

  /** Oldest bucket of the window. */
  firstAt(tickMs: number): number {
    return Math.floor((tickMs - this.windowMs) / this.widthMs);
  }

  /** Newest bucket of the window. */
  lastAt(tickMs: number): number {
    return Math.floor(tickMs / this.widthMs);
  }

  /** When a bucket leaves the window. */
  leavesAt(bucket: number): number {
    return (bucket + 1) * this.widthMs + this.windowMs;
  }

  /** Bucket of a line. */
  bucketOf({ timesMs, view }: MatchedLines, row: number): number {
    const timeMs = timesMs[row];
    if (this.#maxDelayMs === Number.POSITIVE_INFINITY) return Math.floor(timeMs / this.widthMs);
    const receivedMs = Number(view.receiveTs[row]);
    return Math.floor((receivedMs - timeMs > this.#maxDelayMs ? receivedMs : timeMs) / this.widthMs);
  }
}
