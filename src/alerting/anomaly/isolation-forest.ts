/**
 * Isolation forest: what is rare and different is cut off by few random cuts. After Liu, Ting, Zhou: "Isolation Forest",
 * ICDM 2008: trees over random subsamples without replacement (algorithms 1 and 2), scores 2^(-E(h(x)) / c(psi)) from the
 * mean path length (algorithm 3 and equation 2); 1 is an anomaly, 0.5 and less are usual.
 *
 * Trees are flat arrays. The same samples and seed give the same trees, so a forest is never saved but grown again.
 * Called by service-forest.ts.
 */
import { invariant } from '#base/errors.ts';
import { seededRandom } from './seeded-random.ts';
import type { Random } from './seeded-random.ts';

export interface ForestOptions {
  readonly trees: number;
  /** psi: samples of a tree. */
  readonly sampleSize: number;
  readonly seed: number;
}

const eulerGamma = 0.577_215_664_901_532_9;

/** c(n): mean path length of an unsuccessful search in a binary tree of n; equation 1. */
export function meanPathLength(count: number): number {
  if (count <= 1) return 0;
  if (count === 2) return 1;
  return 2 * (Math.log(count - 1) + eulerGamma) - (2 * (count - 1)) / count;
}

const leaf = -1;

export class IsolationForest {
  readonly #featureCount: number;
  readonly #roots: Int32Array;
  /** Of each node: the feature it cuts, `leaf` for none; where it cuts, or of a leaf its path length; its left child, right is next. */
  readonly #features: Int8Array;
  readonly #cuts: Float32Array;
  readonly #lefts: Int32Array;
  readonly #usualPath: number;

  /** `samples`: rows of `featureCount` numbers, at least two rows. */
  constructor(samples: Float32Array, featureCount: number, { trees, sampleSize, seed }: ForestOptions) {
    const rowCount = samples.length / featureCount;
    invariant(Number.isInteger(rowCount) && rowCount >= 2, `a forest needs rows of ${featureCount} features`);
    const size = Math.min(sampleSize, rowCount);
    const grower = new TreeGrower(samples, featureCount, size, seededRandom(seed));
    this.#featureCount = featureCount;
    this.#roots = Int32Array.from({ length: trees }, () => grower.grow());
    this.#features = Int8Array.from(grower.features);
    this.#cuts = Float32Array.from(grower.cuts);
    this.#lefts = Int32Array.from(grower.lefts);
    this.#usualPath = meanPathLength(size);
  }

  /** Bytes held, about. */
  get bytes(): number {
    return this.#features.byteLength + this.#cuts.byteLength + this.#lefts.byteLength + this.#roots.byteLength;
  }

  /** Of the point whose features begin at `start`. */
  score(points: Float32Array, start = 0): number {
    let sum = 0;
    for (const root of this.#roots) sum += this.#pathLength(root, points, start);
    return 2 ** (-sum / this.#roots.length / this.#usualPath);
  }

  /**
   * Which features make the point stand out: by how much the score falls when one of them is usual. Local and cheap, in
   * the way of Carletti, Terzi, Susto: "Interpretable anomaly detection with DIFFI", 2023, which asks the same of the cuts.
   */
  contributions(point: Float32Array, usual: Float32Array): number[] {
    const whole = this.score(point);
    const changed = Float32Array.from(point);
    return Array.from({ length: this.#featureCount }, (_, feature) => {
      changed[feature] = usual[feature];
      const without = this.score(changed);
      changed[feature] = point[feature];
      return whole - without;
    });
  }

  #pathLength(root: number, points: Float32Array, start: number): number {
    let node = root;
    let depth = 0;
    for (let feature = this.#features[node]; feature !== leaf; feature = this.#features[node]) {
      node = this.#lefts[node] + (points[start + feature] < this.#cuts[node] ? 0 : 1);
      depth++;
    }
    return depth + this.#cuts[node];
  }
}

/** Grows trees into common arrays. */
class TreeGrower {
  readonly features: number[] = [];
  readonly cuts: number[] = [];
  readonly lefts: number[] = [];
  readonly #samples: Float32Array;
  readonly #featureCount: number;
  readonly #size: number;
  readonly #maxDepth: number;
  readonly #random: Random;
  readonly #order: Int32Array;
  readonly #low: Float32Array;
  readonly #high: Float32Array;

  constructor(samples: Float32Array, featureCount: number, size: number, random: Random) {
    this.#samples = samples;
    this.#featureCount = featureCount;
    this.#size = size;
    this.#maxDepth = Math.ceil(Math.log2(size));
    this.#random = random;
    this.#order = Int32Array.from({ length: samples.length / featureCount }, (_, row) => row);
    this.#low = new Float32Array(featureCount);
    this.#high = new Float32Array(featureCount);
  }

  /** Number of the root. */
  grow(): number {
    const order = this.#order;
    // Fisher and Yates, as far as samples are taken
    for (let at = 0; at < this.#size; at++) {
      const other = at + Math.floor(this.#random() * (order.length - at));
      [order[at], order[other]] = [order[other], order[at]];
    }
    const root = this.#addNodes(1);
    this.#split(root, 0, this.#size, 0);
    return root;
  }

  #addNodes(count: number): number {
    const first = this.features.length;
    for (let i = 0; i < count; i++) {
      this.features.push(leaf);
      this.cuts.push(0);
      this.lefts.push(0);
    }
    return first;
  }

  /** Samples `from .. to` of the order lie in the node. */
  #split(node: number, from: number, to: number, depth: number): void {
    const feature = depth >= this.#maxDepth || to - from <= 1 ? leaf : this.#chooseFeature(from, to);
    if (feature === leaf) {
      this.cuts[node] = meanPathLength(to - from);
      return;
    }
    const cut = Math.fround(this.#low[feature] + this.#random() * (this.#high[feature] - this.#low[feature]));
    const middle = this.#partition(from, to, feature, cut);
    const left = this.#addNodes(2);
    this.features[node] = feature;
    this.cuts[node] = cut;
    this.lefts[node] = left;
    this.#split(left, from, middle, depth + 1);
    this.#split(left + 1, middle, to, depth + 1);
  }

  /** One of the features that differ among the samples; `leaf` where none does. */
  #chooseFeature(from: number, to: number): number {
    const samples = this.#samples;
    const count = this.#featureCount;
    this.#low.fill(Number.POSITIVE_INFINITY);
    this.#high.fill(Number.NEGATIVE_INFINITY);
    for (let at = from; at < to; at++) {
      const start = this.#order[at] * count;
      for (let feature = 0; feature < count; feature++) {
        const value = samples[start + feature];
        if (value < this.#low[feature]) this.#low[feature] = value;
        if (value > this.#high[feature]) this.#high[feature] = value;
      }
    }
    let differing = 0;
    for (let feature = 0; feature < count; feature++) if (this.#high[feature] > this.#low[feature]) differing++;
    if (differing === 0) return leaf;
    let wanted = Math.floor(this.#random() * differing);
    for (let feature = 0; ; feature++) if (this.#high[feature] > this.#low[feature] && wanted-- === 0) return feature;
  }

  #partition(from: number, to: number, feature: number, cut: number): number {
    const order = this.#order;
    let middle = from;
    for (let at = from; at < to; at++) {
      if (this.#samples[order[at] * this.#featureCount + feature] >= cut) continue;
      [order[at], order[middle]] = [order[middle], order[at]];
      middle++;
    }
    return middle;
  }
}
