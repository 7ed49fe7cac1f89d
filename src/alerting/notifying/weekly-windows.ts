/**
 * Hours of the week on the clocks of a place: on-call hours of routes and weekly maintenance. A window whose end is not after
 * its beginning ends on the next day, and belongs to the day on which it begins. Where clocks are put forward, a time that
 * does not exist is the one an hour later.
 */
import type { Weekday, WeeklyWindow } from '../notification-rules.ts';

const weekdays: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const dayMinutes = 1440;
const dayMs = 86_400_000;

export function isWithin(windows: readonly WeeklyWindow[], atMs: number): boolean {
  return windows.some((window) => isInWindow(window, atMs));
}

/** The next time at which `isWithin` changes; undefined where it never does. */
export function nextChangeMs(windows: readonly WeeklyWindow[], atMs: number): number | undefined {
  const now = isWithin(windows, atMs);
  const candidates = windows.flatMap((window) => boundariesMs(window, atMs)).filter((ms) => ms > atMs);
  return candidates.toSorted((a, b) => a - b).find((ms) => isWithin(windows, ms) !== now);
}

function isInWindow({ days, from = '00:00', to = '24:00', zone = 'UTC' }: WeeklyWindow, atMs: number): boolean {
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  const { day, minute } = localTime(atMs, zone);
  const begins = (weekday: number): boolean => days === undefined || days.includes(weekdays[weekday]);
  if (fromMinute < toMinute) return begins(day) && minute >= fromMinute && minute < toMinute;
  return (begins(day) && minute >= fromMinute) || (begins((day + 6) % 7) && minute < toMinute);
}

/** Beginnings and ends from yesterday until in eight days. */
function boundariesMs({ from = '00:00', to = '24:00', zone = 'UTC' }: WeeklyWindow, atMs: number): number[] {
  const found: number[] = [];
  const midnight = localTime(atMs, zone).midnightMs;
  for (let day = -1; day <= 8; day++) {
    for (const minute of [minuteOf(from), minuteOf(to)]) found.push(instantOf(midnight + day * dayMs + minute * 60_000, zone));
  }
  return found;
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** Weekday and minute of the day there, and its midnight as if its clocks were UTC's. */
function localTime(atMs: number, zone: string): { readonly day: number; readonly minute: number; readonly midnightMs: number } {
  const localMs = atMs + offsetMs(atMs, zone);
  const midnightMs = Math.floor(localMs / dayMs) * dayMs;
  return { day: new Date(midnightMs).getUTCDay(), minute: Math.floor((localMs - midnightMs) / 60_000) % dayMinutes, midnightMs };
}

/** The instant at which the clocks of the zone show that time. */
function instantOf(localMs: number, zone: string): number {
  const guess = localMs - offsetMs(localMs, zone);
  return localMs - offsetMs(guess, zone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC. Throws RangeError for a zone that there is not. */
function offsetMs(atMs: number, zone: string): number {
  if (zone === 'UTC') return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const wholeMs = Math.floor(atMs / 1000) * 1000;
  const parts = Object.fromEntries(format.formatToParts(wholeMs).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts['year'], parts['month'] - 1, parts['day'], parts['hour'], parts['minute'], parts['second']) - wholeMs;
}

export function isZone(zone: string): boolean {
  try {
    offsetMs(0, zone);
    return true;
  } catch {
    return false;
  }
}
