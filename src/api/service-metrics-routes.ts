/** Figures of services from the metrics cache. */
import { AppError } from '#base/errors.ts';
import { formatDurationMs, parseDurationMs } from '#base/units.ts';
import type { ServiceFigures, ServiceFiguresAnswer, ServiceMetricsReads, ServiceSeries } from '#consumers/service-figures.ts';
import { endpoints } from './endpoints.ts';
import { parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiRequest, ApiRoute } from './route.ts';
import { serviceMetricsParameters } from './service-metrics-endpoints.ts';

const readParameters = createRequestReader(serviceMetricsParameters, 'the query string');
const defaultLast = '5m';

export function serviceMetricsRoutes(metrics: ServiceMetricsReads): ApiRoute[] {
  return [
    {
      endpoint: endpoints.serviceMetrics,
      handle({ principal, queryParameters }) {
        mustHaveCaller(principal);
        return jsonReply(figuresText(metrics, principal.tenant, queryParameters));
      },
    },
  ];
}

/** The body of the answer to a query string, for gateway workers, which keep it for a moment; undefined where the query is wrong. */
export function figuresFor(
  metrics: ServiceMetricsReads,
  { tenant, query }: { readonly tenant: string; readonly query: string },
): string | undefined {
  try {
    return figuresText(metrics, tenant, [...new URLSearchParams(query)]);
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined;
    throw thrown;
  }
}

/** The body of the answer. @throws AppError bad_request, invalid_time_range, limit_exceeded */
function figuresText(metrics: ServiceMetricsReads, tenant: string, parameters: ApiRequest['queryParameters']): string {
  const { service, last = defaultLast } = readParameters(parametersObject(parameters));
  const lastMs = readLast(last, metrics.retentionMs);
  return answerText(metrics.read(tenant, { lastMs, ...(service === undefined ? {} : { service }) }));
}

function readLast(text: string, retentionMs: number): number {
  const lastMs = /^\s*[\d.]+\s*$/.test(text) ? undefined : parseDurationMs(text);
  if (lastMs === undefined || !(lastMs > 0))
    throw new AppError('invalid_time_range', `"last" must be a duration such as 5m, not ${JSON.stringify(text)}`, {
      details: { field: 'last' },
    });
  if (lastMs <= retentionMs) return lastMs;
  throw new AppError('limit_exceeded', `figures are kept for ${formatDurationMs(retentionMs)}; for longer times use /v1/logs/aggregate`, {
    details: { setting: 'metrics_cache.retention', max_ms: retentionMs },
  });
}

const timeText = (ms: number): string => new Date(ms).toISOString();

function answerText({ services, fromMs, toMs, wholeSinceMs }: ServiceFiguresAnswer): string {
  return JSON.stringify({
    services: services.map(seriesObject),
    from: timeText(fromMs),
    to: timeText(toMs),
    whole_since: timeText(wholeSinceMs),
    complete: wholeSinceMs <= fromMs,
  });
}

function seriesObject({ service, minutes, ...figures }: ServiceSeries): object {
  return {
    service,
    ...figuresObject(figures),
    ...(minutes === undefined ? {} : { minutes: minutes.map((minute) => ({ time: timeText(minute.timeMs), ...figuresObject(minute) })) }),
  };
}

function figuresObject({ lines, linesPerSecond, errorRate, measured, p50, p95, p99 }: ServiceFigures): object {
  return {
    lines: round(lines),
    lines_per_second: round(linesPerSecond),
    error_rate: round(errorRate),
    measured: round(measured),
    p50_ms: p50 === null ? null : round(p50),
    p95_ms: p95 === null ? null : round(p95),
    p99_ms: p99 === null ? null : round(p99),
  };
}

/** To six places: sums of weights are not whole, and nobody reads more. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6;
