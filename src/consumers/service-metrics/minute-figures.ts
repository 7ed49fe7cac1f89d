/**
 * Figures of services by the minute of their lines' event time: bounded in services, in minutes, and in both together.
 * Services beyond the bound are counted together, so sums stay right; minutes that are too old, or too far ahead, are
 * counted apart and left out.
 */
import type { ServiceFigures, ServiceMinute, ServiceSeries } from '../service-figures.ts';
import type { MetricsCacheConfig } from './config.ts';
import { QuantileSketch } from '#base/quantile-sketch.ts';

const minuteMs = 60_000;
/** A sender's clock may be ahead by so much. */
const maxAheadMs = 2 * minuteMs;
export const otherServices = '_other';

export class MinuteBucket {
  lines = 0;
  errors = 0;
  readonly durations = new QuantileSketch();
  #figures: ServiceFigures | undefined;

  add(weight: number, isError: boolean, durationMs: number | undefined): void {
    this.#figures = undefined;
    this.lines += weight;
    if (isError) this.errors += weight;
    if (durationMs !== undefined) this.durations.add(durationMs, weight);
  }

  addAll(other: MinuteBucket): void {
    this.#figures = undefined;
    this.lines += other.lines;
    this.errors += other.errors;
    this.durations.addAll(other.durations);
  }

  /** Of a span of time; kept until a line is added, for each minute is read many times. */
  figures(spanMs: number): ServiceFigures {
    if (this.#figures !== undefined) return this.#figures;
    const [p50, p95, p99] = this.durations.quantiles([0.5, 0.95, 0.99]);
    this.#figures = {
      lines: this.lines,
      linesPerSecond: (1000 * this.lines) / spanMs,
      errorRate: this.lines === 0 ? 0 : this.errors / this.lines,
      measured: this.durations.total,
      p50,
      p95,
      p99,
    };
    return this.#figures;
  }
}

/** Begin of a minute → its figures, oldest first as far as lines come in order. */
type Minutes = Map<number, MinuteBucket>;

export interface FigureCounts {
  readonly services: number;
  readonly buckets: number;
  /** Lines outside of the time that is kept. */
  readonly untimelyLines: number;
}

export class MinuteFigures {
  readonly #config: Pick<MetricsCacheConfig, 'retention' | 'max_services' | 'max_buckets'>;
  readonly #tenants = new Map<string, Map<string, Minutes>>();
  #serviceCount = 0;
  #bucketCount = 0;
  #untimelyLines = 0;

  constructor(config: Pick<MetricsCacheConfig, 'retention' | 'max_services' | 'max_buckets'>) {
    this.#config = config;
  }

  get counts(): FigureCounts {
    return { services: this.#serviceCount, buckets: this.#bucketCount, untimelyLines: this.#untimelyLines };
  }

  /** Where a line of that time is to be added; undefined where it is outside of the time that is kept. */
  bucketOf(tenant: string, service: string, tsMs: number, nowMs: number): MinuteBucket | undefined {
    if (tsMs < nowMs - this.#config.retention || tsMs > nowMs + maxAheadMs) {
      this.#untimelyLines++;
      return undefined;
    }
    const minutes = this.#minutesOf(tenant, service);
    const minute = Math.floor(tsMs / minuteMs) * minuteMs;
    let bucket = minutes.get(minute);
    if (bucket === undefined) {
      if (this.#bucketCount >= this.#config.max_buckets) this.#dropOldestMinute();
      bucket = new MinuteBucket();
      minutes.set(minute, bucket);
      this.#bucketCount++;
    }
    return bucket;
  }

  /** Drops what is older than it may be. */
  expire(nowMs: number): void {
    this.#dropBefore(nowMs - this.#config.retention - minuteMs);
  }

  /** Over the minutes that begin in [fromMs, toMs): one service with its minutes, or all of the tenant, most lines first. */
  read(tenant: string, service: string | undefined, fromMs: number, toMs: number): ServiceSeries[] {
    const services = this.#tenants.get(tenant);
    if (services === undefined) return [];
    if (service !== undefined) {
      const minutes = services.get(service);
      return minutes === undefined ? [] : [{ ...seriesOf(service, minutes, fromMs, toMs), minutes: minutesIn(minutes, fromMs, toMs) }];
    }
    return [...services]
      .map(([name, minutes]) => seriesOf(name, minutes, fromMs, toMs))
      .filter(({ lines }) => lines > 0)
      .sort((a, b) => b.lines - a.lines);
  }

  #minutesOf(tenant: string, service: string): Minutes {
    let services = this.#tenants.get(tenant);
    if (services === undefined) this.#tenants.set(tenant, (services = new Map()));
    const known = services.get(service);
    if (known !== undefined) return known;
    const isFull = this.#serviceCount >= this.#config.max_services;
    const name = isFull ? otherServices : service;
    let minutes = services.get(name);
    if (minutes === undefined) {
      services.set(name, (minutes = new Map()));
      if (!isFull) this.#serviceCount++;
    }
    return minutes;
  }

  #dropOldestMinute(): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const services of this.#tenants.values())
      for (const minutes of services.values()) for (const minute of minutes.keys()) oldest = Math.min(oldest, minute);
    this.#dropBefore(oldest + minuteMs);
  }

  #dropBefore(timeMs: number): void {
    for (const [tenant, services] of this.#tenants) {
      for (const [service, minutes] of services) {
        for (const minute of [...minutes.keys()]) if (minute < timeMs && minutes.delete(minute)) this.#bucketCount--;
        if (minutes.size > 0) continue;
        services.delete(service);
        if (service !== otherServices) this.#serviceCount--;
      }
      if (services.size === 0) this.#tenants.delete(tenant);
    }
  }
}

function seriesOf(service: string, minutes: Minutes, fromMs: number, toMs: number): ServiceSeries {
  const sum = new MinuteBucket();
  for (const [minute, bucket] of minutes) if (minute >= fromMs && minute < toMs) sum.addAll(bucket);
  return { service, ...sum.figures(toMs - fromMs) };
}

function minutesIn(minutes: Minutes, fromMs: number, toMs: number): ServiceMinute[] {
  return [...minutes]
    .filter(([minute]) => minute >= fromMs && minute < toMs)
    .map(([timeMs, bucket]) => ({ timeMs, ...bucket.figures(minuteMs) }))
    .sort((a, b) => a.timeMs - b.timeMs);
}
