/**
 * Judges windows by an isolation forest over their features, which is grown anew every day from a sample of the last days,
 * and tells which features stood out. The forest says that a window is unlike the others; that it is harmful, and no
 * trifle, its features must say themselves, so that an odd mixture of usual things wakes nobody.
 * Called by service-windows.ts at the end of each window, in order.
 */
import { learningWords } from './anomaly-words.ts';
import { Episode } from './finding.ts';
import type { Finding } from './finding.ts';
import { IsolationForest } from './isolation-forest.ts';
import { KeptPoints } from './kept-points.ts';
import { cautionOf, windowsOfWeek } from './season-detector.ts';
import type { Sensitivity } from './sensitivity.ts';
import { featureCount, featureKinds, featureWords, WindowFeatures } from './window-features.ts';
import type { Feature } from './window-features.ts';
import { windowMs } from './window-figures.ts';
import type { WindowFigures } from './window-figures.ts';

export interface ForestDetectorOptions {
  readonly sensitivity: Sensitivity;
  readonly seed: number;
  readonly trees: number;
  /** Samples of a tree. */
  readonly sampleSize: number;
  /** Windows after which the forest is grown anew. */
  readonly growEvery: number;
}

/** Half a day of windows; before that there is no forest. */
const fewestPoints = 64;
const fewestWindows = 144;
const toldFeatures = 3;
/** Features below so many deviations are not told. */
const toldDeviation = 2.5;
/** Deviations up to here are noise to the forest: were they cut, what sticks out in one feature would hardly stand out. */
const noiseDeviation = 2;

export class ForestDetector {
  readonly #options: ForestDetectorOptions;
  readonly #features = new WindowFeatures();
  readonly #points = new KeptPoints(featureCount);
  readonly #episode = new Episode();
  #forest: IsolationForest | undefined;
  #forestEpoch = -1;
  /** Score that few of the kept windows exceed, by the rank of the sensitivity. */
  #oddScore = 1;

  constructor(options: ForestDetectorOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#features.bytes + this.#points.bytes + (this.#forest?.bytes ?? 0) + 500;
  }

  get windows(): number {
    return this.#features.windows;
  }

  judge(window: WindowFigures): Finding {
    const features = this.#features.observe(window);
    const point = pointOf(features);
    this.#growWhereDue();
    const finding = this.#find(point, features);
    if (!finding.isMet) this.#points.offer(point, this.#options.seed);
    return finding;
  }

  pass(): void {
    this.#features.pass();
  }

  /** Takes the season of volume and levels from the past; patterns and durations are learned as they come. */
  learn(window: WindowFigures): void {
    const features = this.#features.observe(window);
    const { seed, growEvery } = this.#options;
    this.#points.offer(pointOf(features), seed);
    if (this.#points.seen >= growEvery) this.#points.takeIn(seed);
  }

  save(): unknown {
    return { features: this.#features.save(), points: this.#points.save(), episode: this.#episode.save() };
  }

  restore(saved: unknown): boolean {
    const { features, points, episode } = (saved ?? {}) as Record<string, unknown>;
    this.#forest = undefined;
    this.#forestEpoch = -1;
    return this.#features.restore(features) && this.#points.restore(points) && this.#episode.restore(episode);
  }

  #growWhereDue(): void {
    const { seed, trees, sampleSize, growEvery, sensitivity } = this.#options;
    const points = this.#points;
    const isFirst = points.epoch === 0 && points.seen >= fewestWindows;
    if (isFirst || points.seen >= growEvery) points.takeIn(seed);
    if (points.epoch === this.#forestEpoch || points.count < fewestPoints) return;
    const rows = points.rows();
    this.#forest = new IsolationForest(withGuards(rows), featureCount, { trees, sampleSize, seed: seed + points.epoch });
    this.#forestEpoch = points.epoch;
    const scores = Float64Array.from({ length: points.count }, (_, row) => this.#forest?.score(rows, row * featureCount) ?? 0).sort();
    this.#oddScore = scores[Math.floor(sensitivity.forestRank * (scores.length - 1))];
  }

  #find(point: Float32Array, features: readonly Feature[]): Finding {
    const learning = learningWords(this.#features.windows, windowsOfWeek, windowMs) || undefined;
    const forest = this.#forest;
    if (forest === undefined) return { isMet: false, value: 0, detail: learning };
    const { sensitivity } = this.#options;
    const worst = features.reduce((most, feature) => (feature.harm > most.harm ? feature : most));
    const harm = togetherOf(features);
    // most windows are as expected: the trees need not be asked
    const isOdd = harm > noiseDeviation && forest.score(point) >= this.#oddScore;
    const deviation = isOdd ? harm : 0;
    const caution = cautionOf(this.#features.windows);
    const isMet = this.#episode.next({ deviation, hourDeviation: 0, tail: worst.tail, hourTail: 0, caution }, sensitivity);
    return { isMet, value: harm, detail: isMet ? this.#episode.told(() => explanation(forest, point, features)) : learning };
  }
}

/**
 * A tree cuts only features that differ among its samples, and would be blind to what never stuck out before. So a few made-up
 * windows are among the samples, each with one feature far out.
 */
const guardDeviation = 6;
const copiesOfGuards = 2;

function withGuards(rows: Float32Array): Float32Array {
  const guards = featureKinds.flatMap(({ onlyUp }, feature) =>
    (onlyUp ? [guardDeviation] : [guardDeviation, -guardDeviation]).map((deviation) => ({ feature, deviation })),
  );
  const all = new Float32Array(rows.length + copiesOfGuards * guards.length * featureCount);
  all.set(rows);
  let start = rows.length;
  for (let copy = 0; copy < copiesOfGuards; copy++) {
    for (const { feature, deviation } of guards) {
      all[start + feature] = deviation;
      start += featureCount;
    }
  }
  return all;
}

const pointOf = (features: readonly Feature[]): Float32Array =>
  Float32Array.from(features, ({ deviation }) => Math.sign(deviation) * beyondNoise(Math.abs(deviation)));

const beyondNoise = (deviation: number): number => Math.max(0, deviation - noiseDeviation);

/** Several harms beyond noise are one greater harm. */
function togetherOf(features: readonly Feature[]): number {
  const beyond = Math.hypot(...features.map(({ harm }) => beyondNoise(harm)));
  return beyond === 0 ? 0 : noiseDeviation + beyond;
}

const usualPoint = new Float32Array(featureCount);

/** The features without which the window would be the least odd, in words. */
function explanation(forest: IsolationForest, point: Float32Array, features: readonly Feature[]): string {
  const contributions = forest.contributions(point, usualPoint);
  const told = featureKinds
    .map((_, index) => index)
    .filter((index) => Math.abs(features[index].deviation) >= toldDeviation)
    .sort((a, b) => contributions[b] - contributions[a] || features[b].harm - features[a].harm)
    .slice(0, toldFeatures);
  return told.map((index) => featureWords(index, features[index])).join('; ') || 'its figures together are unlike those of the days before';
}
