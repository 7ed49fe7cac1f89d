/** What an aggregation asks for, checked against its bounds before the store is asked. */
import { AppError } from '#base/errors.ts';
import { quoted } from '#base/quoted.ts';
import { formatDurationMs, parseDurationMs } from '#base/units.ts';
import type { Metric, TimeRange } from '#store/log-store.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';
import { nsPerMs } from '#base/instant.ts';
import { parseMetric } from './metric.ts';

export interface AggregatePlan {
  readonly groupBy: readonly string[];
  readonly intervalMs?: number;
  readonly metric: Metric;
}

interface Asked {
  readonly groupBy?: readonly string[];
  readonly interval?: string;
  readonly metric: string;
}

type PlanSettings = Pick<SearchConfig, 'max_group_by' | 'max_buckets' | 'min_interval'>;

/** The plan; AppError bad_request or limit_exceeded says what is wrong with the request. */
export function checkAggregate({ groupBy = [], interval, metric }: Asked, range: TimeRange, settings: PlanSettings): AggregatePlan {
  if (groupBy.length > settings.max_group_by) {
    throw overBound(`group_by has ${groupBy.length} fields, over the bound of ${settings.max_group_by}`, 'max_group_by', settings);
  }
  const wrong = groupBy.find((field, index) => field.trim() === '' || groupBy.indexOf(field) !== index);
  if (wrong !== undefined) {
    const problem = wrong.trim() === '' ? 'has an empty field name' : `names ${JSON.stringify(wrong)} twice`;
    throw new AppError('bad_request', `group_by ${problem}`, { details: { field: 'group_by' } });
  }
  const intervalMs = interval === undefined ? undefined : readInterval(interval, range, settings);
  return { groupBy, metric: parseMetric(metric), ...(intervalMs === undefined ? {} : { intervalMs }) };
}

function readInterval(text: string, range: TimeRange, settings: PlanSettings): number {
  const intervalMs = /^\s*[\d.]+\s*$/.test(text) ? undefined : parseDurationMs(text);
  if (intervalMs === undefined || !Number.isSafeInteger(intervalMs) || intervalMs <= 0) {
    throw new AppError('bad_request', `cannot read interval ${quoted(text)}: expected a duration such as 30s, 1m or 1h`, {
      details: { field: 'interval' },
    });
  }
  checkInterval(intervalMs, range, settings);
  return intervalMs;
}

/** AppError limit_exceeded where a time step is too short, or the range has too many of them. */
export function checkInterval(
  intervalMs: number,
  { fromNs, toNs }: TimeRange,
  settings: Pick<SearchConfig, 'max_buckets' | 'min_interval'>,
): void {
  if (intervalMs < settings.min_interval) {
    throw overBound(
      `interval ${formatDurationMs(intervalMs)} is under the bound of ${formatDurationMs(settings.min_interval)}`,
      'min_interval',
      settings,
    );
  }
  const steps = Number((toNs - fromNs) / nsPerMs) / intervalMs;
  if (steps > settings.max_buckets) {
    throw overBound(
      `the interval makes ${Math.ceil(steps)} time steps, over the bound of ${settings.max_buckets} buckets; use a longer one`,
      'max_buckets',
      settings,
    );
  }
}

function overBound<S extends keyof PlanSettings>(message: string, setting: S, settings: Pick<PlanSettings, S>): AppError {
  return new AppError('limit_exceeded', message, { details: { setting: settingPath(setting), max: settings[setting] } });
}
