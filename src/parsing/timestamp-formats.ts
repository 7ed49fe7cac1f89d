/**
 * Times in text, of the shapes that logs write, read from bytes where they stand.
 *
 * `read` takes the longest time that begins at a place and says where it ends. Dates: `2015-10-18`, `2015/10/18`,
 * `18/Oct/2015`, `18-Oct-2015`, `18 Oct 2015`, `18.10.2015`, `10/18/2015` (month first unless it cannot be), `17/06/09`
 * (year first), `20151018`, `081109`, `Oct 18`, `Oct 18 2015`, `Oct 18, 2015`, `Sun Oct 18 … 2015`, RFC 2822 and 850,
 * `10-18` and `10.30` (month and day). Times of day: `18:01:47`, `.` or `,` and a fraction, AM and PM, `180147`; zones:
 * `Z`, `+0200`, `+02:00`, `CEST`, `UTC+2`. Epoch numbers in s, ms, µs and ns. A time of day alone is the last
 * one that is not more than an hour ahead; one without a year, not more than a day. Without a zone the configured one holds.
 */
import { byte, decimal, digitsEnd, isAlphanumeric, isBlank, isDigit, isLetter, skipBlanks, twoDigits } from './byte-text.ts';
import { abbreviationSeconds } from './zone-abbreviations.ts';
import { WallTime, noDate, noYear } from './wall-time.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const packed = (text: string): number => (text.charCodeAt(0) << 16) | (text.charCodeAt(1) << 8) | text.charCodeAt(2);
const monthByName = new Map(months.map((name, index) => [packed(name), index + 1]));
const weekdayNames = new Set(weekdays.map(packed));

/** The three letters at `at` in lower case as one number. */
function threeLetters(bytes: Uint8Array, at: number): number {
  return ((bytes[at] | 0x20) << 16) | ((bytes[at + 1] | 0x20) << 8) | (bytes[at + 2] | 0x20);
}

export class TextTimes extends WallTime {
  /** Reads the time at `start`; returns the position behind it, or -1 where there is none. The result is in `high`, `low`. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 5) return -1;
    this.year = 0;
    this.offset = NaN;
    this.nanos = 0;
    const first = bytes[start];
    const behind = isDigit(first) ? this.#fromDigit(bytes, start, end) : isLetter(first) ? this.#fromName(bytes, start, end) : -1;
    // letters or digits that go on belong to something else
    if (behind < 0 || (behind < end && isAlphanumeric(bytes[behind]) && isAlphanumeric(bytes[behind - 1]))) return -1;
    return behind;
  }

  /** Whether `start .. end`, blanks and brackets aside, is a time. */
  readWhole(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start;
    let to = end;
    while (from < to && (bytes[from] <= byte.space || bytes[from] === byte.openBracket)) from++;
    while (to > from && (bytes[to - 1] <= byte.space || bytes[to - 1] === byte.closeBracket)) to--;
    return this.read(bytes, from, to) === to;
  }

  /** Reads the time of day at `start` on a day of a month without a year; as `read`. */
  readMonthDay(month: number, day: number, bytes: Uint8Array, start: number, end: number): number {
    this.offset = NaN;
    this.nanos = 0;
    this.year = noYear;
    this.month = month;
    this.day = day;
    return this.#settle(bytes, this.#clock(bytes, start, end), end);
  }

  /** Reads `2015-10-18` at `date` and the time of day at `start`, apart from each other, in UTC; as `read`. */
  readDateAndTime(bytes: Uint8Array, date: number, start: number, end: number): number {
    this.offset = 0;
    this.nanos = 0;
    this.year = decimal(bytes, date, date + 4);
    this.month = twoDigits(bytes, date + 5, date + 7);
    this.day = twoDigits(bytes, date + 8, date + 10);
    const behind = this.#clock(bytes, start, end);
    return behind >= 0 && this.resolve() ? behind : -1;
  }

  #fromDigit(bytes: Uint8Array, start: number, end: number): number {
    const digits = digitsEnd(bytes, start, Math.min(end, start + 20)) - start;
    const after = start + digits;
    const mark = after < end ? bytes[after] : 0;
    if (digits === 4 && (mark === byte.minus || mark === byte.slash || mark === byte.dot)) return this.#yearFirst(bytes, start, end, mark);
    if (digits <= 2) {
      if (mark === byte.colon) {
        this.year = noDate;
        return this.#settle(bytes, this.#clock(bytes, start, end), end);
      }
      return this.#dayFirst(bytes, start, after, end, mark);
    }
    if (digits === 8 || digits === 6) return this.#compact(bytes, start, after, end, digits);
    if (digits === 14) return this.#fourteen(bytes, start, end);
    return digits >= 10 ? this.#epoch(bytes, start, after, end, digits) : -1;
  }

  /** `2015-10-18…`, also with one digit of month or day. */
  #yearFirst(bytes: Uint8Array, start: number, end: number, mark: number): number {
    const monthEnd = digitsEnd(bytes, start + 5, Math.min(end, start + 8));
    if (monthEnd === start + 5 || monthEnd >= end || bytes[monthEnd] !== mark) return -1;
    const dayEnd = digitsEnd(bytes, monthEnd + 1, Math.min(end, monthEnd + 4));
    if (dayEnd === monthEnd + 1) return -1;
    this.year = decimal(bytes, start, start + 4);
    this.month = decimal(bytes, start + 5, monthEnd);
    this.day = decimal(bytes, monthEnd + 1, dayEnd);
    return this.#afterDate(bytes, dayEnd, end, true);
  }

  /** `18/Oct/2015:…`, `18-Oct-15 …`, `18 Oct 2015 …`, `18.10.2015 …`, `10/18/2015 …`, `17/06/09 …`, `10-18 …`, `10.30 …`. */
  #dayFirst(bytes: Uint8Array, start: number, after: number, end: number, mark: number): number {
    if (mark !== byte.slash && mark !== byte.minus && mark !== byte.dot && mark !== byte.space) return -1;
    const first = decimal(bytes, start, after);
    let at = after + 1;
    if (at + 3 > end) return -1;
    if (isLetter(bytes[at])) {
      const month = monthByName.get(threeLetters(bytes, at));
      if (month === undefined) return -1;
      this.day = first;
      this.month = month;
      at = letterEnd(bytes, at, end);
      if (mark !== byte.space) {
        if (at >= end || bytes[at] !== mark) return -1;
        at = this.#yearAt(bytes, at + 1, end);
        return at < 0 ? -1 : this.#afterDate(bytes, at, end, true);
      }
      if (at < end && bytes[at] === byte.comma) at++;
      return this.#yearAndClock(bytes, at, end);
    }
    if (mark === byte.space) return -1;
    const secondEnd = digitsEnd(bytes, at, Math.min(end, at + 3));
    if (secondEnd === at || secondEnd - at > 2) return -1;
    const second = decimal(bytes, at, secondEnd);
    if (secondEnd < end && bytes[secondEnd] === mark && isDigit(bytes[secondEnd + 1])) {
      const thirdEnd = digitsEnd(bytes, secondEnd + 1, Math.min(end, secondEnd + 6));
      return this.#threeNumbers(bytes, mark, first, second, secondEnd + 1, thirdEnd, end);
    }
    if (mark === byte.slash) return -1;
    this.year = noYear;
    this.month = first;
    this.day = second;
    // a number with a fraction is no date: only with a time of day behind it
    if (secondEnd >= end || bytes[secondEnd] !== byte.space) return -1;
    return this.#afterDate(bytes, secondEnd, end, false);
  }

  #threeNumbers(bytes: Uint8Array, mark: number, first: number, second: number, start: number, thirdEnd: number, end: number): number {
    const third = decimal(bytes, start, thirdEnd);
    if (thirdEnd - start === 4) {
      const dayLeads = mark === byte.dot || first > 12;
      this.year = third;
      this.month = dayLeads ? second : first;
      this.day = dayLeads ? first : second;
    } else if (thirdEnd - start === 2) {
      this.year = fullYear(mark === byte.dot ? third : first);
      this.month = second;
      this.day = mark === byte.dot ? first : third;
    } else {
      return -1;
    }
    return this.#afterDate(bytes, thirdEnd, end, false);
  }

  /** `20151018T180147`, `20151018 18:01:47`, `081109 203615`, `151018 18:01:47`. */
  #compact(bytes: Uint8Array, start: number, after: number, end: number, digits: number): number {
    const mark = after < end ? bytes[after] : 0;
    if (mark !== byte.space && mark !== 0x54 && mark !== byte.minus && mark !== byte.underscore) return -1;
    const monthAt = after - 4;
    this.year = digits === 8 ? decimal(bytes, start, monthAt) : fullYear(decimal(bytes, start, monthAt));
    this.month = decimal(bytes, monthAt, monthAt + 2);
    this.day = decimal(bytes, monthAt + 2, after);
    const at = skipBlanks(bytes, after + 1, end);
    if (digitsEnd(bytes, at, Math.min(end, at + 7)) - at === 6) return this.#settle(bytes, this.#sixDigits(bytes, at, end), end);
    return this.#settle(bytes, this.#clock(bytes, at, end), end);
  }

  /** `20151018180147`; other numbers of 14 digits are too early or too late to be milliseconds. */
  #fourteen(bytes: Uint8Array, start: number, end: number): number {
    this.year = decimal(bytes, start, start + 4);
    this.month = decimal(bytes, start + 4, start + 6);
    this.day = decimal(bytes, start + 6, start + 8);
    return this.#settle(bytes, this.#sixDigits(bytes, start + 8, end), end);
  }

  #sixDigits(bytes: Uint8Array, at: number, end: number): number {
    return this.#dayTime(bytes, twoDigits(bytes, at, end), twoDigits(bytes, at + 2, end), twoDigits(bytes, at + 4, end), at + 6, end);
  }

  /** An epoch number of this century: 10 digits seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds. */
  #epoch(bytes: Uint8Array, start: number, after: number, end: number, digits: number): number {
    if (digits !== 10 && digits !== 13 && digits !== 16 && digits !== 19) return -1;
    const seconds = decimal(bytes, start, start + 10);
    if (seconds < 900_000_000 || seconds > 4_102_444_800) return -1;
    let nanos = 0;
    let scale = 1e8;
    let at = start + 10;
    for (; at < after; at++, scale /= 10) nanos += (bytes[at] - byte.zero) * scale;
    if (at + 1 < end && bytes[at] === byte.dot && isDigit(bytes[at + 1])) {
      for (at++; at < end && isDigit(bytes[at]); at++, scale /= 10) if (scale >= 1) nanos += (bytes[at] - byte.zero) * scale;
    }
    return this.set(seconds, nanos) ? at : -1;
  }

  /** From a month or a weekday. */
  #fromName(bytes: Uint8Array, start: number, end: number): number {
    const name = threeLetters(bytes, start);
    let at = letterEnd(bytes, start, end);
    const month = monthByName.get(name);
    if (month !== undefined) return this.#monthFirst(bytes, month, at, end);
    if (!weekdayNames.has(name) || at >= end) return -1;
    if (bytes[at] === byte.comma) at++;
    at = skipBlanks(bytes, at, end);
    if (at + 4 > end) return -1;
    if (isDigit(bytes[at])) {
      const after = digitsEnd(bytes, at, Math.min(end, at + 3));
      return after < end ? this.#dayFirst(bytes, at, after, end, bytes[after]) : -1;
    }
    const named = monthByName.get(threeLetters(bytes, at));
    return named === undefined ? -1 : this.#monthFirst(bytes, named, letterEnd(bytes, at, end), end);
  }

  /** Behind the name of the month: ` _2 15:04:05`, ` 2, 2006 3:04:05 PM`, ` 02 2006 15:04:05`, ` 4 04:47:44 2005`. */
  #monthFirst(bytes: Uint8Array, month: number, behindMonth: number, end: number): number {
    let at = behindMonth < end && bytes[behindMonth] === byte.dot ? behindMonth + 1 : behindMonth;
    if (at >= end || !isBlank(bytes[at])) return -1;
    at = skipBlanks(bytes, at, end);
    const dayEnd = digitsEnd(bytes, at, Math.min(end, at + 3));
    if (dayEnd === at || dayEnd - at > 2 || dayEnd >= end) return -1;
    this.month = month;
    this.day = decimal(bytes, at, dayEnd);
    at = bytes[dayEnd] === byte.comma ? dayEnd + 1 : dayEnd;
    return this.#yearAndClock(bytes, at, end);
  }

  /** ` 2006 15:04:05`, or ` 15:04:05` with or without a year behind it. */
  #yearAndClock(bytes: Uint8Array, start: number, end: number): number {
    let at = skipBlanks(bytes, start, end);
    if (at === start) return -1;
    this.year = noYear;
    if (digitsEnd(bytes, at, Math.min(end, at + 5)) - at === 4 && bytes[at + 4] !== byte.colon) {
      this.year = decimal(bytes, at, at + 4);
      at += 4;
      if (at < end && (bytes[at] === byte.comma || bytes[at] === byte.colon)) at++;
      return this.#settle(bytes, this.#clock(bytes, skipBlanks(bytes, at, end), end), end);
    }
    at = this.#clock(bytes, at, end);
    if (at < 0) return -1;
    at = this.#zone(bytes, at, end);
    if (at + 5 <= end && bytes[at] === byte.space && digitsEnd(bytes, at + 1, Math.min(end, at + 6)) === at + 5) {
      const year = decimal(bytes, at + 1, at + 5);
      if (year >= 1970 && year < 2200) {
        this.year = year;
        at += 5;
      }
    }
    return this.resolve() ? at : -1;
  }

  /** Year of four or two digits; the position behind it or -1. */
  #yearAt(bytes: Uint8Array, start: number, end: number): number {
    const at = digitsEnd(bytes, start, Math.min(end, start + 5));
    if (at - start !== 4 && at - start !== 2) return -1;
    this.year = at - start === 4 ? decimal(bytes, start, at) : fullYear(decimal(bytes, start, at));
    return at;
  }

  /** The time of day behind a date, which may be missing where `alone`. */
  #afterDate(bytes: Uint8Array, dateEnd: number, end: number, alone: boolean): number {
    const mark = dateEnd < end ? bytes[dateEnd] : 0;
    const follows = mark === byte.space || (mark | 0x20) === 0x74 || mark === byte.colon || mark === byte.minus || mark === byte.underscore;
    if (follows) {
      const at = mark === byte.space ? skipBlanks(bytes, dateEnd, end) : dateEnd + 1;
      const behind = this.#clock(bytes, at, end);
      if (behind >= 0) return this.#settle(bytes, behind, end);
    }
    if (!alone || (mark !== 0 && isAlphanumeric(mark))) return -1;
    this.secondOfDay = 0;
    return this.resolve() ? dateEnd : -1;
  }

  /** `H:MM`, `HH:MM:SS`, `HH.MM.SS`, with fraction and AM or PM; the position behind it or -1. */
  #clock(bytes: Uint8Array, start: number, end: number): number {
    const hourEnd = digitsEnd(bytes, start, Math.min(end, start + 3));
    if (hourEnd === start || hourEnd - start > 2 || hourEnd + 3 > end) return -1;
    const mark = bytes[hourEnd];
    if (mark !== byte.colon && mark !== byte.dot) return -1;
    const hour = decimal(bytes, start, hourEnd);
    const minute = twoDigits(bytes, hourEnd + 1, end);
    const at = hourEnd + 3;
    if (at < end && bytes[at] === mark && at + 3 <= end)
      return this.#dayTime(bytes, hour, minute, twoDigits(bytes, at + 1, end), at + 3, end);
    return mark === byte.colon ? this.#dayTime(bytes, hour, minute, 0, at, end) : -1;
  }

  /** Keeps the time of day, with the fraction and the half of the day that stand at `start`. */
  #dayTime(bytes: Uint8Array, hour: number, minute: number, second: number, start: number, end: number): number {
    if (!(hour < 24 && minute < 60 && second <= 60)) return -1;
    let at = start;
    const mark = at < end ? bytes[at] : 0;
    if ((mark === byte.dot || mark === byte.comma || mark === byte.colon) && at + 1 < end && isDigit(bytes[at + 1])) {
      let scale = 1e8;
      let nanos = 0;
      for (at++; at < end && isDigit(bytes[at]); at++, scale /= 10) if (scale >= 1) nanos += (bytes[at] - byte.zero) * scale;
      this.nanos = Math.round(nanos);
    }
    const half = at + 2 < end && bytes[at] === byte.space ? at + 1 : at;
    const letter = half + 1 < end ? bytes[half] | 0x20 : 0;
    if (
      (letter === 0x61 || letter === 0x70) &&
      (bytes[half + 1] | 0x20) === 0x6d &&
      hour >= 1 &&
      hour <= 12 &&
      endsAt(bytes, half + 2, end)
    ) {
      this.secondOfDay = ((hour % 12) + (letter === 0x70 ? 12 : 0)) * 3600 + minute * 60 + second;
      return half + 2;
    }
    this.secondOfDay = hour * 3600 + minute * 60 + second;
    return at;
  }

  #settle(bytes: Uint8Array, behindClock: number, end: number): number {
    if (behindClock < 0) return -1;
    const behind = this.#zone(bytes, behindClock, end);
    return this.resolve() ? behind : -1;
  }

  /** Reads a zone, if there is one; the position behind it, else `start`. */
  #zone(bytes: Uint8Array, start: number, end: number): number {
    let at = start < end && bytes[start] === byte.space ? start + 1 : start;
    if (at >= end) return start;
    const first = bytes[at];
    if ((first | 0x20) === 0x7a && endsAt(bytes, at + 1, end)) {
      this.offset = 0;
      return at + 1;
    }
    if (first === byte.plus || first === byte.minus) return this.#numericZone(bytes, at, end, at === start, start);
    if (first < 0x41 || first > 0x5a) return start;
    const nameEnd = letterEnd(bytes, at, end);
    const seconds = abbreviationSeconds(bytes, at, nameEnd);
    if (seconds !== seconds) return start;
    this.offset = seconds;
    at = nameEnd;
    const isUtc = seconds === 0 && at < end && (bytes[at] === byte.plus || bytes[at] === byte.minus);
    return isUtc ? this.#numericZone(bytes, at, end, true, at) : at;
  }

  /** `+0200`, `+02:00`; also `+2` and `+02` where it is `attached` to what it belongs to. */
  #numericZone(bytes: Uint8Array, start: number, end: number, attached: boolean, none: number): number {
    const sign = bytes[start] === byte.minus ? -1 : 1;
    const digits = digitsEnd(bytes, start + 1, Math.min(end, start + 6)) - start - 1;
    let at = start + 1 + digits;
    let hours = NaN;
    let minutes = 0;
    if (digits === 4) {
      hours = twoDigits(bytes, start + 1, end);
      minutes = twoDigits(bytes, start + 3, end);
    } else if (digits === 2 && at < end && bytes[at] === byte.colon) {
      hours = twoDigits(bytes, start + 1, end);
      minutes = twoDigits(bytes, at + 1, end);
      at += 3;
    } else if (attached && (digits === 1 || digits === 2)) {
      hours = decimal(bytes, start + 1, at);
    }
    if (!(hours <= 15 && minutes < 60) || !endsAt(bytes, at, end)) return none;
    this.offset = sign * (hours * 3600 + minutes * 60);
    return at;
  }
}

function letterEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isLetter(bytes[at])) at++;
  return at;
}

function endsAt(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || !isAlphanumeric(bytes[at]);
}

function fullYear(twoDigitYear: number): number {
  return twoDigitYear < 70 ? 2000 + twoDigitYear : 1900 + twoDigitYear;
}
