/**
 * Offsets from UTC: of IANA zones by Intl, remembered by day, and of the abbreviations that logs write.
 *
 * Asking Intl costs microseconds, so each day is asked about once: where its two ends agree, the day has one offset; on
 * the two days a year where they do not, each quarter of an hour is asked about.
 */
import { AppError } from '#base/errors.ts';

const daySeconds = 86_400;
const quarterSeconds = 900;
/** Days and quarters remembered at most; then all are forgotten. */
const maxRemembered = 4096;

/** A zone's offset at any time. */
export interface ZoneOffsets {
  readonly name: string;
  /** Seconds east of UTC at a time in seconds since 1970. */
  offsetAt(utcSeconds: number): number;
}

/** `UTC`, `+02:00`, or an IANA name such as `Europe/Berlin`. Throws AppError bad_request for anything else. */
export function zoneOffsets(name: string): ZoneOffsets {
  if (name === '' || name === 'UTC' || name === 'Z') return { name: 'UTC', offsetAt: () => 0 };
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(name);
  if (fixed !== null) {
    const offset = (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3]) * 60);
    return { name, offsetAt: () => offset };
  }
  return new IanaZone(name);
}

class IanaZone implements ZoneOffsets {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, number>();
  readonly #quarters = new Map<number, number>();
  #lastDay = NaN;
  #lastOffset = 0;

  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    } catch {
      throw new AppError('bad_request', `"${name}" is no time zone: give an IANA name such as "Europe/Berlin", or "+02:00"`);
    }
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
export function utcOfLocal(zone: ZoneOffsets, localSeconds: number): number {
  const before = zone.offsetAt(localSeconds - daySeconds);
  const after = zone.offsetAt(localSeconds + daySeconds);
  if (before === after) return localSeconds - before;
  const early = localSeconds - before;
  if (zone.offsetAt(early) === before) return early;
  const late = localSeconds - after;
  return zone.offsetAt(late) === after ? late : early;
}

/** Minutes east of UTC. Of abbreviations that several zones share, the one that logs mean most often. */
const abbreviations: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  WET: 0,
  WEST: 60,
  BST: 60,
  IST: 330,
  CET: 60,
  CEST: 120,
  MET: 60,
  MEST: 120,
  MEZ: 60,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  SAST: 120,
  PKT: 300,
  WIB: 420,
  ICT: 420,
  SGT: 480,
  HKT: 480,
  AWST: 480,
  JST: 540,
  KST: 540,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  BRT: -180,
  ART: -180,
  NST: -210,
  NDT: -150,
  AST: -240,
  ADT: -180,
  CLT: -240,
  COT: -300,
  PET: -300,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
};

/** Up to five capital letters in one number, five bits each. */
const packed = (text: string): number => [...text].reduce((sum, letter) => sum * 32 + (letter.charCodeAt(0) & 31), 0);

const secondsByName: ReadonlyMap<number, number> = new Map(
  Object.entries(abbreviations).map(([name, minutes]) => [packed(name), minutes * 60]),
);

/** Seconds east of UTC of the abbreviation `start .. end` in capitals; NaN where it is not known. */
export function abbreviationSeconds(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2 || end - start > 5) return NaN;
  let name = 0;
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (code < 0x41 || code > 0x5a) return NaN;
    name = name * 32 + (code & 31);
  }
  return secondsByName.get(name) ?? NaN;
}
