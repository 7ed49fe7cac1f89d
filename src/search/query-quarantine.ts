/**
 * Questions that ran into the bound of time or memory again and again are not asked for a while: repeated, they would only
 * take the engine from others. A question is known by its fingerprint, which is made of what it asks and not of when, so a
 * dashboard that reloads is recognised; one over less than half of the time that failed may be asked.
 */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { TimeRange } from '#store/log-store.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';

export type QuarantineSettings = Pick<SearchConfig, 'quarantine_strikes' | 'quarantine_window' | 'quarantine_time'>;

export interface QuarantinedQuery {
  readonly tenant: string;
  readonly fingerprint: string;
  readonly strikes: number;
  /** Wall clock. */
  readonly untilMs: number;
  /** Why it failed last. */
  readonly reason: string;
}

interface Record {
  readonly tenant: string;
  strikesMs: number[];
  /** The narrowest range that failed. */
  widthNs: bigint;
  untilMs: number | undefined;
  reason: string;
}

/** Fingerprints with a failure that are kept; the oldest is forgotten first. */
const maxRecords = 1000;

export class QueryQuarantine {
  readonly #settings: QuarantineSettings;
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();

  constructor(settings: QuarantineSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** AppError `query_quarantined` where the question is kept out now. */
  check(fingerprint: string, range: TimeRange): void {
    const record = this.#records.get(fingerprint);
    if (record?.untilMs === undefined) return;
    const leftMs = record.untilMs - this.#clock.nowMs();
    if (leftMs <= 0) return void this.#records.delete(fingerprint);
    if ((range.toNs - range.fromNs) * 2n < record.widthNs) return;
    throw new AppError(
      'query_quarantined',
      `this query failed ${record.strikesMs.length} times (${record.reason}) and rests for a while; narrow it`,
      {
        details: { fingerprint, until: new Date(record.untilMs).toISOString(), setting: settingPath('quarantine_time') },
        retryAfterMs: leftMs,
      },
    );
  }

  /** What became of a question; only bounds of time and memory are strikes. */
  noteFailure(tenant: string, fingerprint: string, range: TimeRange, error: AppError): void {
    if (!isStrike(error)) return;
    const nowMs = this.#clock.nowMs();
    const widthNs = range.toNs - range.fromNs;
    const record = this.#records.get(fingerprint) ?? { tenant, strikesMs: [], widthNs, untilMs: undefined, reason: '' };
    record.strikesMs = [...record.strikesMs, nowMs].filter((atMs) => atMs > nowMs - this.#settings.quarantine_window);
    record.widthNs = widthNs < record.widthNs ? widthNs : record.widthNs;
    record.reason = error.code;
    if (record.strikesMs.length >= this.#settings.quarantine_strikes) record.untilMs = nowMs + this.#settings.quarantine_time;
    this.#records.delete(fingerprint);
    this.#records.set(fingerprint, record);
    if (this.#records.size > maxRecords) this.#records.delete(this.#records.keys().next().value as string);
  }

  /** Those that are kept out now. */
  list(): QuarantinedQuery[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#records].flatMap(([fingerprint, { tenant, strikesMs, untilMs, reason }]) =>
      untilMs === undefined || untilMs <= nowMs ? [] : [{ tenant, fingerprint, strikes: strikesMs.length, untilMs, reason }],
    );
  }
}

const isStrike = ({ code, details }: AppError): boolean =>
  code === 'query_timeout' || (code === 'query_too_expensive' && details['setting'] === settingPath('max_memory'));
