/**
 * A point in time as people and programs write it: RFC 3339 with up to nanoseconds, a date, epoch numbers, and
 * now-math (`now-1h`, `now-7d/d`). Everything is UTC unless an offset says otherwise. Used by the query language and by the time ranges of requests.
 *
 * Now-math is Elasticsearch's date math with `now` as its anchor: `+` and `-` steps and `/unit` rounding, read from
 * left to right. Rounding always goes down, also at the end of a range: ranges are half open, so `now-1d/d` to `now/d`
 * is yesterday, whole.
 */

export const nsPerMs = 1_000_000n;

/** What lines can carry: ClickHouse's DateTime64(9) ends in April 2262, and line ids begin in 1970. */
export const earliestNs = 0n;
export const latestNs = 9_223_372_036n * 1_000_000_000n;

/**
 * Nanoseconds since 1970, or undefined where the value is none of the forms above or outside 1970 to 2262.
 * A number is epoch seconds, milliseconds, microseconds or nanoseconds by its size: below 1e11 seconds (the year
 * 5138), below 1e14 milliseconds, below 1e17 microseconds.
 */
export function parseInstant(value: string | number, nowMs: number): bigint | undefined {
  const text = String(value).trim();
  const ns = text.startsWith('now') ? parseNowMath(text, nowMs) : (parseEpoch(text) ?? parseRfc3339(text));
  return ns === undefined || ns < earliestNs || ns > latestNs ? undefined : ns;
}

const epochUnits = [
  { below: 10n ** 11n, digits: 9 },
  { below: 10n ** 14n, digits: 6 },
  { below: 10n ** 17n, digits: 3 },
  { below: 10n ** 20n, digits: 0 },
] as const;

function parseEpoch(text: string): bigint | undefined {
  const match = /^(\d{1,20})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const whole = BigInt(match[1]);
  const unit = epochUnits.find(({ below }) => whole < below);
  if (unit === undefined) return undefined;
  const fraction = (match[2] ?? '').padEnd(unit.digits, '0').slice(0, unit.digits);
  return whole * 10n ** BigInt(unit.digits) + BigInt(fraction === '' ? 0 : fraction);
}

const rfc3339Pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?)?$/;

/** RFC 3339, and by leniency: a date alone, a blank for the T, no seconds, no zone (UTC). */
function parseRfc3339(text: string): bigint | undefined {
  const match = rfc3339Pattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const offsetSign = match[9] === '-' ? -1 : 1;
  const [offsetHours, offsetMinutes] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  // A leap second (:60) is the first second of the next minute, as POSIX time has it.
  if (!isDay || hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - offsetSign * (offsetHours * 60 + offsetMinutes) * 60_000;
  return BigInt(ms) * nsPerMs + BigInt((match[7] ?? '').padEnd(9, '0'));
}

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const stepUnitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, H: 3_600_000, d: 86_400_000, w: 604_800_000 };

function parseNowMath(text: string, nowMs: number): bigint | undefined {
  if (!/^now(?:[+-]\d{1,9}[smhHdwMy]|\/[smhHdwMy])*$/.test(text) || text.length > 64) return undefined;
  let ms = nowMs;
  for (const [, sign, amount, unit, roundUnit] of text.matchAll(/([+-])(\d+)([smhHdwMy])|\/([smhHdwMy])/g)) {
    ms = roundUnit === undefined ? addUnits(ms, sign === '-' ? -Number(amount) : Number(amount), unit) : roundDown(ms, roundUnit);
  }
  return Number.isFinite(ms) ? BigInt(Math.floor(ms)) * nsPerMs : undefined;
}

/** A month more than 31 January is the last day of February. */
function addUnits(ms: number, amount: number, unit: string): number {
  const unitMs = stepUnitsMs[unit];
  if (unitMs !== undefined) return ms + amount * unitMs;
  const date = new Date(ms);
  const months = date.getUTCMonth() + (unit === 'y' ? 12 * amount : amount);
  const firstOfMonth = new Date(Date.UTC(date.getUTCFullYear(), months, 1));
  const day = Math.min(date.getUTCDate(), daysOfMonth(firstOfMonth.getUTCFullYear(), firstOfMonth.getUTCMonth() + 1));
  return firstOfMonth.getTime() + (day - 1) * 86_400_000 + positiveRest(ms, 86_400_000);
}

function roundDown(ms: number, unit: string): number {
  const date = new Date(ms);
  if (unit === 'M') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  if (unit === 'y') return Date.UTC(date.getUTCFullYear(), 0, 1);
  // 1 January 1970 was a Thursday; weeks begin on Monday (ISO 8601).
  if (unit === 'w') return ms - positiveRest(ms + 3 * 86_400_000, stepUnitsMs['w']);
  return ms - positiveRest(ms, stepUnitsMs[unit]);
}

function positiveRest(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
