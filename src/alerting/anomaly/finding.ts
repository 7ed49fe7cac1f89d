/** What a detector finds of one window, and how one window after another becomes an anomaly that begins and ends. */
import type { Sensitivity } from './sensitivity.ts';

export interface Finding {
  readonly isMet: boolean;
  /** Deviations from what was expected, negative below; 0 where it was as expected. */
  readonly value: number;
  readonly detail: string | undefined;
}

/** How much of an anomaly one window is. Both above 0. */
export interface Evidence {
  /** Deviations, in the direction that counts. */
  readonly deviation: number;
  /** Of the sum of an hour. */
  readonly hourDeviation: number;
  /** Deviations that this service shows a few times a week all the same. */
  readonly tail: number;
  readonly hourTail: number;
  /** More is asked of what is not well known yet: 1 where it is. */
  readonly caution: number;
}

/** Where a service goes out so far regularly, more is asked. */
const tailMargin = 1.2;
const extremeTailMargin = 1.7;
const calmWindows = 2;
/** A lesser deviation that lasts half an hour counts as well. */
const lastingWindows = 6;
const lastingShare = 0.65;

/** Begins after some windows in a row or one extreme one; ends after two calm ones. */
export class Episode {
  isMet = false;
  #strong = 0;
  #lasting = 0;
  #calm = 0;
  /** Begun by the sum of an hour alone: then windows do not tell its end. */
  #isOfHour = false;
  #words = '';

  next({ deviation, hourDeviation, tail, hourTail, caution }: Evidence, sensitivity: Sensitivity): boolean {
    const wanted = Math.max(sensitivity.deviation * caution, tailMargin * tail);
    const extreme = Math.max(sensitivity.extreme * caution, extremeTailMargin * tail);
    const wantedHour = Math.max(sensitivity.hourDeviation * caution, tailMargin * hourTail);
    this.#strong = deviation >= wanted ? this.#strong + 1 : 0;
    this.#lasting = deviation >= lastingShare * wanted ? this.#lasting + 1 : 0;
    const isByWindows = this.#strong >= sensitivity.windows || deviation >= extreme || this.#lasting >= lastingWindows;
    if (!this.isMet) {
      this.isMet = isByWindows || hourDeviation >= wantedHour;
      this.#isOfHour = !isByWindows;
      this.#calm = 0;
      return this.isMet;
    }
    if (isByWindows) this.#isOfHour = false;
    const isCalm = deviation < wanted / 2 && (!this.#isOfHour || hourDeviation < wantedHour / 2);
    this.#calm = isCalm ? this.#calm + 1 : 0;
    if (this.#calm >= calmWindows) this.end();
    return this.isMet;
  }

  end(): void {
    this.isMet = false;
    this.#words = '';
    this.#strong = 0;
    this.#lasting = 0;
    this.#calm = 0;
  }

  /** What is told of it: the words of the last window that was not calm. */
  told(words: () => string): string {
    if (this.#words === '' || this.#calm === 0) this.#words = words();
    return this.#words;
  }

  save(): unknown[] {
    return [this.isMet ? 1 : 0, this.#strong, this.#lasting, this.#calm, this.#isOfHour ? 1 : 0, this.#words];
  }

  restore(saved: unknown): boolean {
    if (!Array.isArray(saved) || saved.length !== 6 || typeof saved[5] !== 'string') return false;
    const numbers = saved.slice(0, 5) as number[];
    if (!numbers.every(Number.isInteger)) return false;
    const [isMet, strong, lasting, calm, isOfHour] = numbers;
    this.#words = saved[5];
    this.isMet = isMet === 1;
    this.#strong = strong;
    this.#lasting = lasting;
    this.#calm = calm;
    this.#isOfHour = isOfHour === 1;
    return true;
  }
}
