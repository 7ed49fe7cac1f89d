/** What is told about the addresses of Loki's API for reading. Pushes, readiness and version are answered by the gateway. */
import { Type } from 'typebox';
import type { TObject } from 'typebox';
import type { ServedEndpoint } from './route.ts';

const query = Type.Optional(Type.String({ description: 'LogQL.' }));
const moment = (what: string) =>
  Type.Optional(Type.String({ description: `${what}: nanoseconds, seconds with a point or in ten digits, or RFC 3339.` }));
const range = {
  start: moment('The first moment; by default an hour before the end'),
  end: moment('The end; by default now'),
  since: Type.Optional(Type.String({ description: 'How long before the end the range begins, in place of `start`.' })),
};
const limit = Type.Optional(Type.String({ description: 'Most lines; by default 100, at most `loki.max_entries`.' }));
const direction = Type.Optional(Type.String({ description: '`backward` (default) or `forward`.' }));
const step = Type.Optional(Type.String({ description: 'Seconds or a duration; by default a 250th of the range.' }));
const selection = Type.Object({ query, ...range });

type Facts = Pick<ServedEndpoint, 'operationId' | 'summary' | 'description' | 'pathParameters'> & {
  readonly parameters: TObject;
  readonly answer: string;
};

/** Loki takes parameters in the query string, and as a form where they are long. */
function lokiEndpoint(
  path: string,
  { parameters, answer, ...facts }: Facts,
): { readonly get: ServedEndpoint; readonly post: ServedEndpoint } {
  const both = {
    path,
    ...facts,
    tag: 'loki',
    access: 'read',
    queryParameters: parameters,
    headers: { 'X-Scope-OrgID': 'Tenant, as far as the key allows it.' },
    responses: { 200: { description: answer, schema: Type.Object({}) } },
  } as const;
  return {
    get: { ...both, method: 'GET' },
    post: {
      ...both,
      method: 'POST',
      operationId: `${facts.operationId}Form`,
      summary: `${facts.summary} (parameters as a form)`,
    },
  };
}

export const lokiPairs = {
  query: lokiEndpoint('/loki/api/v1/query', {
    operationId: 'lokiQuery',
    summary: 'LogQL at one moment',
    parameters: Type.Object({ query, time: moment('The moment; by default now'), limit, direction }),
    answer: 'A vector or a scalar.',
  }),
  queryRange: lokiEndpoint('/loki/api/v1/query_range', {
    operationId: 'lokiQueryRange',
    summary: 'LogQL over a range: lines, or series of a metric query',
    description: 'With `X-Loki-Response-Encoding-Flags: categorize-labels` structured metadata and parsed labels stand beside each line.',
    parameters: Type.Object({
      query,
      ...range,
      limit,
      direction,
      step,
      interval: Type.Optional(Type.String({ description: 'Least time between two lines of a stream.' })),
    }),
    answer: 'Streams or a matrix.',
  }),
  labels: lokiEndpoint('/loki/api/v1/labels', {
    operationId: 'lokiLabels',
    summary: 'Names of labels',
    parameters: selection,
    answer: 'The names.',
  }),
  label: lokiEndpoint('/loki/api/v1/label', {
    operationId: 'lokiLabel',
    summary: 'Names of labels (older address)',
    parameters: selection,
    answer: 'The names.',
  }),
  labelValues: lokiEndpoint('/loki/api/v1/label/{name}/values', {
    operationId: 'lokiLabelValues',
    summary: 'Values of a label',
    pathParameters: { name: 'The label.' },
    parameters: selection,
    answer: 'The values.',
  }),
  series: lokiEndpoint('/loki/api/v1/series', {
    operationId: 'lokiSeries',
    summary: 'Labels of the streams that selectors select',
    parameters: Type.Object({
      match: Type.Optional(Type.Array(Type.String(), { description: 'Selectors; also as `match[]`.' })),
      ...range,
    }),
    answer: 'The label sets.',
  }),
  indexStats: lokiEndpoint('/loki/api/v1/index/stats', {
    operationId: 'lokiIndexStats',
    summary: 'Streams, lines and bytes of a selector',
    parameters: selection,
    answer: 'The figures; bytes are estimated.',
  }),
  volume: lokiEndpoint('/loki/api/v1/index/volume', {
    operationId: 'lokiVolume',
    summary: 'Bytes by label',
    parameters: Type.Object({
      query,
      ...range,
      limit,
      targetLabels: Type.Optional(Type.String()),
      aggregateBy: Type.Optional(Type.String({ description: '`series` (default) or `labels`.' })),
    }),
    answer: 'A vector.',
  }),
  volumeRange: lokiEndpoint('/loki/api/v1/index/volume_range', {
    operationId: 'lokiVolumeRange',
    summary: 'Bytes by label over time',
    parameters: Type.Object({
      query,
      ...range,
      limit,
      step,
      targetLabels: Type.Optional(Type.String()),
      aggregateBy: Type.Optional(Type.String({ description: '`series` (default) or `labels`.' })),
    }),
    answer: 'A matrix.',
  }),
  detectedLabels: lokiEndpoint('/loki/api/v1/detected_labels', {
    operationId: 'lokiDetectedLabels',
    summary: 'Labels with the number of their values',
    parameters: selection,
    answer: 'The labels.',
  }),
  detectedFields: lokiEndpoint('/loki/api/v1/detected_fields', {
    operationId: 'lokiDetectedFields',
    summary: 'Fields of the newest lines: structured metadata, and what json and logfmt find',
    parameters: Type.Object({ query, ...range, line_limit: limit, limit }),
    answer: 'The fields.',
  }),
  detectedFieldValues: lokiEndpoint('/loki/api/v1/detected_field/{name}/values', {
    operationId: 'lokiDetectedFieldValues',
    summary: 'Values of a field of the newest lines',
    pathParameters: { name: 'The field.' },
    parameters: Type.Object({ query, ...range, line_limit: limit, limit }),
    answer: 'The values.',
  }),
  patterns: lokiEndpoint('/loki/api/v1/patterns', {
    operationId: 'lokiPatterns',
    summary: 'Patterns of lines over time; none where `patterns.enabled` is off',
    parameters: Type.Object({ query, ...range, step }),
    answer: 'The patterns with their samples.',
  }),
  formatQuery: lokiEndpoint('/loki/api/v1/format_query', {
    operationId: 'lokiFormatQuery',
    summary: 'A query in its regular form',
    parameters: Type.Object({ query }),
    answer: 'The query.',
  }),
  drilldownLimits: lokiEndpoint('/loki/api/v1/drilldown-limits', {
    operationId: 'lokiDrilldownLimits',
    summary: 'Bounds, as Logs Drilldown asks for them',
    parameters: Type.Object({}),
    answer: 'The bounds.',
  }),
} as const;

export const lokiTailEndpoint = {
  method: 'GET',
  path: '/loki/api/v1/tail',
  operationId: 'lokiTail',
  tag: 'tail',
  summary: 'Watch lines live over WebSocket, as Grafana and logcli do',
  access: 'read',
  queryParameters: Type.Object({ query, start: range.start, limit }),
  responses: { 101: { description: 'A stream of text frames `{"streams":[…],"dropped_entries":[…]}`.' } },
} as const;

export const lokiEndpoints: readonly ServedEndpoint[] = [
  ...Object.values(lokiPairs).flatMap(({ get, post }) => [get, post]),
  lokiTailEndpoint,
];
