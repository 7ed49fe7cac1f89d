/**
 * The shape of a season: for each hour of the week (or of the day) the logarithm of its usual level against the service's
 * own drift, how often it was learned, and how far out it went. An hour that was not lived through yet borrows from the
 * same hour of other days. Hours are of UTC. Called by season.ts.
 */
import { restoreNumbers, savedNumbers } from './saved-numbers.ts';

export const hourMs = 3_600_000;
export const hoursOfDay = 24;
export const hoursOfWeek = 168;
export type SlotCount = typeof hoursOfDay | typeof hoursOfWeek;

/** 1970-01-01 was a Thursday: so many days after it is a Saturday. */
const saturday = 2;
const fewestGain = 0.3;
/** Once learned twice, one hour moves a slot by no more, however odd it was. */
const maxStep = 0.5;
const maxVisits = 255;

/** What is known of an hour; `doubt`: relative deviation that comes from not knowing better. */
export interface SlotLevel {
  readonly level: number;
  readonly doubt: number;
}

/** Doubts by how often the hour was learned; then of those that borrow: from the same kind of day, from any. */
const doubtsByVisits = [0, 0.12, 0.05];
const alikeDoubt = 0.18;
const otherDoubt = 0.4;

export class SeasonSlots {
  readonly count: SlotCount;
  readonly #levels: Float32Array;
  readonly #visits: Uint8Array;
  /** Excursions beyond what was expected (`kept`). */
  readonly #ups: Uint8Array;
  readonly #downs: Uint8Array;

  constructor(count: SlotCount) {
    this.count = count;
    this.#levels = new Float32Array(count);
    this.#visits = new Uint8Array(count);
    this.#ups = new Uint8Array(count);
    this.#downs = new Uint8Array(count);
  }

  get bytes(): number {
    return this.#levels.byteLength + 3 * this.count;
  }

  /** Of an hour since 1970; undefined where nothing is known of any like it. */
  at(hour: number): SlotLevel | undefined {
    const slot = this.#slotOf(hour);
    const visits = this.#visits[slot];
    if (visits > 0) return { level: this.#levels[slot], doubt: doubtsByVisits[visits] ?? 0 };
    if (this.count === hoursOfDay) return undefined;
    return this.#borrowed(hour, true) ?? this.#borrowed(hour, false);
  }

  /** True where the hour itself was lived through. */
  isLearned(hour: number): boolean {
    return this.#visits[this.#slotOf(hour)] > 0;
  }

  learn(hour: number, level: number): void {
    const slot = this.#slotOf(hour);
    const visits = this.#visits[slot];
    const step = level - this.#levels[slot];
    if (visits < 2) this.#levels[slot] += step / (visits + 1);
    else this.#levels[slot] += Math.max(fewestGain, 1 / (visits + 1)) * Math.max(-maxStep, Math.min(maxStep, step));
    if (visits < maxVisits) this.#visits[slot] = visits + 1;
  }

  /** Keeps how far the hour went out, as logarithms of ratios; what does not come again is forgotten by and by. */
  keepExcursion(hour: number, up: number, down: number): void {
    const slot = this.#slotOf(hour);
    this.#ups[slot] = kept(this.#ups[slot], up);
    this.#downs[slot] = kept(this.#downs[slot], down);
  }

  /**
   * How far out an hour may go since it did so before: on both days before, or each week; half as far where it was only once,
   * lest one incident hide the next. `isYoung`: one day is proof enough.
   */
  forgiven(hour: number, direction: 'up' | 'down', isYoung: boolean): number {
    const excursions = direction === 'up' ? this.#ups : this.#downs;
    const reach = (from: number, to: number, onceCounts: number): number => {
      let most = 0;
      for (let at = from; at <= to; at++) {
        const excursion = excursions[this.#slotOf(at)];
        most = Math.max(most, (excursion & repeatedBit) === 0 ? (excursion & magnitudeBits) * onceCounts : excursion & magnitudeBits);
      }
      return most / excursionSteps;
    };
    // the hour before was just lived through: what it did is no excuse
    const lastTime = reach(hour, hour + 1, 0.5);
    if (this.count === hoursOfDay) return lastTime;
    const yesterday = reach(hour - 25, hour - 23, 1);
    return Math.max(lastTime, isYoung ? yesterday : Math.min(yesterday, reach(hour - 49, hour - 47, 1)));
  }

  save(): unknown {
    return [this.#levels, this.#visits, this.#ups, this.#downs].map(savedNumbers);
  }

  restore(saved: unknown): boolean {
    const parts = Array.isArray(saved) ? saved : [];
    return [this.#levels, this.#visits, this.#ups, this.#downs].every((numbers, at) => restoreNumbers(numbers, parts[at]));
  }

  /** Mean of the same hour of the days that were lived through, of weekdays or weekends alike or of all. */
  #borrowed(hour: number, onlyAlike: boolean): SlotLevel | undefined {
    const weekend = isWeekend(hour);
    let sum = 0;
    let found = 0;
    for (let other = hour + hoursOfDay; other < hour + hoursOfWeek; other += hoursOfDay) {
      const slot = this.#slotOf(other);
      if (this.#visits[slot] === 0 || (onlyAlike && isWeekend(other) !== weekend)) continue;
      sum += this.#levels[slot];
      found++;
    }
    return found === 0 ? undefined : { level: sum / found, doubt: onlyAlike ? alikeDoubt : otherDoubt };
  }

  #slotOf(hour: number): number {
    return ((hour % this.count) + this.count) % this.count;
  }
}

const isWeekend = (hour: number): boolean => {
  const day = Math.floor(hour / hoursOfDay) % 7;
  return day === saturday || day === saturday + 1;
};

/** Excursions in steps of an eighth, and whether it was so the time before too. */
const excursionSteps = 8;
const magnitudeBits = 0x7f;
const repeatedBit = 0x80;

function kept(old: number, excursion: number): number {
  const before = old & magnitudeBits;
  const fading = Math.floor(before * 0.7);
  if (excursion <= 0) return fading;
  const steps = Math.min(magnitudeBits, Math.ceil(excursion * excursionSteps));
  return Math.max(steps, fading) | (before > 0 ? repeatedBit : 0);
}
