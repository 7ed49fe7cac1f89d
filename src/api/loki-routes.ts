/**
 * Loki's API for reading: what Grafana and logcli ask. Answers and errors have Loki's shapes, so that both show them as they
 * are; what is asked is read by `loki/`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#base/errors.ts';
import { parseLogQl } from '#logql/parser.ts';
import { printLogQl } from '#logql/printer.ts';
import { printNumber } from '#logql/quantities.ts';
import { categorizeFlag, metricAnswer, seconds, streamsAnswer, success } from '#loki/answers.ts';
import { readDetectedFields, readDetectedLabels } from '#loki/detected.ts';
import { readLabels, readLabelValues, readSeries } from '#loki/label-queries.ts';
import { readLog } from '#loki/log-query.ts';
import { readPatternSamples } from '#loki/loki-patterns.ts';
import type { Asker, LokiParts } from '#loki/loki-parts.ts';
import { gridOf, instantGrid, readMetric } from '#loki/metric-query.ts';
import { Parameters, wrong } from '#loki/parameters.ts';
import { readIndexStats, readVolume } from '#loki/volumes.ts';
import type { VolumeRequest } from '#loki/volumes.ts';
import { msToNs } from '#logql/range-functions.ts';
import type { PatternParts } from '#search/patterns.ts';
import { nsPerMs } from '#base/instant.ts';
import { prepareError } from './error-replies.ts';
import type { ErrorContext } from './error-replies.ts';
import { lokiPairs } from './loki-endpoints.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';

export interface LokiRouteOptions {
  readonly parts: LokiParts;
  readonly patterns: Pick<PatternParts, 'store' | 'catalogue'>;
  readonly version: string;
}

/** A request as the handlers below see it. */
interface Asked {
  readonly parameters: Parameters;
  readonly path: Readonly<Record<string, string>>;
  readonly headers: ApiRequest['headers'];
  readonly asker: Asker;
}

type Handle = (asked: Asked) => Promise<string> | string;

export function lokiRoutes(options: LokiRouteOptions): ApiRoute[] {
  const { parts } = options;
  const handlers: Readonly<Record<keyof typeof lokiPairs, Handle>> = {
    query: (asked) => queryAt(parts, asked),
    queryRange: (asked) => queryRange(parts, asked),
    labels: async ({ parameters, asker }) =>
      success(await readLabels(parts, parameters.text('query'), parameters.range(parts.nowMs), asker)),
    label: async ({ parameters, asker }) =>
      success(await readLabels(parts, parameters.text('query'), parameters.range(parts.nowMs), asker)),
    labelValues: async ({ parameters, path, asker }) =>
      success(await readLabelValues(parts, path['name'], parameters.text('query'), parameters.range(parts.nowMs), asker)),
    series: async ({ parameters, asker }) => {
      const found = await readSeries(parts, parameters.list('match'), parameters.range(parts.nowMs), asker);
      return success(found.map((labels) => Object.fromEntries(labels)));
    },
    indexStats: async ({ parameters, asker }) =>
      JSON.stringify(await readIndexStats(parts, parameters.required('query'), parameters.range(parts.nowMs), asker)),
    volume: (asked) => volume(parts, asked),
    volumeRange: (asked) => volumeRange(parts, asked),
    detectedLabels: async ({ parameters, asker }) =>
      JSON.stringify({ detectedLabels: await readDetectedLabels(parts, parameters.text('query'), parameters.range(parts.nowMs), asker) }),
    detectedFields: (asked) => detectedFields(parts, asked),
    detectedFieldValues: (asked) => detectedFieldValues(parts, asked),
    patterns: async ({ parameters, asker }) => {
      const stepMs = parameters.durationMs('step') ?? 0;
      return success(
        await readPatternSamples(parts, options.patterns, parameters.required('query'), parameters.range(parts.nowMs), stepMs, asker),
      );
    },
    formatQuery: ({ parameters }) => success(printLogQl(parseLogQl(parameters.required('query')))),
    drilldownLimits: () => JSON.stringify(drilldownLimits(options)),
  };
  return (Object.keys(lokiPairs) as (keyof typeof lokiPairs)[]).flatMap((name) => {
    const handle = async (request: ApiRequest): Promise<ApiReply> => jsonReply(await handlers[name](askedOf(request)));
    return [
      { endpoint: lokiPairs[name].get, handle },
      { endpoint: lokiPairs[name].post, handle },
    ];
  });
}

function askedOf({ principal, queryParameters, pathParameters, headers, body, signal }: ApiRequest): Asked {
  mustHaveCaller(principal);
  const form = body instanceof URLSearchParams ? [...body] : [];
  return {
    parameters: new Parameters([...queryParameters, ...form]),
    path: pathParameters,
    headers,
    asker: { searcher: principal, signal },
  };
}

async function queryAt(parts: LokiParts, { parameters, asker }: Asked): Promise<string> {
  const expression = parseLogQl(parameters.required('query'));
  if (expression.kind === 'log') {
    throw wrong('query', 'log queries are not supported as an instant query type, please change your query to a range query type');
  }
  const grid = instantGrid(parameters.instant('time', parts.nowMs) ?? BigInt(Math.floor(parts.nowMs)) * nsPerMs);
  return metricAnswer(await readMetric(parts, expression, grid, asker), grid, true);
}

async function queryRange(parts: LokiParts, { parameters, headers, asker }: Asked): Promise<string> {
  const expression = parseLogQl(parameters.required('query'));
  const range = parameters.range(parts.nowMs);
  if (expression.kind !== 'log') {
    const grid = gridOf(range, parameters.stepNs(range, parts.config));
    return metricAnswer(await readMetric(parts, expression, grid, asker), grid, false);
  }
  const intervalNs = msToNs(parameters.durationMs('interval') ?? 0);
  const request = { expression, range, order: parameters.order(), limit: parameters.limit(parts.config), intervalNs };
  const answer = await readLog(parts, request, asker);
  return streamsAnswer(answer, wantsCategories(headers));
}

export function wantsCategories(headers: ApiRequest['headers']): boolean {
  const flags = String(headers['x-loki-response-encoding-flags'] ?? '');
  return flags.split(',').some((flag) => flag.trim() === categorizeFlag);
}

function volumeRequest(parts: LokiParts, parameters: Parameters): VolumeRequest {
  const aggregateBy = parameters.text('aggregateBy') || 'series';
  if (aggregateBy !== 'series' && aggregateBy !== 'labels') throw wrong('aggregateBy', 'aggregateBy must be "series" or "labels"');
  const targetLabels = parameters
    .text('targetLabels')
    .split(',')
    .filter((label) => label !== '');
  return {
    query: parameters.text('query'),
    range: parameters.range(parts.nowMs),
    targetLabels,
    aggregateBy,
    limit: parameters.count('limit', 100),
  };
}

async function volume(parts: LokiParts, { parameters, asker }: Asked): Promise<string> {
  const request = volumeRequest(parts, parameters);
  const series = await readVolume(parts, request, asker);
  const result = series.map(({ labels, values: [bytes] }) => ({
    metric: Object.fromEntries(labels),
    value: [seconds(request.range.toNs), printNumber(Math.round(bytes ?? 0))],
  }));
  return success({ resultType: 'vector', result });
}

async function volumeRange(parts: LokiParts, { parameters, asker }: Asked): Promise<string> {
  const request = volumeRequest(parts, parameters);
  const stepNs = parameters.stepNs(request.range, parts.config);
  const series = await readVolume(parts, { ...request, stepNs }, asker);
  const result = series.map(({ labels, values }) => ({
    metric: Object.fromEntries(labels),
    values: values.flatMap((bytes, step) =>
      bytes === undefined ? [] : [[seconds(request.range.fromNs + stepNs * BigInt(step)), printNumber(Math.round(bytes))]],
    ),
  }));
  return success({ resultType: 'matrix', result });
}

async function readFields(parts: LokiParts, { parameters, asker }: Asked) {
  const lineLimit = Math.min(parameters.count('line_limit', parts.config.detected_lines), parts.config.max_entries);
  return readDetectedFields(parts, { query: parameters.required('query'), range: parameters.range(parts.nowMs), lineLimit }, asker);
}

const maxDetected = 1000;

async function detectedFields(parts: LokiParts, asked: Asked): Promise<string> {
  const limit = asked.parameters.count('limit', maxDetected);
  const fields = (await readFields(parts, asked)).slice(0, limit).map(({ label, type, values, parsers }) => ({
    label,
    type,
    cardinality: values.size,
    parsers: parsers.size === 0 ? null : [...parsers],
  }));
  return JSON.stringify({ fields, limit });
}

async function detectedFieldValues(parts: LokiParts, asked: Asked): Promise<string> {
  const limit = asked.parameters.count('limit', maxDetected);
  const field = (await readFields(parts, asked)).find(({ label }) => label === asked.path['name']);
  return JSON.stringify({ values: [...(field?.values ?? [])].slice(0, limit), limit });
}

function drilldownLimits({ parts, version }: LokiRouteOptions): object {
  const { config, runner } = parts;
  return {
    limits: {
      discover_log_levels: true,
      discover_service_name: ['service_name'],
      log_level_fields: ['level'],
      max_entries_limit_per_query: config.max_entries,
      max_line_size_truncate: false,
      max_query_length: `${runner.config.max_range / 1000}s`,
      max_query_lookback: '0s',
      max_query_range: '0s',
      max_query_series: config.max_series,
      metric_aggregation_enabled: false,
      pattern_persistence_enabled: false,
      query_timeout: `${runner.config.timeout / 1000}s`,
      retention_period: '0s',
      volume_enabled: true,
      volume_max_series: config.max_series,
    },
    pattern_ingester_enabled: true,
    version,
  };
}

/** Loki's errors are a line of text, which Grafana and logcli show as it is. */
export function sendLokiError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, context: ErrorContext): void {
  const { error, status } = prepareError(thrown, request, reply, context);
  const message = error.code === 'internal' ? 'an internal error; the server log has the details' : error.message;
  void reply.code(status).type('text/plain; charset=utf-8').send(`${message}\n`);
}

/** Forms, beside nothing at all: Loki's requests have no other bodies. */
export function takeForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_: FastifyRequest, body: string | Buffer) => new URLSearchParams(String(body)),
  );
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_: FastifyRequest, body: string | Buffer) => {
    if (String(body) !== '') {
      throw new AppError('unsupported_content_type', 'send parameters in the query string or as application/x-www-form-urlencoded');
    }
    return undefined;
  });
}
