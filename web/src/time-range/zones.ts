/**
 * Wall time in a time zone: `local` (the browser's), `utc`, or a name of the IANA database. The platform's own tables
 * are asked through Intl, so daylight saving is right wherever the browser is.
 */

export type Zone = string;

export interface WallTime {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const formats = new Map<Zone, Intl.DateTimeFormat>();

/** The name that Intl takes; undefined is the browser's own zone. */
function nameOf(zone: Zone): string | undefined {
  if (zone === 'utc') return 'UTC';
  return zone === 'local' ? undefined : zone;
}

/** True where the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

function formatOf(zone: Zone): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const timeZone = nameOf(zone);
  const made = new Intl.DateTimeFormat('en-US', {
    ...(timeZone === undefined ? {} : { timeZone }),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, made);
  return made;
}

/** Milliseconds that the zone's clocks are ahead of UTC at the instant. */
export function offsetMs(ms: number, zone: Zone): number {
  if (zone === 'utc') return 0;
  if (zone === 'local') return -new Date(ms).getTimezoneOffset() * 60_000;
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) part[type] = Number(value);
  const wallMs = Date.UTC(part['year'], part['month'] - 1, part['day'], part['hour'], part['minute'], part['second']);
  return wallMs - Math.floor(ms / 1000) * 1000;
}

export function wallTimeOf(ms: number, zone: Zone): WallTime {
  const date = new Date(ms + offsetMs(ms, zone));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

/**
 * The instant at which the zone's clocks show the time. Of an hour that comes twice the first is meant; one that is
 * left out is read as if the clock had not been put forward.
 */
export function instantOf(wall: WallTime, zone: Zone): number {
  const asUtcMs = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second, wall.millisecond);
  const dayMs = 86_400_000;
  const offsets = [offsetMs(asUtcMs - dayMs, zone), offsetMs(asUtcMs + dayMs, zone)];
  const fitting = offsets.map((offset) => asUtcMs - offset).filter((ms, i) => offsetMs(ms, zone) === offsets[i]);
  return fitting.length === 0 ? asUtcMs - offsets[0] : Math.min(...fitting);
}

/** `+02:00`, `UTC` for none. */
export function offsetText(ms: number, zone: Zone): string {
  const minutes = Math.round(offsetMs(ms, zone) / 60_000);
  if (minutes === 0) return 'UTC';
  const sign = minutes < 0 ? '−' : '+';
  return `${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

export const two = (value: number): string => String(value).padStart(2, '0');
