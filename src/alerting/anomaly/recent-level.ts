/**
 * The level of the last hours: mean of the last usual windows, of as many as it takes to have enough lines, and at least
 * of half an hour. What a service does now is the best guess of what it does next. Called by season.ts.
 */
import { restoreNumbers, savedNumbers } from './saved-numbers.ts';

const maxWindows = 48;
const fewestWindows = 6;
/** With fewer than these the windows say nothing yet. */
const usableWindows = 3;
const enoughLines = 400;

export interface Level {
  readonly value: number;
  /** Relative deviation of the mean by chance. */
  readonly doubt: number;
}

export class RecentLevel {
  readonly #values = new Float32Array(maxWindows);
  #count = 0;
  #next = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % maxWindows;
    this.#count = Math.min(maxWindows, this.#count + 1);
  }

  clear(): void {
    this.#count = 0;
  }

  /** `isCount`: few lines are averaged over more windows. Undefined while there are too few windows. */
  level(isCount: boolean): Level | undefined {
    if (this.#count < usableWindows) return undefined;
    let sum = 0;
    let windows = 0;
    while (windows < this.#count && (windows < fewestWindows || (isCount && sum < enoughLines))) {
      windows++;
      sum += this.#values[(this.#next - windows + maxWindows) % maxWindows];
    }
    const chance = isCount ? 1 / Math.max(1, sum) : 0;
    return { value: sum / windows, doubt: Math.sqrt(chance) };
  }

  save(): unknown {
    return [this.#count, this.#next, savedNumbers(this.#values)];
  }

  restore(saved: unknown): boolean {
    const [count, next, values] = Array.isArray(saved) ? saved : [];
    if (!isPlace(count, maxWindows) || !isPlace(next, maxWindows - 1) || !restoreNumbers(this.#values, values)) return false;
    this.#count = count;
    this.#next = next;
    return true;
  }
}

const isPlace = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
