/**
 * A histogram of numbers whose quantiles are right to 1 %, whatever the values: buckets grow by a constant factor, as
 * DDSketch has them (Masson, Rim, Lee: "DDSketch", VLDB 2019). Sketches add up, so minutes make hours.
 */

const relativeError = 0.01;
const gamma = (1 + relativeError) / (1 - relativeError);
const logGamma = Math.log(gamma);
/** From a nanosecond in milliseconds to a quadrillion; what is nearer to nothing counts as 0, what lies beyond at the edge. */
const smallest = 1e-6;
const firstIndex = Math.floor(Math.log(smallest) / logGamma);
const lastIndex = Math.ceil(Math.log(1e15) / logGamma);
const growBy = 64;

/** Weights of consecutive buckets. */
class Bins {
  weights = new Float64Array(0);
  base = 0;

  add(index: number, weight: number): void {
    this.#cover(index, index);
    this.weights[index - this.base] += weight;
  }

  addAll(other: Bins): void {
    if (other.weights.length === 0) return;
    this.#cover(other.base, other.base + other.weights.length - 1);
    const shift = other.base - this.base;
    for (let i = 0; i < other.weights.length; i++) this.weights[i + shift] += other.weights[i];
  }

  #cover(from: number, to: number): void {
    const length = this.weights.length;
    if (length > 0 && from >= this.base && to < this.base + length) return;
    const base = length === 0 ? from - growBy / 2 : Math.min(this.base, from < this.base ? from - growBy : this.base);
    const end = length === 0 ? to + growBy / 2 : Math.max(this.base + length - 1, to >= this.base + length ? to + growBy : 0);
    const weights = new Float64Array(end - base + 1);
    if (length > 0) weights.set(this.weights, this.base - base);
    this.weights = weights;
    this.base = base;
  }
}

/** Pairs of bucket and weight. */
type SavedBins = readonly (readonly [number, number])[];

export interface SavedQuantileSketch {
  readonly positive: SavedBins;
  readonly negative?: SavedBins;
}

export class QuantileSketch {
  readonly #positive = new Bins();
  /** Of the values below zero, by their amount. */
  #negative: Bins | undefined;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Bytes held, about. */
  get bytes(): number {
    return 160 + 8 * (this.#positive.weights.length + (this.#negative?.weights.length ?? 0));
  }

  add(value: number, weight = 1): void {
    if (value < -smallest) (this.#negative ??= new Bins()).add(indexOf(-value), weight);
    else this.#positive.add(indexOf(value), weight);
    this.#total += weight;
  }

  addAll(other: QuantileSketch): void {
    if (other.#total === 0) return;
    this.#positive.addAll(other.#positive);
    if (other.#negative !== undefined) (this.#negative ??= new Bins()).addAll(other.#negative);
    this.#total += other.#total;
  }

  /** Values below which these shares lie, in rising order of the shares; null where nothing was added. */
  quantiles(shares: readonly number[]): (number | null)[] {
    if (this.#total === 0) return shares.map(() => null);
    const found: number[] = [];
    let seen = 0;
    let last = 0;
    const visit = (weight: number, value: number): void => {
      if (weight === 0) return;
      seen += weight;
      last = value;
      while (found.length < shares.length && seen >= shares[found.length] * this.#total) found.push(value);
    };
    const negative = this.#negative;
    for (let i = (negative?.weights.length ?? 0) - 1; negative !== undefined && i >= 0; i--) {
      visit(negative.weights[i], -valueOf(i + negative.base));
    }
    const { weights, base } = this.#positive;
    for (let i = 0; i < weights.length && found.length < shares.length; i++) visit(weights[i], valueOf(i + base));
    // Sums of weights can fall short of their total by a rounding.
    while (found.length < shares.length) found.push(last);
    return found;
  }

  save(): SavedQuantileSketch {
    return { positive: saveBins(this.#positive), ...(this.#negative === undefined ? {} : { negative: saveBins(this.#negative) }) };
  }

  static restore({ positive, negative }: SavedQuantileSketch): QuantileSketch {
    const sketch = new QuantileSketch();
    for (const [index, weight] of positive) sketch.#positive.add(index, weight);
    for (const [index, weight] of negative ?? []) (sketch.#negative ??= new Bins()).add(index, weight);
    for (const [, weight] of [...positive, ...(negative ?? [])]) sketch.#total += weight;
    return sketch;
  }
}

const indexOf = (amount: number): number => (amount <= smallest ? firstIndex : Math.min(lastIndex, Math.ceil(Math.log(amount) / logGamma)));

/** The middle of a bucket: off by 1 % from either edge. */
const valueOf = (index: number): number => (index <= firstIndex ? 0 : (2 * gamma ** index) / (gamma + 1));

function saveBins({ weights, base }: Bins): SavedBins {
  const saved: [number, number][] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) saved.push([i + base, weights[i]]);
  return saved;
}
