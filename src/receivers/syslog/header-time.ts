/**
 * The times at the head of syslog messages, in all the shapes that devices give them:
 *
 *   Oct 11 22:14:15[.123]             RFC 3164, 4.1.2: no year, no zone
 *   Oct 11 2003 22:14:15, Oct 11 22:14:15 2003, 2003 Oct 11 22:14:15, Wed Oct 11 22:14:15
 *   … UTC, … CET:, … +01:00           Cisco and others, behind any of them
 *   2003-10-11T22:14:15.003Z          RFC 3339, also with a space, a comma, or without a zone
 *   1563249630.774247467              epoch seconds (Meraki)
 *
 * A year that is missing is the latest one that does not lie ahead of the receive time, two days apart for clocks and
 * zones that differ: on New Year's day a line of December is last year's, and one of 1 January is not a year old.
 */
import type { LocalTimes } from '#base/time-zones.ts';
import { TimestampParser } from '#model/timestamps.ts';
import { offsetOfAbbreviation } from '#parsing/zone-abbreviations.ts';

const space = 0x20;
const colon = 0x3a;
const maxAheadSeconds = 2 * 86_400;

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const wordOf = (name: string): number => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2);
const months = new Map(monthNames.map((name, index) => [wordOf(name), index]));
const weekdays = new Set(weekdayNames.map(wordOf));

/** Reads one time; holds what it read. One per decoder. */
export class HeaderTime {
  /** Nanoseconds since 1970 in two words. */
  high = 0;
  low = 0;
  /** The same in seconds; while reading, those of the day. */
  seconds = 0;
  /** Behind the time and its zone. */
  end = 0;
  readonly #zone: LocalTimes;
  readonly #times = new TimestampParser();
  #view!: DataView;
  #limit = 0;
  #nanos = 0;
  /** Seconds east of UTC where the time said so. */
  #offset: number | undefined;
  /** The last date, which the next line mostly shares. */
  #dayKey = -1;
  #daySeconds = 0;

  constructor(zone: LocalTimes) {
    this.#zone = zone;
  }

  /** Reads a time that begins at `start`; false where there is none. `limit` is the end of the message. */
  read(view: DataView, start: number, limit: number, receivedMs: number): boolean {
    this.#view = view;
    this.#limit = limit;
    this.#offset = undefined;
    if (limit - start < 10) return false;
    const first = view.getUint8(start);
    if (first >= 0x30 && first <= 0x39) {
      return view.getUint8(start + 4) === 0x2d ? this.#iso(start) : this.#yearFirst(start);
    }
    const at = weekdays.has(this.#word(start)) && view.getUint8(start + 3) === space ? start + 4 : start;
    return this.#monthFirst(at, receivedMs);
  }

  /** Reads epoch seconds with a fraction, as one word. */
  readEpoch(view: DataView, start: number, limit: number): boolean {
    this.#view = view;
    this.#limit = limit;
    const end = this.#wordEnd(start);
    if (end - start < 10 || !this.#times.parseNumber(view, start, end)) return false;
    return this.#take(end);
  }

  #iso(start: number): boolean {
    const view = this.#view;
    let end = this.#wordEnd(start);
    // the time of day may be a word of its own
    if (end - start === 10 && this.#isTimeOfDay(end + 1)) end = this.#wordEnd(end + 1);
    while (end > start && view.getUint8(end - 1) === colon) end--;
    if (end - start < 16 || !this.#times.parseText(view, start, end)) return false;
    const hasZone = this.#hasZone(start + 16, end);
    this.#take(end);
    if (hasZone) return true;
    this.#zoneBehind();
    const wallNs = (BigInt(this.high) << 32n) | BigInt(this.low);
    return this.#finish(Number(wallNs / 1_000_000_000n), Number(wallNs % 1_000_000_000n));
  }

  #hasZone(start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = this.#view.getUint8(at);
      if (byte === 0x2b || byte === 0x2d || (byte | 0x20) === 0x7a) return true;
    }
    return false;
  }

  #yearFirst(start: number): boolean {
    const year = this.#number(start, 4);
    if (!isYear(year) || this.#view.getUint8(start + 4) !== space) return false;
    const date = this.#monthAndDay(start + 5);
    if (date === undefined || !this.#timeOfDay(date.end)) return false;
    this.#zoneBehind();
    return this.#onDay(year, date);
  }

  #monthFirst(start: number, receivedMs: number): boolean {
    const date = this.#monthAndDay(start);
    if (date === undefined) return false;
    const given = this.#yearAt(date.end);
    if (!this.#timeOfDay(given === undefined ? date.end : date.end + 5)) return false;
    const year = given ?? this.#yearBehind();
    this.#zoneBehind();
    return year === undefined ? this.#onLatestDay(date, receivedMs) : this.#onDay(year, date);
  }

  /** `Mmm dd ` or `Mmm  d `. */
  #monthAndDay(start: number): MonthAndDay | undefined {
    const view = this.#view;
    if (this.#limit - start < 12) return undefined;
    const month = months.get(this.#word(start));
    if (month === undefined || view.getUint8(start + 3) !== space) return undefined;
    let at = start + 4;
    while (at < this.#limit && view.getUint8(at) === space) at++;
    const digits = this.#isDigit(at + 1) ? 2 : 1;
    const day = this.#number(at, digits);
    at += digits;
    if (!(day >= 1 && day <= 31) || !this.#isSpace(at)) return undefined;
    while (this.#isSpace(at)) at++;
    return { month, day, end: at };
  }

  /** A year and a space before the time of day. */
  #yearAt(at: number): number | undefined {
    if (!this.#isSpace(at + 4)) return undefined;
    const year = this.#number(at, 4);
    return isYear(year) ? year : undefined;
  }

  /** A year between the time of day and what follows, as ctime(3) has it. */
  #yearBehind(): number | undefined {
    if (!this.#isSpace(this.end)) return undefined;
    const year = this.#number(this.end + 1, 4);
    const behind = this.end + 5;
    if (!isYear(year) || !(this.#isSpace(behind) || this.#is(behind, colon))) return undefined;
    this.end = behind;
    return year;
  }

  /** `hh:mm:ss` with a fraction. */
  #timeOfDay(start: number): boolean {
    if (!this.#isTimeOfDay(start) || !this.#is(start + 5, colon)) return false;
    const hours = this.#number(start, 2);
    const minutes = this.#number(start + 3, 2);
    const seconds = this.#number(start + 6, 2);
    if (!(hours < 24 && minutes < 60 && seconds <= 60)) return false;
    this.seconds = hours * 3600 + minutes * 60 + seconds;
    this.#nanos = 0;
    let at = start + 8;
    if ((this.#is(at, 0x2e) || this.#is(at, 0x2c)) && this.#isDigit(at + 1)) {
      let scale = 100_000_000;
      for (at++; this.#isDigit(at); at++) {
        this.#nanos += (this.#view.getUint8(at) - 0x30) * scale;
        scale = scale >= 10 ? scale / 10 : 0;
      }
    }
    this.end = at;
    return true;
  }

  /** A zone behind the time: a known abbreviation, an offset, or any other abbreviation with a colon behind it. */
  #zoneBehind(): void {
    const start = this.end + 1;
    if (!this.#isSpace(this.end) || start >= this.#limit) return;
    const sign = this.#view.getUint8(start);
    if (sign === 0x2b || sign === 0x2d) return this.#offsetBehind(start, sign === 0x2d ? -1 : 1);
    let at = start;
    let name = '';
    while (at < this.#limit && at - start < 6 && this.#isUpper(at)) name += String.fromCharCode(this.#view.getUint8(at++));
    const isFollowedByColon = this.#is(at, colon);
    if (name === '' || !(isFollowedByColon || this.#isSpace(at))) return;
    const offset = offsetOfAbbreviation(name);
    if (offset === undefined && !isFollowedByColon) return;
    this.#offset = offset;
    this.end = at;
  }

  #offsetBehind(start: number, sign: number): void {
    const hours = this.#number(start + 1, 2);
    const minutesAt = this.#is(start + 3, colon) ? start + 4 : start + 3;
    const minutes = this.#number(minutesAt, 2);
    if (!(hours < 24 && minutes < 60) || this.#isDigit(minutesAt + 2)) return;
    this.#offset = sign * (hours * 3600 + minutes * 60);
    this.end = minutesAt + 2;
  }

  #onLatestDay(date: MonthAndDay, receivedMs: number): boolean {
    const limitSeconds = receivedMs / 1000 + maxAheadSeconds;
    const timeOfDay = this.seconds;
    const last = new Date(limitSeconds * 1000).getUTCFullYear();
    // a 29 February is at most eight years back
    for (let year = last; year > last - 9; year--) {
      if (this.#onDay(year, date) && this.seconds <= limitSeconds) return true;
      this.seconds = timeOfDay;
    }
    return false;
  }

  /** Makes the time of day, in `seconds`, a time of that day. */
  #onDay(year: number, { month, day }: MonthAndDay): boolean {
    const key = (year * 12 + month) * 32 + day;
    if (key !== this.#dayKey) {
      const date = new Date(Date.UTC(year, month, day));
      if (date.getUTCDate() !== day) return false;
      this.#dayKey = key;
      this.#daySeconds = date.getTime() / 1000;
    }
    return this.#finish(this.#daySeconds + this.seconds, this.#nanos);
  }

  #finish(wallSeconds: number, nanos: number): boolean {
    const seconds = this.#offset === undefined ? this.#zone.toUtc(wallSeconds) : wallSeconds - this.#offset;
    return this.#times.set(seconds, nanos) && this.#take(this.end);
  }

  #take(end: number): true {
    const { high, low } = this.#times;
    this.high = high;
    this.low = low;
    this.seconds = (high * 4_294_967_296 + low) / 1e9;
    this.end = end;
    return true;
  }

  #wordEnd(start: number): number {
    let at = start;
    while (at < this.#limit && this.#view.getUint8(at) !== space) at++;
    return at;
  }

  /** Three letters in lower case as one number. */
  #word(at: number): number {
    const view = this.#view;
    return ((view.getUint8(at) | 0x20) << 16) | ((view.getUint8(at + 1) | 0x20) << 8) | (view.getUint8(at + 2) | 0x20);
  }

  /** Decimal number of that many digits; NaN where it is none. */
  #number(start: number, digits: number): number {
    let value = 0;
    for (let at = start; at < start + digits; at++) {
      if (!this.#isDigit(at)) return Number.NaN;
      value = value * 10 + this.#view.getUint8(at) - 0x30;
    }
    return value;
  }

  #isTimeOfDay(at: number): boolean {
    return this.#isDigit(at) && this.#isDigit(at + 1) && this.#is(at + 2, colon) && this.#isDigit(at + 3) && this.#isDigit(at + 4);
  }

  #is(at: number, byte: number): boolean {
    return at < this.#limit && this.#view.getUint8(at) === byte;
  }

  #isSpace(at: number): boolean {
    return this.#is(at, space);
  }

  #isDigit(at: number): boolean {
    if (at >= this.#limit) return false;
    const byte = this.#view.getUint8(at);
    return byte >= 0x30 && byte <= 0x39;
  }

  #isUpper(at: number): boolean {
    const byte = this.#view.getUint8(at);
    return byte >= 0x41 && byte <= 0x5a;
  }
}

interface MonthAndDay {
  /** From 0. */
  readonly month: number;
  readonly day: number;
  /** Behind it and its spaces. */
  readonly end: number;
}

const isYear = (year: number): boolean => year >= 1970 && year < 2262;
