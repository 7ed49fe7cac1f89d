/**
 * A robust season of one figure of one service: what a window of five minutes should hold, and how far off it is.
 *
 * level = shape of the hour of the week × drift of the service (days) × mood of the last hours. An hour is learned from its
 * usual windows only, as a mean whose outliers are drawn in. Beside the season stands the level of the last half hour; what
 * lies between the two is expected, so that a holiday, a slow ramp or a season that is still being learned is no anomaly.
 * What was out of the usual at the same hour a week before, or on both days before (a batch job), is forgiven.
 * A level that stays is taken as the new one after some hours. A season younger than a week borrows and doubts more.
 *
 * Deterministic: windows in order give the same figures on every run. Called by the detectors, once a window.
 */
import { countDeviation, magnitudeDeviation } from './count-noise.ts';
import { HourPhases } from './hour-phases.ts';
import { RecentLevel } from './recent-level.ts';
import { hourMs, SeasonSlots } from './season-slots.ts';
import type { SlotCount } from './season-slots.ts';
import { UsualNoise } from './usual-noise.ts';
import { windowOf } from './window-figures.ts';

export interface SeasonOptions {
  /** Numbers of lines, which vary by chance too, or magnitudes such as milliseconds. */
  readonly measure: 'count' | 'magnitude';
  readonly slots: SlotCount;
  /** The last hours count besides the season. Not for what must not creep up unseen. */
  readonly followsRecent: boolean;
  /** Windows out of the usual in a row after which they are the new level; where nothing comes at all, `adoptNothingAfter`. */
  readonly adoptAfter: number;
  readonly adoptNothingAfter: number;
}

/** What was expected of a window. Both 0 or more, `low` at most `high`. */
export interface Expectation {
  readonly low: number;
  readonly high: number;
  /** By the season alone. */
  readonly middle: number;
  /** False where no hour like this was lived through: then only the last hours tell. */
  readonly hasSeason: boolean;
  /** Relative deviation that is usual, beyond chance. */
  readonly spread: number;
}

export interface Judged extends Expectation {
  /** Deviations beyond what was expected: above `high`, or negative below `low`; 0 between. */
  readonly deviation: number;
}

/** A window at its judging. `measured`: how many measurements are behind a magnitude; `grain`: lines that a kept line stands for. */
export interface Figure {
  readonly value: number;
  readonly measured?: number;
  readonly grain?: number;
  /** A further level that would be no wonder, such as the usual share of a volume that rose. */
  readonly alsoExpected?: number;
}

/** Beyond so many deviations a window is not learned from. */
const unusualDeviation = 3;
/** Beyond so many it counts as an excursion of its hour. */
const excursionDeviation = 3.5;
/** Below so many nothing needs to be forgiven. */
const leastToForgive = 2;
const fewestWindowsOfHour = 6;
/** Logarithms of no lines at all need a floor: a line in a hundred minutes. */
const countFloor = 0.05;
const driftGain = 1 / 48;
const moodGain = 0.3;
const maxDriftStep = 0.5;
/** Windows of an episode that the tails learn from. */
const tailWindowsOfEpisode = 3;
const youngWindows = 288;
const youngWeek = 2016;
const youngDoubt = 0.3;
const blindDoubt = 0.5;

export class Season {
  readonly #options: SeasonOptions;
  readonly slots: SeasonSlots;
  readonly noise = new UsualNoise();
  readonly #recent = new RecentLevel();
  readonly #phases = new HourPhases();
  /** Usual windows of the hour that runs, numbers and values in turn, and its excursions. */
  #hour = -1;
  #hourValues: number[] = [];
  #hourUp = 0;
  #hourDown = 0;
  /** Logarithms: of the level against which slots are kept, and of the last hours against that. */
  #drift = Number.NaN;
  #mood = 0;
  /** Windows in a row that were out of the usual, with their sums. */
  #episode = 0;
  #episodeValue = 0;
  #episodeExpected = 0;
  /** Windows learned from. */
  windows = 0;

  constructor(options: SeasonOptions) {
    this.#options = options;
    this.slots = new SeasonSlots(options.slots);
  }

  get bytes(): number {
    return this.slots.bytes + 600;
  }

  /** Judges a window and learns from it; undefined where nothing is known yet to judge it by. */
  observe(startMs: number, figure: Figure): Judged | undefined {
    this.#beginHour(Math.floor(startMs / hourMs));
    const expected = this.#expect(startMs, figure);
    if (expected === undefined) {
      this.#learnUsual(startMs, figure.value);
      return undefined;
    }
    const plain = this.#deviation(figure, expected);
    this.#noteExcursion(plain, figure.value, expected);
    const forgiving = Math.abs(plain) < leastToForgive ? expected : this.#forgive(expected);
    const deviation = forgiving === expected ? plain : this.#deviation(figure, forgiving);
    this.#learn(startMs, figure, forgiving, deviation);
    return { ...forgiving, deviation };
  }

  /** Windows that cannot be judged passed: the last half hour is no longer the last. */
  pass(): void {
    this.#recent.clear();
    this.#mood *= 0.5;
    this.#endEpisode();
  }

  save(): unknown {
    return {
      slots: this.slots.save(),
      recent: this.#recent.save(),
      phases: this.#phases.save(),
      noise: this.noise.save(),
      hour: [this.#hour, this.#hourUp, this.#hourDown, ...this.#hourValues],
      level: [Number.isNaN(this.#drift) ? null : this.#drift, this.#mood],
      episode: [this.#episode, this.#episodeValue, this.#episodeExpected],
      windows: this.windows,
    };
  }

  /** False where it is not what `save` gives; then the season begins anew. */
  restore(saved: unknown): boolean {
    const from = (saved ?? {}) as Record<string, unknown>;
    const [hour, level, episode] = [from['hour'], from['level'], from['episode']].map((part) =>
      Array.isArray(part) ? (part as number[]) : [],
    );
    if (hour.length < 3 || level.length !== 2 || episode.length !== 3 || typeof from['windows'] !== 'number') return false;
    if (!this.slots.restore(from['slots']) || !this.#recent.restore(from['recent'])) return false;
    if (!this.#phases.restore(from['phases']) || !this.noise.restore(from['noise'])) return false;
    [this.#hour, this.#hourUp, this.#hourDown] = hour;
    this.#hourValues = hour.slice(3);
    this.#drift = (level[0] as number | null) ?? Number.NaN;
    this.#mood = level[1];
    [this.#episode, this.#episodeValue, this.#episodeExpected] = episode;
    this.windows = from['windows'];
    return true;
  }

  #expect(startMs: number, figure: Figure): Expectation | undefined {
    const season = this.#seasonal(startMs);
    const recent = this.#recent.level(this.#options.measure === 'count');
    const { followsRecent } = this.#options;
    const { spread } = this.noise;
    const age = this.windows < youngWindows ? youngDoubt : 0;
    const phase = this.#phases.ratio(windowOf(startMs));
    const also = figure.alsoExpected ?? 0;
    if (season === undefined) {
      if (recent === undefined) return undefined;
      const middle = recent.value * phase;
      const doubtful = Math.hypot(spread, recent.doubt, followsRecent ? age : blindDoubt);
      return { low: middle, high: Math.max(middle, also), middle, hasSeason: false, spread: doubtful };
    }
    const counts = followsRecent && recent !== undefined;
    const low = phase * (counts ? Math.min(season.low, recent.value) : season.low);
    const high = phase * (counts ? Math.max(season.high, recent.value) : season.high);
    const middle = phase * Math.sqrt(season.low * season.high);
    return { low, high: Math.max(high, also), middle, hasSeason: true, spread: Math.hypot(spread, season.doubt, age) };
  }

  /** From the shape between the middles of two hours, to that of the hour itself: levels may change in steps. */
  #seasonal(startMs: number): { readonly low: number; readonly high: number; readonly doubt: number } | undefined {
    if (Number.isNaN(this.#drift)) return undefined;
    const place = startMs / hourMs - 0.5;
    const before = Math.floor(place);
    const own = this.slots.at(Math.floor(startMs / hourMs));
    if (own === undefined) return undefined;
    const [first, second] = [this.slots.at(before) ?? own, this.slots.at(before + 1) ?? own];
    const between = first.level + (second.level - first.level) * (place - before);
    const base = this.#drift + (this.#options.followsRecent ? this.#mood : 0);
    return {
      low: this.#valueOf(base + Math.min(between, own.level)),
      high: this.#valueOf(base + Math.max(between, own.level)),
      doubt: own.doubt,
    };
  }

  #deviation({ value, measured = 1, grain = 1 }: Figure, { low, high, spread }: Pick<Expectation, 'low' | 'high' | 'spread'>): number {
    if (value >= low && value <= high) return 0;
    const mean = value > high ? high : low;
    if (this.#options.measure === 'count') return countDeviation(value, mean, spread, grain);
    return magnitudeDeviation(value, mean, spread, measured);
  }

  #noteExcursion(deviation: number, value: number, { low, high }: Expectation): void {
    if (deviation >= excursionDeviation) this.#hourUp = Math.max(this.#hourUp, Math.log((value + 1) / (high + 1)));
    if (deviation <= -excursionDeviation) this.#hourDown = Math.max(this.#hourDown, Math.log((low + 1) / (value + 1)));
  }

  #forgive(expected: Expectation): Expectation {
    const isYoung = this.windows < youngWeek;
    const up = this.slots.forgiven(this.#hour, 'up', isYoung);
    const down = this.slots.forgiven(this.#hour, 'down', isYoung);
    if (up === 0 && down === 0) return expected;
    const { low, high } = expected;
    return { ...expected, low: Math.max(0, (low + 1) * Math.exp(-down) - 1), high: (high + 1) * Math.exp(up) - 1 };
  }

  #learn(startMs: number, figure: Figure, expected: Expectation, deviation: number): void {
    const isUsual = Math.abs(deviation) < unusualDeviation || !expected.hasSeason;
    if (isUsual || this.#episode < tailWindowsOfEpisode) {
      this.noise.addTail(deviation);
      // against the season alone: the last half hour would hide how much it strays
      const { middle } = expected;
      this.noise.addDeviation(this.#deviation(figure, { low: middle, high: middle, spread: this.noise.spread }));
    }
    if (isUsual) {
      this.#endEpisode();
      this.#learnUsual(startMs, figure.value);
      return;
    }
    this.#episode++;
    this.#episodeValue += figure.value;
    this.#episodeExpected += deviation > 0 ? expected.high : expected.low;
    const isNothing = this.#options.measure === 'count' && this.#episodeValue < 0.01 * this.#episodeExpected;
    if (this.#episode >= (isNothing ? this.#options.adoptNothingAfter : this.#options.adoptAfter)) this.#adopt();
  }

  #learnUsual(startMs: number, value: number): void {
    const window = windowOf(startMs);
    this.#hourValues.push(window, value);
    this.#recent.add(value / this.#phases.ratio(window));
    this.windows++;
  }

  #endEpisode(): void {
    this.#episode = 0;
    this.#episodeValue = 0;
    this.#episodeExpected = 0;
  }

  /** The episode's level is the level from now on. */
  #adopt(): void {
    const windows = this.#episode;
    const shift = this.#logOf(this.#episodeValue / windows) - this.#logOf(this.#episodeExpected / windows);
    if (!Number.isNaN(this.#drift)) this.#drift += shift;
    this.#recent.clear();
    for (let at = 0; at < fewestWindowsOfHour; at++) this.#recent.add(this.#episodeValue / windows);
    this.#endEpisode();
  }

  #beginHour(hour: number): void {
    if (hour === this.#hour) return;
    if (this.#hour >= 0) {
      this.slots.keepExcursion(this.#hour, this.#hourUp, this.#hourDown);
      if (this.#hourValues.length >= 2 * fewestWindowsOfHour) this.#learnHour();
      else this.#mood *= 1 - moodGain;
    }
    this.#hour = hour;
    this.#hourValues = [];
    this.#hourUp = 0;
    this.#hourDown = 0;
  }

  #learnHour(): void {
    const mean = this.#drawnInMean();
    for (let at = 0; at < this.#hourValues.length; at += 2) this.#phases.learn(this.#hourValues[at], this.#hourValues[at + 1], mean);
    this.#phases.endHour();
    const level = this.#logOf(mean);
    if (Number.isNaN(this.#drift)) this.#drift = level;
    const known = this.slots.at(this.#hour);
    if (known !== undefined) {
      const residual = level - known.level - this.#drift;
      this.#mood += moodGain * (residual - this.#mood);
      // hours that only borrow their shape say less about the drift
      const gain = this.slots.isLearned(this.#hour) ? driftGain : driftGain / 4;
      this.#drift += gain * Math.max(-maxDriftStep, Math.min(maxDriftStep, residual));
    }
    this.slots.learn(this.#hour, level - this.#drift);
  }

  /** Mean of the hour, each window by its phase; those far from the median are drawn in to it. */
  #drawnInMean(): number {
    const sorted: number[] = [];
    for (let at = 0; at < this.#hourValues.length; at += 2)
      sorted.push(this.#hourValues[at + 1] / this.#phases.ratio(this.#hourValues[at]));
    sorted.sort((a, b) => a - b);
    const middle = sorted[sorted.length >> 1];
    const chance = this.#options.measure === 'count' ? Math.sqrt(middle + 1) : 0;
    const reach = 4 * Math.hypot(chance, this.noise.spread * middle);
    let sum = 0;
    for (const value of sorted) sum += Math.max(middle - reach, Math.min(middle + reach, value));
    return Math.max(0, sum / sorted.length);
  }

  #logOf(value: number): number {
    return Math.log(value + (this.#options.measure === 'count' ? countFloor : 1e-6));
  }

  #valueOf(level: number): number {
    return Math.max(0, Math.exp(level) - (this.#options.measure === 'count' ? countFloor : 1e-6));
  }
}
