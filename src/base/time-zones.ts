/**
 * Time zones: how far the clocks of a place are ahead of UTC, and the instant at which they show a time. One reading of the
 * hours that come twice or not at all serves lines, syslog's senders and the hours of on-call alike.
 *
 * Asking Intl costs microseconds, so each day is asked about once: where its two ends agree, the day has one offset; on
 * the two days a year where they do not, each quarter of an hour is asked about.
 */
const daySeconds = 86_400;
const quarterSeconds = 900;
/** Days and quarters remembered at most; then all are forgotten. */
const maxRemembered = 4096;

/** A zone's offset at any time. */
export interface TimeZone {
  readonly name: string;
  /** Seconds east of UTC at a time in seconds since 1970. */
  offsetAt(utcSeconds: number): number;
}

/** `UTC`, `+02:00`, or an IANA name such as `Europe/Berlin`; undefined for anything else. */
export function findTimeZone(name: string): TimeZone | undefined {
  if (name === 'UTC' || name === 'Z') return { name: 'UTC', offsetAt: () => 0 };
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(name);
  if (fixed !== null) {
    const offset = (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3]) * 60);
    return { name, offsetAt: () => offset };
  }
  try {
    return new IanaZone(name);
  } catch {
    return undefined;
  }
}

/** The zone of this machine's clocks. */
export function ownZoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

class IanaZone implements TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, number>();
  readonly #quarters = new Map<number, number>();
  #lastDay = NaN;
  #lastOffset = 0;

  /** Throws RangeError for a zone that there is not. */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  offsetAt(utcSeconds: number): number {
    const day = Math.floor(utcSeconds / daySeconds);
    if (day === this.#lastDay) return this.#lastOffset;
    let offset = this.#days.get(day);
    if (offset === undefined) {
      const first = this.#ask(day * daySeconds);
      offset = first === this.#ask((day + 1) * daySeconds) ? first : NaN;
      remember(this.#days, day, offset);
    }
    // NaN: it changes on this day
    if (offset !== offset) return this.#ofQuarter(Math.floor(utcSeconds / quarterSeconds));
    this.#lastDay = day;
    this.#lastOffset = offset;
    return offset;
  }

  #ofQuarter(quarter: number): number {
    let offset = this.#quarters.get(quarter);
    if (offset === undefined) {
      offset = this.#ask(quarter * quarterSeconds);
      remember(this.#quarters, quarter, offset);
    }
    return offset;
  }

  /** Intl says `GMT`, `GMT+02:00`, or for old local mean times `GMT+00:53:28`. */
  #ask(utcSeconds: number): number {
    const text = this.#format.formatToParts(utcSeconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text);
    if (match === null) return 0;
    return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0));
  }
}

function remember(cache: Map<number, number>, key: number, value: number): void {
  if (cache.size >= maxRemembered) cache.clear();
  cache.set(key, value);
}

/**
 * UTC seconds of a local time. A time that happens twice is the first of the two; one that the clocks skip is counted
 * from before the change.
 */
export function utcOfLocal(zone: TimeZone, localSeconds: number): number {
  const before = zone.offsetAt(localSeconds - daySeconds);
  const after = zone.offsetAt(localSeconds + daySeconds);
  if (before === after) return localSeconds - before;
  const early = localSeconds - before;
  if (zone.offsetAt(early) === before) return early;
  const late = localSeconds - after;
  return zone.offsetAt(late) === after ? late : early;
}

/** Local times of one zone, where the next is mostly near the last: within a quarter of an hour they share their offset. */
export class LocalTimes {
  readonly zone: TimeZone;
  #quarter = NaN;
  #offset = 0;

  constructor(zone: TimeZone) {
    this.zone = zone;
  }

  /** As utcOfLocal. */
  toUtc(localSeconds: number): number {
    const quarter = Math.floor(localSeconds / quarterSeconds);
    if (quarter !== this.#quarter) {
      this.#quarter = quarter;
      this.#offset = localSeconds - utcOfLocal(this.zone, localSeconds);
    }
    return localSeconds - this.#offset;
  }
}
