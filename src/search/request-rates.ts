/**
 * How many questions a tenant and a key may ask in a minute: a bucket of tokens for each, refilled evenly. A minute's worth
 * may come at once, as when a dashboard opens.
 */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';

export type RateSettings = Pick<SearchConfig, 'max_searches_per_minute' | 'max_aggregations_per_minute'>;

interface Bucket {
  tokens: number;
  filledMs: number;
}

const minuteMs = 60_000;
/** A full bucket is as good as none, so those beyond are forgotten, the longest unused first. */
const maxBuckets = 10_000;

export class RequestRates {
  readonly #settings: RateSettings;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(settings: RateSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Takes one question of the kind from tenant and key alike; AppError `search_overloaded` naming the setting where there is none. */
  take(kind: 'search' | 'aggregate', tenant: string, keyName: string): void {
    const setting = kind === 'search' ? 'max_searches_per_minute' : 'max_aggregations_per_minute';
    const perMinute = this.#settings[setting];
    if (perMinute === 0) return;
    const buckets = [
      { who: `tenant "${tenant}"`, bucket: this.#filled(`${kind} tenant ${tenant}`, perMinute) },
      { who: `key "${keyName}"`, bucket: this.#filled(`${kind} key ${keyName}`, perMinute) },
    ];
    const empty = buckets.find(({ bucket }) => bucket.tokens < 1);
    if (empty !== undefined) {
      throw new AppError('search_overloaded', `${empty.who} asks more than ${perMinute} times a minute`, {
        details: { setting: settingPath(setting), max: perMinute },
        retryAfterMs: Math.ceil(((1 - empty.bucket.tokens) * minuteMs) / perMinute),
      });
    }
    for (const { bucket } of buckets) bucket.tokens -= 1;
  }

  #filled(name: string, perMinute: number): Bucket {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(name) ?? { tokens: perMinute, filledMs: nowMs };
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((nowMs - bucket.filledMs) * perMinute) / minuteMs);
    bucket.filledMs = nowMs;
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > maxBuckets) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return bucket;
  }
}
