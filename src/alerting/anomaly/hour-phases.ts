/**
 * What a service does at the same five minutes of each hour: a job on the full hour is no spike. Ratios against the hour's
 * level, learned slowly, so that one incident hardly moves them. Called by season.ts.
 */
import { restoreNumbers, savedNumbers } from './saved-numbers.ts';

const phaseCount = 12;
/** Hours of a prior that says 1, and of the memory. */
const priorHours = 6;
const memoryHours = 48;
const maxStep = 2;
/** Fewer lines a window say nothing about their order. */
const enoughLines = 1;
const leastRatio = 0.05;

export class HourPhases {
  readonly #ratios = new Float32Array(phaseCount).fill(1);
  #hours = 0;

  /** Of a window by its number since 1970. */
  ratio(window: number): number {
    return this.#ratios[window % phaseCount];
  }

  /** A window of an hour whose level was that. */
  learn(window: number, value: number, level: number): void {
    if (level < enoughLines) return;
    const phase = window % phaseCount;
    const gain = 1 / Math.min(memoryHours, priorHours + this.#hours);
    const step = Math.max(-maxStep, Math.min(maxStep, value / level - this.#ratios[phase]));
    this.#ratios[phase] = Math.max(leastRatio, this.#ratios[phase] + gain * step);
  }

  endHour(): void {
    this.#hours = Math.min(memoryHours, this.#hours + 1);
  }

  save(): unknown {
    return [this.#hours, savedNumbers(this.#ratios)];
  }

  restore(saved: unknown): boolean {
    const [hours, ratios] = Array.isArray(saved) ? (saved as unknown[]) : [];
    if (!Number.isInteger(hours) || !restoreNumbers(this.#ratios, ratios)) return false;
    this.#hours = hours as number;
    return true;
  }
}
