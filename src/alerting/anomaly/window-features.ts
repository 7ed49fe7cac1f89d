/**
 * Features of a window for the forest: how far each of its figures lies from its own season. So the forest need not know
 * what time it is, and windows of any hour are alike. Called by forest-detector.ts.
 */
import { shownSpan } from '#base/shown-times.ts';
import { countWords, insteadOf } from './anomaly-words.ts';
import { Season } from './season.ts';
import type { Figure, Judged } from './season.ts';
import { hoursOfDay, hoursOfWeek } from './season-slots.ts';
import { UsualShare } from './usual-share.ts';
import type { WindowFigures } from './window-figures.ts';

interface FeatureKind {
  readonly name: string;
  readonly measure: 'count' | 'magnitude';
  /** Its season over the week rather than the day. */
  readonly isWeekly?: true;
  readonly value: (window: WindowFigures) => number;
  /** More of it is no wonder where there are more lines. */
  readonly sharesVolume?: true;
  /** Less of it is no harm. */
  readonly onlyUp?: true;
  readonly words: (value: number) => string;
  /** Less than this beyond what was expected is nothing. */
  readonly fewestExcess: number;
}

const count = { measure: 'count', words: countWords } as const;
const latency = { measure: 'magnitude', words: shownSpan, onlyUp: true, fewestExcess: 1 } as const;

export const featureKinds: readonly FeatureKind[] = [
  { ...count, name: 'volume', isWeekly: true, value: ({ lines }) => lines, fewestExcess: 15 },
  { ...count, name: 'DEBUG', value: ({ debugs }) => debugs, sharesVolume: true, onlyUp: true, fewestExcess: 50 },
  { ...count, name: 'WARN', value: ({ warns }) => warns, sharesVolume: true, onlyUp: true, fewestExcess: 6 },
  { ...count, name: 'ERROR', value: ({ errors }) => errors, sharesVolume: true, onlyUp: true, fewestExcess: 6 },
  { ...count, name: 'patterns', value: ({ patterns }) => patterns, fewestExcess: 5 },
  { ...count, name: 'new patterns', value: ({ newPatterns }) => newPatterns, onlyUp: true, fewestExcess: 3 },
  { ...latency, name: 'p50', value: ({ p50 }) => p50 },
  { ...latency, name: 'p99', value: ({ p99 }) => p99 },
];
export const featureCount = featureKinds.length;

const adoptAfter = 36;
const adoptNothingAfter = 288;

/** One feature of a window at its judging. */
export interface Feature {
  /** Deviations; 0 where it was as expected or is not known. */
  readonly deviation: number;
  /** The deviation where it is of the harmful kind and more than a trifle. */
  readonly harm: number;
  /** Harm that this service shows a few times a week. */
  readonly tail: number;
  readonly value: number;
  readonly usual: number;
}

export class WindowFeatures {
  readonly #seasons: readonly Season[];
  readonly #shares: readonly UsualShare[];

  constructor() {
    this.#seasons = featureKinds.map(
      ({ measure, isWeekly }) =>
        new Season({
          measure,
          slots: isWeekly ? hoursOfWeek : hoursOfDay,
          followsRecent: true,
          adoptAfter,
          adoptNothingAfter,
        }),
    );
    this.#shares = featureKinds.map(() => new UsualShare());
  }

  get bytes(): number {
    return this.#seasons.reduce((sum, season) => sum + season.bytes, 0);
  }

  /** Windows that were learned from. */
  get windows(): number {
    return this.#seasons[0].windows;
  }

  /** Judges a window and learns from it. */
  observe(window: WindowFigures): Feature[] {
    return featureKinds.map((kind, index) => {
      const value = kind.value(window);
      if (Number.isNaN(value)) return noFeature;
      const alsoExpected = kind.sharesVolume ? { alsoExpected: this.#shares[index].of(window.lines) } : {};
      const figure: Figure = { value, grain: kind.measure === 'count' ? window.grain : 1, measured: window.measured, ...alsoExpected };
      const judged = this.#seasons[index].observe(window.startMs, figure);
      if (kind.sharesVolume && Math.abs(judged?.deviation ?? 0) < 3) this.#shares[index].add(value, window.lines);
      return judged === undefined ? { ...noFeature, value, usual: value } : this.#feature(index, value, judged);
    });
  }

  pass(): void {
    for (const season of this.#seasons) season.pass();
  }

  save(): unknown {
    return { seasons: this.#seasons.map((season) => season.save()), shares: this.#shares.map((share) => share.save()) };
  }

  restore(saved: unknown): boolean {
    const { seasons, shares } = (saved ?? {}) as Record<string, unknown>;
    if (!Array.isArray(seasons) || !Array.isArray(shares)) return false;
    return this.#seasons.every((season, at) => season.restore(seasons[at])) && this.#shares.every((share, at) => share.restore(shares[at]));
  }

  #feature(index: number, value: number, { low, high, deviation, hasSeason }: Judged): Feature {
    const { onlyUp, fewestExcess } = featureKinds[index];
    const { tailUp, tailDown } = this.#seasons[index].noise;
    const usual = value > high ? high : value < low ? low : (low + high) / 2;
    // before a day like it was lived through, less or more of it is no wonder
    const isHarm = deviation < 0 ? !onlyUp && (hasSeason || value === 0) : hasSeason && value - high >= fewestExcess;
    return { deviation, harm: isHarm ? Math.abs(deviation) : 0, tail: deviation < 0 ? tailDown : tailUp, value, usual };
  }
}

const noFeature: Feature = { deviation: 0, harm: 0, tail: 0, value: 0, usual: 0 };

/** "ERROR 41 instead of about 3". */
export const featureWords = (index: number, { value, usual }: Feature): string =>
  insteadOf(featureKinds[index].name, featureKinds[index].words(value), featureKinds[index].words(usual));
