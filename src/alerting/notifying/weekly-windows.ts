/**
 * Hours of the week on the clocks of a place: on-call hours of routes and weekly maintenance. A window goes from the instant at
 * which the clocks show its beginning to the one at which they show its end; one whose end is not after its beginning ends on
 * the next day, and belongs to the day on which it begins. What clocks show twice is the first of the two; a time that they
 * leave out is the one an hour later.
 */
import { findTimeZone, utcOfLocal } from '#base/time-zones.ts';
import type { TimeZone } from '#base/time-zones.ts';
import { invariant } from '#base/errors.ts';
import type { Weekday, WeeklyWindow } from '../notification-rules.ts';

const weekdays: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const daySeconds = 86_400;

/** Instants in seconds since 1970, half open. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export function isWithin(windows: readonly WeeklyWindow[], atMs: number): boolean {
  return windows.some((window) => spansOf(window, atMs, 0).some((span) => contains(span, atMs)));
}

/** The next time at which `isWithin` changes; undefined where it never does. */
export function nextChangeMs(windows: readonly WeeklyWindow[], atMs: number): number | undefined {
  const now = isWithin(windows, atMs);
  const ends = windows.flatMap((window) => spansOf(window, atMs, 8)).flatMap(({ from, to }) => [from * 1000, to * 1000]);
  return ends
    .filter((ms) => ms > atMs)
    .toSorted((a, b) => a - b)
    .find((ms) => isWithin(windows, ms) !== now);
}

const contains = ({ from, to }: Span, atMs: number): boolean => atMs >= from * 1000 && atMs < to * 1000;

/** Those that begin from yesterday to so many days ahead. */
function spansOf({ days, from = '00:00', to = '24:00', zone: name = 'UTC' }: WeeklyWindow, atMs: number, daysAhead: number): Span[] {
  const zone = zoneOf(name);
  const [first, end] = [secondOf(from), secondOf(to)];
  const behind = first < end ? end : end + daySeconds;
  const atSeconds = Math.floor(atMs / 1000);
  const today = Math.floor((atSeconds + zone.offsetAt(atSeconds)) / daySeconds);
  const spans: Span[] = [];
  for (let day = today - 1; day <= today + daysAhead; day++) {
    if (days !== undefined && !days.includes(weekdayOf(day))) continue;
    const midnight = day * daySeconds;
    spans.push({ from: utcOfLocal(zone, midnight + first), to: utcOfLocal(zone, midnight + behind) });
  }
  return spans;
}

const secondOf = (time: string): number => Number(time.slice(0, 2)) * 3600 + Number(time.slice(3, 5)) * 60;

/** Of a day since 1970, whose first was a Thursday. */
const weekdayOf = (day: number): Weekday => weekdays[(day + 4) % 7];

const zones = new Map<string, TimeZone>();

function zoneOf(name: string): TimeZone {
  const zone = zones.get(name) ?? findTimeZone(name);
  invariant(zone !== undefined, `there is no zone "${name}"`);
  zones.set(name, zone);
  return zone;
}

export function isZone(name: string): boolean {
  return findTimeZone(name) !== undefined;
}
