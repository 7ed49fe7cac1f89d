/**
 * Event times: from RFC 3339 / ISO 8601 text or epoch numbers to nanoseconds since 1970, and back.
 *
 * A time is kept as two unsigned 32-bit words (`high`, `low`), so that a decoder writes it into a column without making a
 * BigInt for each line. Range: 1970-01-01 to 2262-04-11T23:47:16.854775807Z (a signed 64-bit count); outside it, and for
 * anything unreadable, parsing fails. Called by receivers (bytes) and by the API and the language (text).
 */

/** Last whole second in range; its last nanosecond is 854775807. */
const maxSeconds = 9_223_372_036;
const maxNanosOfLastSecond = 854_775_807;

const zero = 0x30;
const nine = 0x39;
const space = 0x20;

/** Nanoseconds since 1970 in two unsigned words. */
export class EpochNanos {
  /** Upper 32 bits. */
  high = 0;
  /** Lower 32 bits. */
  low = 0;

  /**
   * Takes a time of whole seconds and nanoseconds (below 10^9 or a little more, from a leap second); false, and nothing
   * changed, where it is out of range. Exact doubles only: s = 2q + r, 10^9 = 5^9 × 2^9.
   */
  set(seconds: number, nanos: number): boolean {
    if (!(seconds >= 0 && (seconds < maxSeconds || (seconds === maxSeconds && nanos <= maxNanosOfLastSecond)))) return false;
    const half = Math.floor(seconds / 2);
    const product = half * 1_953_125;
    let high = Math.floor(product / 4_194_304);
    let low = (product - high * 4_194_304) * 1024 + (seconds - half * 2) * 1e9 + nanos;
    if (low >= 4_294_967_296) {
      high++;
      low -= 4_294_967_296;
    }
    this.high = high;
    this.low = low;
    return true;
  }
}

/** Reads times from bytes; holds the last result and the last date, which the next line mostly shares. */
export class TimestampParser extends EpochNanos {
  // no UTF-8 text begins with 0xff bytes, so nothing matches before the first date was read
  #dateWord0 = -1;
  #dateWord1 = -1;
  #dateWord2 = -1;
  #dateSeconds = 0;

  /** Reads `start .. end` as a date and time or a numeric text; the result is in `high` and `low`. False: unreadable. */
  parseText(view: DataView, start: number, end: number): boolean {
    // fast path: YYYY-MM-DDTHH:MM:SS.fffZ on the date of the last call
    if (
      end - start >= 20 &&
      view.getInt32(start, true) === this.#dateWord0 &&
      view.getInt32(start + 4, true) === this.#dateWord1 &&
      (view.getInt32(start + 8, true) & 0xffff) === this.#dateWord2 &&
      this.#timeOfDay(view, start + 10, end, this.#dateSeconds)
    ) {
      return true;
    }
    let from = start;
    let to = end;
    while (from < to && view.getUint8(from) <= space) from++;
    while (from < to && view.getUint8(to - 1) <= space) to--;
    if (to - from > 4 && view.getUint8(from + 4) === 0x2d) return this.#dateAndTime(view, from, to);
    return this.parseNumber(view, from, to);
  }

  /** Reads an epoch number: up to 11 integer digits seconds, 12-14 milliseconds, 15-17 microseconds, more nanoseconds. */
  parseNumber(view: DataView, start: number, end: number): boolean {
    let at = start;
    while (at < end - 1 && view.getUint8(at) === zero && isDigit(view.getUint8(at + 1))) at++;
    const firstDigit = at;
    while (at < end && isDigit(view.getUint8(at))) at++;
    const digits = at - firstDigit;
    if (digits === 0 || digits > 19) return false;
    const decimals = digits <= 11 ? 0 : digits <= 14 ? 3 : digits <= 17 ? 6 : 9;
    const secondsEnd = at - decimals;
    const seconds = decimalOf(view, firstDigit, secondsEnd);
    let nanos = decimalOf(view, secondsEnd, at);
    let scale = 10 ** (9 - decimals);
    nanos *= scale;
    if (at < end && (view.getUint8(at) | 0x20) === 0x65) return this.#exponentNumber(view, start, end);
    if (at < end) {
      if (view.getUint8(at) !== 0x2e || at + 1 === end) return false;
      for (at++; at < end; at++) {
        const digit = view.getUint8(at) - zero;
        if (digit < 0 || digit > 9) return this.#exponentNumber(view, start, end);
        scale /= 10;
        if (scale >= 1) nanos += digit * scale;
      }
    }
    return this.set(seconds, nanos);
  }

  /** 1.7e9 and the like: through a double, so only as exact as that. */
  #exponentNumber(view: DataView, start: number, end: number): boolean {
    let text = '';
    for (let at = start; at < end && text.length < 64; at++) text += String.fromCharCode(view.getUint8(at));
    if (!/^\d+(\.\d+)?[eE][+-]?\d+$/.test(text)) return false;
    const value = Number(text);
    const perSecond = value < 1e11 ? 1 : value < 1e14 ? 1e3 : value < 1e17 ? 1e6 : 1e9;
    const seconds = Math.floor(value / perSecond);
    return this.set(seconds, Math.floor((value - seconds * perSecond) * (1e9 / perSecond)));
  }

  #dateAndTime(view: DataView, start: number, end: number): boolean {
    if (end - start < 10 || view.getUint8(start + 7) !== 0x2d) return false;
    const year = twoDigits(view, start) * 100 + twoDigits(view, start + 2);
    const month = twoDigits(view, start + 5);
    const day = twoDigits(view, start + 8);
    // NaN, from a byte that is no digit, fails every comparison
    if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return false;
    const seconds = daysSince1970(year, month, day) * 86_400;
    if (end - start === 10) return this.set(seconds, 0);
    if (end - start < 16) return false;
    this.#dateWord0 = view.getInt32(start, true);
    this.#dateWord1 = view.getInt32(start + 4, true);
    this.#dateWord2 = view.getUint16(start + 8, true);
    this.#dateSeconds = seconds;
    return this.#timeOfDay(view, start + 10, end, seconds);
  }

  /** Reads `THH:MM[:SS[.fraction]][offset]` at `start`, on the day that begins at `daySeconds`. */
  #timeOfDay(view: DataView, start: number, end: number, daySeconds: number): boolean {
    const separator = view.getUint8(start);
    if (separator !== 0x54 && separator !== space && separator !== 0x74) return false;
    const hour = twoDigits(view, start + 1);
    const minute = twoDigits(view, start + 4);
    if (view.getUint8(start + 3) !== 0x3a || !(hour < 24 && minute < 60)) return false;
    let seconds = daySeconds + hour * 3600 + minute * 60;
    let nanos = 0;
    let at = start + 6;
    if (at + 2 < end && view.getUint8(at) === 0x3a) {
      const second = twoDigits(view, at + 1);
      if (!(second <= 60)) return false;
      seconds += second;
      at += 3;
      const mark = at < end ? view.getUint8(at) : 0;
      if (mark === 0x2e || mark === 0x2c) {
        const fractionStart = ++at;
        let scale = 100_000_000;
        for (let digit = 0; at < end && (digit = view.getUint8(at) - zero) >= 0 && digit <= 9; at++) {
          nanos += digit * scale;
          scale = scale >= 10 ? scale / 10 : 0;
        }
        if (at === fractionStart) return false;
      }
    }
    if (at === end - 1 && (view.getUint8(at) | 0x20) === 0x7a) return this.set(seconds, nanos); // Z
    const offset = offsetSeconds(view, at, end);
    return offset === offset && this.set(seconds - offset, nanos);
  }
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

/** Number of two decimal digits, NaN where one is no digit. */
function twoDigits(view: DataView, at: number): number {
  const tens = view.getUint8(at) - zero;
  const ones = view.getUint8(at + 1) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function decimalOf(view: DataView, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + view.getUint8(at) - zero;
  return value;
}

/** Seconds east of UTC of ``, `Z`, `+HH`, `+HHMM` or `+HH:MM`, after optional spaces; NaN where it is none of them. */
function offsetSeconds(view: DataView, start: number, end: number): number {
  let at = start;
  while (at < end && view.getUint8(at) === space) at++;
  if (at === end) return at === start ? 0 : NaN;
  const sign = view.getUint8(at++);
  if ((sign | 0x20) === 0x7a) return at === end ? 0 : NaN;
  if ((sign !== 0x2b && sign !== 0x2d) || at + 2 > end) return NaN;
  const hours = twoDigits(view, at);
  at += 2;
  if (at < end && view.getUint8(at) === 0x3a) at++;
  else if (at < end && end - at !== 2) return NaN;
  const minutes = at === end && isDigit(view.getUint8(at - 1)) ? 0 : at + 2 === end ? twoDigits(view, at) : NaN;
  if (!(hours < 24 && minutes < 60)) return NaN;
  return (sign === 0x2d ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Days of a month, 1-12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 in the Gregorian calendar (the usual "days from civil" count with years beginning in March). */
export function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return shifted * 365 + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) + dayOfYear - 719_468;
}

const textEncoder = new TextEncoder();
const textParser = new TimestampParser();

/** Nanoseconds since 1970 of a date and time or an epoch number, or undefined. Same grammar as TimestampParser. */
export function parseTimestamp(text: string): bigint | undefined {
  const bytes = textEncoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!textParser.parseText(view, 0, bytes.length)) return undefined;
  return (BigInt(textParser.high) << 32n) | BigInt(textParser.low);
}

/** RFC 3339 in UTC with 3, 6 or 9 digits of fraction, as many as it takes: `2025-07-15T10:23:45.123Z`. */
export function formatTimestamp(tsNs: bigint): string {
  const millis = tsNs / 1_000_000n - (tsNs % 1_000_000n < 0n ? 1n : 0n);
  const nanos = Number(tsNs - millis * 1_000_000n);
  const text = new Date(Number(millis)).toISOString();
  if (nanos === 0) return text;
  const digits = String(nanos).padStart(6, '0');
  return `${text.slice(0, -1)}${nanos % 1000 === 0 ? digits.slice(0, 3) : digits}Z`;
}
