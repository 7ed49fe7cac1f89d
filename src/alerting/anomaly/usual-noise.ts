/**
 * What is usual noise of one service: how much it strays beyond chance, and how far it goes out a few times a week. Both are
 * followed by stochastic approximation (Robbins, Monro, 1951): no window is kept. Called by season.ts and hour-sum.ts.
 */

/** Steps are large at first, and small once it is known: an incident of hours must not become usual. */
const firstGain = 0.02;
const settledGain = 0.0025;
const gainWindows = 5;
const firstSpread = 0.3;
const leastSpread = 0.03;
const mostSpread = 1.2;
/** A deviation counts as no more than so many; then the mean of the squares of normal deviations is `cutVariance`. */
const clip = 2.5;
const cutVariance = 0.965;

/** Share of windows that may lie beyond the tail: about one in three hundred, a window a day. */
const tailShare = 1 / 300;
const tailStep = 0.3;
const firstTail = 2.5;

export class UsualNoise {
  /** Relative deviation beyond that of chance. */
  spread = firstSpread;
  /** Deviations that few windows exceed, upwards and downwards; both above 0. */
  tailUp = firstTail;
  tailDown = firstTail;
  #seen = 0;

  /** A deviation in units of what `spread` says: in the long run their squares have the mean 1. */
  addDeviation(deviation: number): void {
    this.#seen++;
    const gain = Math.max(settledGain, Math.min(firstGain, gainWindows / this.#seen));
    const excess = Math.min(deviation * deviation, clip * clip) - cutVariance;
    this.spread = Math.min(mostSpread, Math.max(leastSpread, this.spread * Math.exp(gain * excess)));
  }

  addTail(deviation: number): void {
    this.tailUp = followed(this.tailUp, deviation);
    this.tailDown = followed(this.tailDown, -deviation);
  }

  save(): number[] {
    return [this.spread, this.tailUp, this.tailDown, this.#seen];
  }

  restore(saved: unknown): boolean {
    if (!Array.isArray(saved) || saved.length !== 4 || !saved.every((value) => Number.isFinite(value))) return false;
    [this.spread, this.tailUp, this.tailDown, this.#seen] = saved as number[];
    return true;
  }
}

const followed = (tail: number, deviation: number): number =>
  Math.max(firstTail, tail + tailStep * ((deviation > tail ? 1 : 0) - tailShare));
