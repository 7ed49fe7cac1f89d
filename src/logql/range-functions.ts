/**
 * Aggregations over time: the samples of a series in the window (t - range, t] of each step become one value, as in Loki
 * (pkg/logql/range_vector.go).
 */
import type { RangeExpression, RangeOperation } from './ast.ts';
import { timeAt } from './series.ts';
import type { Grid, Values } from './series.ts';

/** In the order of their times. */
export interface Samples {
  readonly timesNs: bigint[];
  readonly values: number[];
}

type Window = Pick<RangeExpression, 'operation' | 'parameter' | 'rangeMs' | 'offsetMs'>;

export const msToNs = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

export function aggregateSamples(samples: Samples, window: Window, grid: Grid): Values {
  const { timesNs, values } = samples;
  const rangeNs = msToNs(window.rangeMs);
  const offsetNs = msToNs(window.offsetMs);
  let [first, end] = [0, 0];
  return Array.from({ length: grid.steps }, (_, step) => {
    const toNs = timeAt(grid, step) - offsetNs;
    while (end < timesNs.length && timesNs[end] <= toNs) end++;
    while (first < end && timesNs[first] <= toNs - rangeNs) first++;
    return first === end ? undefined : windowValue(window, samples, values.slice(first, end), first);
  });
}

function windowValue(window: Window, { timesNs }: Samples, values: readonly number[], first: number): number {
  const seconds = window.rangeMs / 1000;
  if (window.operation === 'rate_counter') return counterRate(timesNs.slice(first, first + values.length), values, seconds);
  return valueOf(window.operation, values, seconds, window.parameter ?? 0);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function valueOf(
  operation: Exclude<RangeOperation, 'rate_counter'>,
  values: readonly number[],
  seconds: number,
  parameter: number,
): number {
  switch (operation) {
    case 'rate':
    case 'bytes_rate':
      return sum(values) / seconds;
    case 'count_over_time':
    case 'bytes_over_time':
    case 'sum_over_time':
      return sum(values);
    case 'avg_over_time':
      return sum(values) / values.length;
    case 'min_over_time':
      return values.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least));
    case 'max_over_time':
      return values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most));
    case 'stdvar_over_time':
      return variance(values);
    case 'stddev_over_time':
      return Math.sqrt(variance(values));
    case 'quantile_over_time':
      return quantile(parameter, values);
    case 'first_over_time':
      return values[0];
    case 'last_over_time':
      return values[values.length - 1];
    case 'absent_over_time':
      return 1;
    default:
      return operation satisfies never;
  }
}

/** Of the whole population. */
export function variance(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return sum(values.map((value) => (value - mean) ** 2)) / values.length;
}

/** Between the two values where the rank lies between them, as Prometheus. */
export function quantile(share: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(share)) return Number.NaN;
  if (share < 0) return Number.NEGATIVE_INFINITY;
  if (share > 1) return Number.POSITIVE_INFINITY;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  return sorted[lower] * (1 - weight) + sorted[Math.min(lower + 1, sorted.length - 1)] * weight;
}

/** Growth of a counter in a second, resets added and extrapolated to the window's ends, as Prometheus' `rate`. */
function counterRate(timesNs: readonly bigint[], values: readonly number[], rangeSeconds: number): number {
  if (values.length < 2) return 0;
  const last = values.length - 1;
  const growth = values.reduce(
    (total, value, index) => total + (index > 0 && value < values[index - 1] ? values[index - 1] : 0),
    values[last] - values[0],
  );
  const sampledSeconds = Number(timesNs[last] - timesNs[0]) / 1e9;
  const betweenSamples = sampledSeconds / last;
  const toZero = growth > 0 && values[0] >= 0 ? sampledSeconds * (values[0] / growth) : Number.POSITIVE_INFINITY;
  const toStart = Math.min(rangeSeconds, toZero);
  const before = toStart < betweenSamples * 1.1 ? toStart : betweenSamples / 2;
  return (growth * ((sampledSeconds + before) / sampledSeconds)) / rangeSeconds;
}

/** 1 at each step without samples of any series. */
export function absentValues(series: readonly Values[], grid: Grid): Values {
  return Array.from({ length: grid.steps }, (_, step) => (series.some((values) => values[step] !== undefined) ? undefined : 1));
}
