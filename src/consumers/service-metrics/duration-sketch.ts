/**
 * A histogram of durations whose quantiles are right to 1 %, whatever the values: buckets grow by a constant factor, as
 * DDSketch has them (Masson, Rim, Lee: "DDSketch", VLDB 2019). Sketches add up, so minutes make hours.
 */

const relativeError = 0.01;
const gamma = (1 + relativeError) / (1 - relativeError);
const logGamma = Math.log(gamma);
/** From a nanosecond to four months; what lies outside counts at the edge. */
const smallestMs = 1e-6;
const firstIndex = Math.floor(Math.log(smallestMs) / logGamma);
const lastIndex = Math.ceil(Math.log(1e10) / logGamma);
const growBy = 64;

export class DurationSketch {
  /** Weights of the buckets from `#base` on. */
  #weights = new Float64Array(0);
  #base = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Adds a duration in milliseconds; negative ones count as none at all. */
  add(durationMs: number, weight = 1): void {
    const index = durationMs <= smallestMs ? firstIndex : Math.min(lastIndex, Math.ceil(Math.log(durationMs) / logGamma));
    this.#cover(index, index);
    this.#weights[index - this.#base] += weight;
    this.#total += weight;
  }

  addAll(other: DurationSketch): void {
    if (other.#total === 0) return;
    this.#cover(other.#base, other.#base + other.#weights.length - 1);
    const shift = other.#base - this.#base;
    for (let i = 0; i < other.#weights.length; i++) this.#weights[i + shift] += other.#weights[i];
    this.#total += other.#total;
  }

  /** Values below which these shares lie, in rising order of the shares; null where nothing was added. */
  quantiles(shares: readonly number[]): (number | null)[] {
    if (this.#total === 0) return shares.map(() => null);
    const found: number[] = [];
    let seen = 0;
    for (let i = 0; i < this.#weights.length && found.length < shares.length; i++) {
      seen += this.#weights[i];
      while (found.length < shares.length && seen >= shares[found.length] * this.#total && this.#weights[i] > 0)
        found.push(valueOf(i + this.#base));
    }
    // Sums of weights can fall short of their total by a rounding.
    while (found.length < shares.length) found.push(valueOf(this.#base + this.#weights.length - 1));
    return found;
  }

  #cover(from: number, to: number): void {
    const length = this.#weights.length;
    if (length > 0 && from >= this.#base && to < this.#base + length) return;
    const base = length === 0 ? from - growBy / 2 : Math.min(this.#base, from < this.#base ? from - growBy : this.#base);
    const end = length === 0 ? to + growBy / 2 : Math.max(this.#base + length - 1, to >= this.#base + length ? to + growBy : 0);
    const weights = new Float64Array(end - base + 1);
    if (length > 0) weights.set(this.#weights, this.#base - base);
    this.#weights = weights;
    this.#base = base;
  }
}

/** The middle of a bucket: off by 1 % from either edge. */
const valueOf = (index: number): number => (index <= firstIndex ? 0 : (2 * gamma ** index) / (gamma + 1));
