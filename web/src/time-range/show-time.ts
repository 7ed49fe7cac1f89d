/** Times as the interface shows them: always 24 hours, year first, in the chosen zone. */
import { two, wallTimeOf } from './zones.ts';
import type { SettledRange, TimeChoice } from './time-choice.ts';
import type { Zone } from './zones.ts';

/** `2026-11-21` */
export function showDate(ms: number, zone: Zone): string {
  const { year, month, day } = wallTimeOf(ms, zone);
  return `${year}-${two(month)}-${two(day)}`;
}

export type Precision = 'minute' | 'second' | 'millisecond';

/** `20:04:17.123` */
export function showClock(ms: number, zone: Zone, precision: Precision = 'second'): string {
  const { hour, minute, second, millisecond } = wallTimeOf(ms, zone);
  const minutes = `${two(hour)}:${two(minute)}`;
  if (precision === 'minute') return minutes;
  return precision === 'second' ? `${minutes}:${two(second)}` : `${minutes}:${two(second)}.${String(millisecond).padStart(3, '0')}`;
}

/** `2026-11-21 20:04:17.123` */
export function showInstant(ms: number, zone: Zone, precision: Precision = 'millisecond'): string {
  return `${showDate(ms, zone)} ${showClock(ms, zone, precision)}`;
}

/** An RFC 3339 time with all the digits that it has, in the zone: `2026-11-21 20:04:17.123456789`. */
export function showTimestamp(rfc3339: string, zone: Zone): string {
  const ms = Date.parse(rfc3339);
  if (Number.isNaN(ms)) return rfc3339;
  const fraction = /\.(\d+)/.exec(rfc3339)?.[1] ?? '000';
  return `${showInstant(ms, zone, 'second')}.${fraction.padEnd(3, '0')}`;
}

/** `14:00 – 14:10` today, with the date where it is another day. */
export function showRange({ fromMs, toMs }: SettledRange, zone: Zone, nowMs: number): string {
  const precision = precisionOf(fromMs, toMs);
  const [fromDate, toDate, today] = [fromMs, toMs, nowMs].map((ms) => showDate(ms, zone));
  const from = showClock(fromMs, zone, precision);
  const to = showClock(toMs, zone, precision);
  if (fromDate === toDate) return fromDate === today ? `${from} – ${to}` : `${fromDate} ${from} – ${to}`;
  return `${fromDate} ${from} – ${toDate} ${to}`;
}

function precisionOf(...instants: number[]): Precision {
  if (instants.every((ms) => ms % 60_000 === 0)) return 'minute';
  return instants.every((ms) => ms % 1000 === 0) || instants.at(-1)! - instants[0] > 60_000 ? 'second' : 'millisecond';
}

/** `Last 15 minutes`, or the range itself. */
export function showChoice(choice: TimeChoice, settled: SettledRange | undefined, zone: Zone, nowMs: number): string {
  if ('last' in choice) return `Last ${spanWords(choice.last)}`;
  return settled === undefined ? `${choice.from} – ${choice.to ?? 'now'}` : showRange(settled, zone, nowMs);
}

const unitWords: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' };

/** `15m` as words; what has several units stays as it is. */
export function spanWords(span: string): string {
  const match = /^(\d+)([smhdw])$/.exec(span);
  if (match === null) return span;
  const [, amount, unit] = match;
  return `${amount} ${unitWords[unit]}${amount === '1' ? '' : 's'}`;
}
