/**
 * The last hour as one: what came, and what was expected. What is too little to judge in five minutes, or creeps up, shows
 * in an hour. Called by season-detector.ts.
 */
import { countDeviation } from './count-noise.ts';
import { restoreNumbers, savedNumbers } from './saved-numbers.ts';
import type { Expectation } from './season.ts';
import { UsualNoise } from './usual-noise.ts';

export const windowsOfHour = 12;
/** Hours beyond so many deviations are not learned from. */
const unusualDeviation = 4;

export interface HourFigures {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly deviation: number;
}

export interface HourSituation {
  readonly grain: number;
  /** Relative deviation that comes from not knowing better. */
  readonly doubt: number;
  /** An anomaly goes on: it must not become usual. */
  readonly isUnusual: boolean;
}

export class HourSum {
  readonly #values = new Float32Array(windowsOfHour);
  readonly #lows = new Float32Array(windowsOfHour);
  readonly #highs = new Float32Array(windowsOfHour);
  /** What hours stray: less than windows do, for what strays each window by itself evens out. */
  readonly noise = new UsualNoise();
  #middle = 0;
  #count = 0;
  #next = 0;

  /** The next window; undefined until an hour is whole. */
  add(value: number, { low, high, middle }: Expectation, { grain, doubt, isUnusual }: HourSituation): HourFigures | undefined {
    this.#values[this.#next] = value;
    this.#lows[this.#next] = low;
    this.#highs[this.#next] = high;
    this.#next = (this.#next + 1) % windowsOfHour;
    this.#count = Math.min(windowsOfHour, this.#count + 1);
    this.#middle += middle;
    const isHourOver = this.#next === 0;
    const figures = this.#count < windowsOfHour ? undefined : this.#figures(grain, doubt);
    if (figures !== undefined && !isUnusual) this.noise.addTail(figures.deviation);
    if (isHourOver && figures !== undefined && Math.abs(figures.deviation) < unusualDeviation) {
      this.noise.addDeviation(countDeviation(figures.value, this.#middle, this.noise.spread, grain));
    }
    if (isHourOver) this.#middle = 0;
    return figures;
  }

  /** Begins anew, at the next window. */
  clear(): void {
    this.#count = 0;
    this.#next = 0;
    this.#middle = 0;
  }

  #figures(grain: number, doubt: number): HourFigures {
    const [value, low, high] = [this.#values, this.#lows, this.#highs].map((numbers) => numbers.reduce((sum, number) => sum + number, 0));
    const mean = value > high ? high : low;
    const spread = Math.hypot(this.noise.spread, doubt);
    return { value, low, high, deviation: value >= low && value <= high ? 0 : countDeviation(value, mean, spread, grain) };
  }

  save(): unknown {
    const arrays = [this.#values, this.#lows, this.#highs].map(savedNumbers);
    return { place: [this.#count, this.#next, this.#middle], arrays, noise: this.noise.save() };
  }

  restore(saved: unknown): boolean {
    const { place, arrays, noise } = (saved ?? {}) as Record<string, unknown>;
    if (!Array.isArray(place) || place.length !== 3 || !Array.isArray(arrays) || !this.noise.restore(noise)) return false;
    [this.#count, this.#next, this.#middle] = place as number[];
    return [this.#values, this.#lows, this.#highs].every((numbers, at) => restoreNumbers(numbers, arrays[at]));
  }
}
