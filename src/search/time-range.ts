/**
 * Time ranges as requests give them → absolute, half-open ranges of event time.
 *
 * Forms: `{from, to}` (each an instant, `instant.ts`), `{last: "1h"}`, or nothing: then the last `search.default_range`,
 * which the answer states. A search whose range has no end looks `search.future_allowance` past now, because a sender's
 * clock may be ahead and its newest lines would be missed; `"to": "now"` ends exactly now. Aggregations end at now:
 * a rate divided by a minute that has not happened would be wrong.
 */
import { AppError } from '#base/errors.ts';
import { quoted } from '#base/quoted.ts';
import { formatDurationMs, parseDurationMs } from '#base/units.ts';
import type { TimeRange } from '#store/log-store.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';
import { earliestNs, latestNs, nsPerMs, parseInstant } from '#base/instant.ts';

/** A range as it was asked. `last` excludes the other two. */
export interface TimeRangeSpec {
  readonly from?: string | number;
  readonly to?: string | number;
  readonly last?: string;
}

/** An absolute range and how it came about. */
export interface ResolvedRange extends TimeRange {
  /** True where the request named no range. */
  readonly byDefault: boolean;
}

export interface ResolveOptions {
  readonly nowMs: number;
  /** Whether an open end reaches past now: for searches, not for aggregations. */
  readonly openEnd: 'now' | 'future-allowance';
}

type RangeSettings = Pick<SearchConfig, 'default_range' | 'future_allowance'>;

/** The absolute range; AppError `invalid_time_range` where it cannot be read, is empty or turned round. */
export function resolveTimeRange(spec: TimeRangeSpec | undefined, options: ResolveOptions, settings: RangeSettings): ResolvedRange {
  const allowanceMs = options.openEnd === 'now' ? 0 : settings.future_allowance;
  const openEndNs = msToNs(options.nowMs + allowanceMs);
  const { from, to, last } = spec ?? {};
  if (last !== undefined) {
    if (from !== undefined || to !== undefined)
      throw new AppError('invalid_time_range', 'a time range has either "last" or "from" and "to", not both');
    return { fromNs: clampNs(msToNs(options.nowMs - readDuration(last))), toNs: openEndNs, byDefault: false };
  }
  const toNs = to === undefined ? openEndNs : readInstant('to', to, options.nowMs);
  const defaultStartNs = (to === undefined ? msToNs(options.nowMs) : toNs) - msToNs(settings.default_range);
  const fromNs = from === undefined ? clampNs(defaultStartNs) : readInstant('from', from, options.nowMs);
  if (fromNs >= toNs) throw turnedRound(spec ?? {}, fromNs, toNs);
  return { fromNs, toNs, byDefault: from === undefined && to === undefined };
}

/** Lines exist only in this span; undefined when there are none at all. */
export type DataExtent = () => Promise<TimeRange | undefined>;

/**
 * Throws `limit_exceeded` where the range is wider than the settings allow. Measured over the part of the range in which
 * lines exist, so that "everything since 1970" is fine while there is only a week of lines; the extent is asked only
 * when the range as given is too wide.
 */
export async function checkWidth(
  range: TimeRange,
  allowWide: boolean,
  settings: Pick<SearchConfig, 'max_range' | 'max_wide_range'>,
  dataExtent?: DataExtent,
): Promise<void> {
  const setting = allowWide ? 'max_wide_range' : 'max_range';
  const maxNs = msToNs(settings[setting]) + toleranceNs;
  if (range.toNs - range.fromNs <= maxNs) return;
  const extent = dataExtent === undefined ? range : await dataExtent();
  if (extent === undefined) return;
  const widthNs = minNs(range.toNs, extent.toNs) - maxOfNs(range.fromNs, extent.fromNs);
  if (widthNs <= maxNs) return;
  const canWiden = !allowWide && settings.max_wide_range > settings.max_range;
  const advice = canWiden ? '; set "allow_wide_range": true for up to ' + formatDurationMs(settings.max_wide_range) : '';
  throw new AppError(
    'limit_exceeded',
    `the time range is ${describeNs(widthNs)} wide, over the bound of ${formatDurationMs(settings[setting])}${advice}`,
    {
      details: { setting: settingPath(setting), max_ms: settings[setting], asked_ms: Number(widthNs / nsPerMs) },
    },
  );
}

/** "The last 30 days" plus the allowance past now, or `now-30d/d` until now, must pass a bound of 30 days. */
const toleranceNs = 86_400_000n * nsPerMs;

function readInstant(name: 'from' | 'to', value: string | number, nowMs: number): bigint {
  const ns = parseInstant(value, nowMs);
  if (ns !== undefined) return ns;
  const forms = 'an RFC 3339 time such as 2025-07-15T10:00:00Z, epoch seconds or milliseconds, or now-1h, between 1970 and 2262';
  throw new AppError('invalid_time_range', `cannot read "${name}": ${quote(value)} is not ${forms}`, { details: { field: name } });
}

function readDuration(text: string): number {
  const durationMs = /^\s*[\d.]+\s*$/.test(text) ? undefined : parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0 && Number.isFinite(durationMs)) return durationMs;
  throw new AppError('invalid_time_range', `cannot read "last": ${quote(text)} is not a duration such as 15m, 1h or 7d`, {
    details: { field: 'last' },
  });
}

function turnedRound(spec: TimeRangeSpec, fromNs: bigint, toNs: bigint): AppError {
  const [from, to] = [spec.from ?? 'the default start', spec.to ?? 'now'];
  const problem =
    fromNs === toNs ? 'is empty: "from" equals "to", and the end is not part of it' : 'is turned round: "from" is later than "to"';
  return new AppError('invalid_time_range', `the time range ${problem} (${quote(from)}, ${quote(to)})`, { details: { from, to } });
}

const quote = (value: string | number): string => quoted(String(value));

function describeNs(ns: bigint): string {
  const minutes = Number(ns / (60_000n * nsPerMs));
  return formatDurationMs(minutes >= 2 * 1440 ? Math.floor(minutes / 1440) * 86_400_000 : minutes * 60_000);
}

function msToNs(ms: number): bigint {
  return BigInt(Math.floor(ms)) * nsPerMs;
}

function clampNs(ns: bigint): bigint {
  return maxOfNs(earliestNs, minNs(latestNs, ns));
}

function minNs(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function maxOfNs(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
