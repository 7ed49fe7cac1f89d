/**
 * Judges the volume of a service, or its WARN lines, against their own season. Called by service-windows.ts at the end of
 * each window, in order.
 */
import { changeWords, countWords, insteadOf, learningWords } from './anomaly-words.ts';
import { Episode } from './finding.ts';
import type { Finding } from './finding.ts';
import { HourSum } from './hour-sum.ts';
import type { HourFigures } from './hour-sum.ts';
import { Season } from './season.ts';
import type { Judged } from './season.ts';
import { hoursOfWeek } from './season-slots.ts';
import type { Sensitivity } from './sensitivity.ts';
import { UsualShare } from './usual-share.ts';
import { windowMs } from './window-figures.ts';
import type { WindowFigures } from './window-figures.ts';

export interface SeasonDetectorOptions {
  readonly signal: 'volume' | 'warn';
  readonly direction: 'both' | 'drop' | 'spike';
  readonly sensitivity: Sensitivity;
}

export const windowsOfWeek = 2016;
const windowsOfDay = 288;
/** With fewer windows nothing is judged. */
const fewestWindows = 24;
/** In its first two days a service may do anything now and then: only what has many lines can spike. */
const settledWindows = 2 * windowsOfDay;
const enoughForYoungSpike = 20;
/** Fewer lines beyond what was expected are no spike, whatever the odds. */
const fewestExcessLines = { volume: 15, warn: 6 } as const;
/** Windows after which what stays is the new level: three hours; where nothing comes, a day; WARN lines, a day. */
const adoptAfter = { volume: 36, warn: windowsOfDay } as const;

export class SeasonDetector {
  readonly #options: SeasonDetectorOptions;
  readonly #season: Season;
  readonly #hour = new HourSum();
  readonly #episode = new Episode();
  readonly #share = new UsualShare();
  #grain = 1;

  constructor(options: SeasonDetectorOptions) {
    this.#options = options;
    const isVolume = options.signal === 'volume';
    this.#season = new Season({
      measure: 'count',
      slots: hoursOfWeek,
      followsRecent: isVolume,
      adoptAfter: adoptAfter[options.signal],
      adoptNothingAfter: windowsOfDay,
    });
  }

  get bytes(): number {
    return this.#season.bytes + 500;
  }

  /** Windows that were learned from. */
  get windows(): number {
    return this.#season.windows;
  }

  judge(window: WindowFigures): Finding {
    const isVolume = this.#options.signal === 'volume';
    const value = isVolume ? window.lines : window.warns;
    if (window.lines > 0) this.#grain += 0.1 * (window.grain - this.#grain);
    const figure = { value, grain: this.#grain, ...(isVolume ? {} : { alsoExpected: this.#share.of(window.lines) }) };
    const judged = this.#season.observe(window.startMs, figure);
    if (judged === undefined) return this.#unjudged();
    if (!isVolume && Math.abs(judged.deviation) < 3) this.#share.add(value, window.lines);
    const doubt = Math.sqrt(Math.max(0, judged.spread ** 2 - this.#season.noise.spread ** 2));
    const hour = this.#hour.add(value, judged, { grain: this.#grain, doubt, isUnusual: this.#episode.isMet });
    if (this.#season.windows < fewestWindows) return this.#unjudged();
    return this.#find(value, judged, hour);
  }

  /** A window that cannot be judged. */
  pass(): void {
    this.#season.pass();
    this.#hour.clear();
  }

  /** Learns from a window of the past: nothing is found. */
  learn(window: WindowFigures): void {
    this.judge(window);
    this.#episode.end();
  }

  save(): unknown {
    return {
      season: this.#season.save(),
      hour: this.#hour.save(),
      episode: this.#episode.save(),
      share: this.#share.save(),
      grain: this.#grain,
    };
  }

  restore(saved: unknown): boolean {
    const { season, hour, episode, share, grain } = (saved ?? {}) as Record<string, unknown>;
    if (typeof grain !== 'number' || !this.#season.restore(season) || !this.#hour.restore(hour)) return false;
    this.#grain = grain;
    return this.#episode.restore(episode) && this.#share.restore(share);
  }

  #find(value: number, judged: Judged, hour: HourFigures | undefined): Finding {
    const { sensitivity } = this.#options;
    const { tailUp, tailDown } = this.#season.noise;
    const deviation = this.#counted(judged.deviation, value, judged);
    const hourDeviation = hour === undefined || !judged.hasSeason ? 0 : this.#counted(hour.deviation, hour.value, hour);
    const wasMet = this.#episode.isMet;
    const isMet = this.#episode.next(
      {
        deviation: Math.abs(deviation),
        hourDeviation: Math.abs(hourDeviation),
        tail: deviation < 0 ? tailDown : tailUp,
        hourTail: hourDeviation < 0 ? this.#hour.noise.tailDown : this.#hour.noise.tailUp,
        caution: cautionOf(this.#season.windows),
      },
      sensitivity,
    );
    if (wasMet && !isMet) this.#hour.clear();
    if (!isMet) return { isMet, value: deviation, detail: learningWords(this.#season.windows, windowsOfWeek, windowMs) || undefined };
    const tellsHour = hour !== undefined && Math.abs(hourDeviation) > Math.abs(deviation);
    const detail = this.#episode.told(() =>
      tellsHour ? this.#words(hour.value, hour, ' in the last hour') : this.#words(value, judged, ''),
    );
    return { isMet, value: tellsHour ? hourDeviation : deviation, detail };
  }

  /** The deviation where its direction is asked for and it is of enough lines, else 0. */
  #counted(deviation: number, value: number, { high, hasSeason = true }: { readonly high: number; readonly hasSeason?: boolean }): number {
    const { signal, direction } = this.#options;
    if (deviation < 0) {
      // before a day like it was lived through, only that nothing comes is known to be odd
      return signal === 'warn' || direction === 'spike' || (!hasSeason && value > 0) ? 0 : deviation;
    }
    const isYoung = !hasSeason || (signal === 'volume' && this.#season.windows < settledWindows && high < enoughForYoungSpike);
    return direction === 'drop' || isYoung || value - high < fewestExcessLines[signal] * this.#grain ? 0 : deviation;
  }

  #words(value: number, { low, high }: { readonly low: number; readonly high: number }, span: string): string {
    const usual = value > high ? high : value < low ? low : (low + high) / 2;
    const name = this.#options.signal === 'warn' ? 'WARN' : 'volume';
    const unit = this.#options.signal === 'warn' ? '' : ' lines';
    return `${insteadOf(name, countWords(value) + unit, countWords(usual))}${span}${changeWords(value, usual)}`;
  }

  #unjudged(): Finding {
    return {
      isMet: this.#episode.isMet,
      value: 0,
      detail: learningWords(this.#season.windows, windowsOfWeek, windowMs) || undefined,
    };
  }
}

/** More is asked of a service in its first day, and a little more in its first week. */
export function cautionOf(windows: number): number {
  if (windows < windowsOfDay) return 1.6;
  return windows < windowsOfWeek ? 1.2 : 1;
}
