/**
 * A time as it stands on a wall, made one of UTC: with the year or the date that it may lack, and the zone that it may not
 * name. Filled by timestamp-formats.ts.
 */
import { AppError } from '#base/errors.ts';
import { LocalTimes, findTimeZone } from '#base/time-zones.ts';
import type { TimeZone } from '#base/time-zones.ts';
import { EpochNanos, daysInMonth, daysSince1970 } from '#model/timestamps.ts';
import type { SenderTime } from './sender-time.ts';

export interface TimeSettings {
  /** Zone of times that do not name one: `UTC`, IANA, or `+02:00`. */
  readonly zone: string;
  /** Milliseconds since 1970, for times without a year or a date. */
  readonly nowMs: () => number;
  /** Of the line at hand. */
  readonly sender?: SenderTime;
}

/** `year` of a date that has none. */
export const noYear = -1;
/** `year` of a time of day alone. */
export const noDate = -2;
const daySeconds = 86_400;
/** Years looked back for a date without a year: 29 February may be eight years ago. */
const maxYearsBack = 8;

export class WallTime extends EpochNanos {
  year = 0;
  month = 0;
  day = 0;
  secondOfDay = 0;
  nanos = 0;
  /** Seconds east of UTC, NaN where none is named. */
  offset = NaN;
  readonly #local: LocalTimes;
  readonly #nowMs: () => number;
  readonly #sender: SenderTime | undefined;
  #dateKey = -1;
  #dateSeconds = 0;

  /** Throws AppError bad_request for an unknown zone. */
  constructor(settings: TimeSettings) {
    super();
    this.#local = new LocalTimes(zoneOf(settings.zone));
    this.#nowMs = settings.nowMs;
    this.#sender = settings.sender;
  }

  /** Takes the sender's time in place of the one just read, where it says the same more precisely. */
  refine(): void {
    const sender = this.#sender;
    if (this.year >= 0 || this.nanos !== 0 || this.offset === this.offset || sender === undefined) return;
    if (sender.isBetterThan(this.high, this.low)) {
      this.high = sender.high;
      this.low = sender.low;
    }
  }

  /** Puts date, time of day and zone together; false where there is no such day, or it is out of range. */
  resolve(): boolean {
    if (this.year === noYear) return this.#withoutYear();
    if (this.year === noDate) return this.#withoutDate();
    return this.#resolveIn(this.year);
  }

  #resolveIn(year: number): boolean {
    const key = (year * 16 + this.month) * 32 + this.day;
    if (key !== this.#dateKey) {
      const isDate = year >= 1970 && this.month >= 1 && this.month <= 12 && this.day >= 1 && this.day <= daysInMonth(year, this.month);
      if (!isDate) return false;
      this.#dateKey = key;
      this.#dateSeconds = daysSince1970(year, this.month, this.day) * daySeconds;
    }
    return this.set(this.#utc(this.#dateSeconds + this.secondOfDay), this.nanos);
  }

  #utc(localSeconds: number): number {
    if (this.offset === this.offset) return localSeconds - this.offset;
    return this.#local.toUtc(localSeconds);
  }

  /** The last year in which the time is not more than a day ahead: senders' clocks differ a little around New Year. */
  #withoutYear(): boolean {
    const nowSeconds = this.#nowMs() / 1000;
    const thisYear = new Date(nowSeconds * 1000).getUTCFullYear();
    for (let year = thisYear + 1; year >= thisYear - maxYearsBack; year--) {
      if (!this.#resolveIn(year)) continue;
      if (this.#utc(this.#dateSeconds + this.secondOfDay) <= nowSeconds + daySeconds) return true;
    }
    return false;
  }

  /** Today, or yesterday where that would be more than an hour ahead. */
  #withoutDate(): boolean {
    const nowSeconds = Math.floor(this.#nowMs() / 1000);
    const nowOffset = this.offset === this.offset ? this.offset : this.#local.zone.offsetAt(nowSeconds);
    const today = Math.floor((nowSeconds + nowOffset) / daySeconds) * daySeconds;
    const isAhead = this.#utc(today + this.secondOfDay) > nowSeconds + 3600;
    const day = isAhead ? today - daySeconds : today;
    return this.set(this.#utc(day + this.secondOfDay), this.nanos);
  }
}

function zoneOf(name: string): TimeZone {
  const zone = findTimeZone(name === '' ? 'UTC' : name);
  if (zone !== undefined) return zone;
  throw new AppError('bad_request', `"${name}" is no time zone: give an IANA name such as "Europe/Berlin", or "+02:00"`);
}
