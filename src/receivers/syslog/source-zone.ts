/** The time zone of senders that do not say theirs: from the time on their wall to UTC. */
import { AppError } from '#base/errors.ts';

/** Offsets change on the quarter of an hour everywhere. */
const bucketSeconds = 900;
const maxRemembered = 4096;

export class SourceZone {
  readonly #format: Intl.DateTimeFormat;
  /** Seconds east of UTC by quarter of an hour on the wall. */
  readonly #offsets = new Map<number, number>();
  #lastBucket = Number.NaN;
  #lastOffset = 0;

  /**
   * @param name `local` (the server's own), `UTC`, an IANA name or a fixed offset such as `+05:30`
   * @throws AppError invalid_configuration
   */
  constructor(name: string, setting: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZoneName: 'longOffset', ...(name === 'local' ? {} : { timeZone: name }) });
    } catch {
      throw new AppError('invalid_configuration', `"${name}" is no time zone; give local, UTC or a name such as Europe/Berlin`, {
        details: { setting },
      });
    }
  }

  /** Seconds since 1970 of a wall time given as seconds since 1970 on that wall; an hour that comes twice is one of both. */
  toUtc(wallSeconds: number): number {
    const bucket = Math.floor(wallSeconds / bucketSeconds);
    if (bucket === this.#lastBucket) return wallSeconds - this.#lastOffset;
    let offset = this.#offsets.get(bucket);
    if (offset === undefined) {
      offset = this.#offsetOfWall(bucket * bucketSeconds);
      if (this.#offsets.size >= maxRemembered) this.#offsets.clear();
      this.#offsets.set(bucket, offset);
    }
    this.#lastBucket = bucket;
    this.#lastOffset = offset;
    return wallSeconds - offset;
  }

  #offsetOfWall(wallSeconds: number): number {
    const guess = this.#offsetAt(wallSeconds);
    const refined = this.#offsetAt(wallSeconds - guess);
    // in the hour that is left out in spring neither holds; in the one that comes twice in autumn both do
    return this.#offsetAt(wallSeconds - refined) === refined ? refined : guess;
  }

  /** Seconds east of UTC at an instant. */
  #offsetAt(seconds: number): number {
    const name = this.#format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
    if (match === null || match[1] === undefined) return 0;
    const [, sign, hours, minutes, rest = '0'] = match;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest));
  }
}

/** Abbreviations that devices write behind a time, in hours east of UTC. Those with several meanings take that of Cisco's manuals. */
const abbreviations: Readonly<Record<string, number>> = {
  ...{ UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, IST: 5.5, CET: 1, CEST: 2, MET: 1, MEST: 2, EET: 2, EEST: 3, MSK: 3 },
  ...{ EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10 },
  ...{ AWST: 8, ACST: 9.5, ACDT: 10.5, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13, JST: 9, KST: 9, SGT: 8, HKT: 8, BRT: -3, ART: -3 },
};

/** Seconds east of UTC of `CET`, `UTC` …; undefined where it is not known. */
export function offsetOfAbbreviation(name: string): number | undefined {
  return Object.hasOwn(abbreviations, name) ? abbreviations[name] * 3600 : undefined;
}
