/** Parameters of Loki's endpoints, from the query string or a form, as Loki reads them (grafana/loki, pkg/loghttp/params.go). */
import { AppError } from '#base/errors.ts';
import { nsPerMs, parseInstant } from '#base/instant.ts';
import { parseSeconds } from '#logql/quantities.ts';
import { msToNs } from '#logql/range-functions.ts';
import type { TimeRange } from '#store/log-store.ts';
import { settingPath } from './config.ts';
import type { LokiReadingConfig } from './config.ts';

const defaultLimit = 100;
const defaultSinceMs = 3_600_000;
/** Points of a series where the request names no step. */
const defaultPoints = 250;

/** Named values, of which the last of a name counts, but for those that are lists. */
export class Parameters {
  readonly #pairs: readonly (readonly [string, string])[];

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  /** The empty text where it is not there. */
  text(name: string): string {
    return this.#pairs.findLast(([key]) => key === name)?.[1] ?? '';
  }

  list(name: string): string[] {
    return this.#pairs.filter(([key]) => key === name || key === `${name}[]`).map(([, value]) => value);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === '') throw wrong(name, `missing '${name}' parameter`);
    return value;
  }

  instant(name: string, nowMs: number): bigint | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const ns = readInstant(text, nowMs);
    if (ns === undefined)
      throw wrong(name, `could not parse '${name}' parameter: cannot parse ${JSON.stringify(text)} to a valid timestamp`);
    return ns;
  }

  /** `start`, `end` and `since`; the last hour where nothing is said. */
  range(nowMs: number): TimeRange {
    const nowNs = BigInt(Math.floor(nowMs)) * nsPerMs;
    const toNs = this.instant('end', nowMs) ?? nowNs;
    const fromNs = this.instant('start', nowMs) ?? (toNs < nowNs ? toNs : nowNs) - msToNs(this.durationMs('since') ?? defaultSinceMs);
    if (toNs <= fromNs) throw wrong('end', 'end timestamp must not be before or equal to start time');
    return { fromNs, toNs };
  }

  /** Seconds as a number, or a duration. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const seconds = /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : parseSeconds(text);
    if (seconds === undefined || !Number.isFinite(seconds)) throw wrong(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
    return seconds * 1000;
  }

  /** Between the points of a range query, in nanoseconds. */
  stepNs({ fromNs, toNs }: TimeRange, { max_steps: maxSteps }: LokiReadingConfig): bigint {
    const asked = this.durationMs('step') ?? Math.max(1000, Math.floor(Number((toNs - fromNs) / nsPerMs) / defaultPoints / 1000) * 1000);
    const stepNs = msToNs(asked);
    if (stepNs <= 0n) throw wrong('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
    if ((toNs - fromNs) / stepNs > BigInt(maxSteps)) {
      throw new AppError(
        'limit_exceeded',
        `exceeded maximum resolution of ${maxSteps} points per time series (setting "${settingPath('max_steps')}"). Try increasing the value of the step parameter`,
        { details: { setting: settingPath('max_steps'), max: maxSteps } },
      );
    }
    return stepNs;
  }

  /** A positive whole number. */
  count(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === '') return fallback;
    if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw wrong(name, `${name} must be a positive value, not ${JSON.stringify(text)}`);
    return Number(text);
  }

  /** Lines of an answer. */
  limit({ max_entries: max }: LokiReadingConfig): number {
    const limit = this.count('limit', Math.min(defaultLimit, max));
    if (limit <= max) return limit;
    throw new AppError(
      'limit_exceeded',
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${max}; setting "${settingPath('max_entries')}")`,
      { details: { setting: settingPath('max_entries'), max } },
    );
  }

  order(): 'asc' | 'desc' {
    const text = this.text('direction').toLowerCase();
    if (text === '' || text === 'backward') return 'desc';
    if (text === 'forward') return 'asc';
    throw wrong('direction', `invalid direction '${this.text('direction')}'`);
  }
}

/** Seconds with a point, whole seconds in up to ten digits, nanoseconds in more; RFC 3339, and `now-1h`. */
function readInstant(text: string, nowMs: number): bigint | undefined {
  if (/^-?\d+$/.test(text)) return text.length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  if (/^-?\d*\.\d+(?:e[+-]?\d+)?$/i.test(text)) {
    const [whole, fraction] = /e/i.test(text) ? Number(text).toFixed(9).split('.') : text.split('.');
    // to milliseconds, as Loki: the digits behind are a float's
    return (
      BigInt(whole === '' || whole === '-' ? 0 : whole) * 1_000_000_000n + BigInt(Math.round(Number(`0.${fraction}`) * 1000)) * 1_000_000n
    );
  }
  return parseInstant(text, nowMs);
}

export function wrong(field: string, message: string): AppError {
  return new AppError('bad_request', message, { details: { field } });
}
