/**
 * All endpoints as data: what the OpenAPI document and the page at `/` tell, what requests are checked against, and which
 * methods an address has. Ingestion is answered by the gateway at byte level and live tail by streams; they are described
 * here all the same, for they belong to the API.
 */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { alertEndpoints } from './alert-endpoints.ts';
import type { EndpointDescription, ServedEndpoint } from './route.ts';
import { contextEndpoints } from './context-endpoints.ts';
import { explainEndpoints } from './explain-endpoints.ts';
import { lokiEndpoints } from './loki-endpoints.ts';
import { notificationEndpoints } from './notification-endpoints.ts';
import { exportEndpoints } from './export-endpoints.ts';
import { fieldsEndpoints } from './fields-endpoints.ts';
import * as schemas from './search-schemas.ts';
import { patternsEndpoints } from './patterns-endpoints.ts';
import { queryEndpoints } from './query-endpoints.ts';
import { quarantineAnswer, quarantineParameters, replayQuarantineAnswer, replayQuarantineBody } from './quarantine-schemas.ts';
import { incidentEndpoints } from './incident-endpoints.ts';
import { journeyEndpoints } from './journey-endpoints.ts';
import { keptEndpoints } from './kept-endpoints.ts';
import { serviceMetricsEndpoints } from './service-metrics-endpoints.ts';
import { sourceEndpoints } from './source-endpoints.ts';
import { storageEndpoints } from './storage-endpoints.ts';
import { streamEndpoints } from './stream-endpoints.ts';
import { statusReport } from './status-report.ts';

const time = Type.Optional(Type.Union([Type.String(), Type.Number()], { description: 'RFC 3339 or epoch; absent: the time of arrival.' }));
const text = Type.Optional(Type.String());
const level = Type.Optional(Type.Union([Type.String(), Type.Number()], { description: 'Any usual spelling or number.' }));
const attributes = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), { description: 'JSON of any shape; nested objects become dotted names.' }),
);

const recordA = Type.Object({
  timestamp: time,
  level,
  service: text,
  host: text,
  trace_id: text,
  span_id: text,
  message: Type.String(),
  metadata: attributes,
});
const recordB = Type.Object({ timestamp: time, level, message: Type.String(), metadata: attributes });
const recordC = Type.Object({ ts: time, level, msg: Type.String(), meta: attributes });
const sourceC = Type.Object({ service: text, host: text, region: text, environment: text });

const errors = Type.Optional(
  Type.Array(Type.Object({ index: Type.Integer(), code: Type.String(), message: Type.String() }, { title: 'RecordProblem' }), {
    description: 'The first of the records that were not taken.',
  }),
);
const failed = Type.Integer({ description: 'Quarantined and refused records.' });

const about =
  'The answer comes when every record is durable. Encodings: zstd, gzip, deflate, br, identity. With `Content-Type: application/x-ndjson` the body is one record a line.';

function ingest(
  design: 'A' | 'B' | 'C',
  path: string,
  body: TSchema,
  answer: TSchema,
  headers?: EndpointDescription['headers'],
): EndpointDescription {
  return {
    method: 'POST',
    path,
    operationId: `ingest${design}`,
    tag: 'ingest',
    summary: `Send lines (design ${design})`,
    description: about,
    access: 'ingest',
    body,
    headers,
    responses: { 202: { description: 'All that was taken is safe on disk.', schema: answer } },
  };
}

function tail(design: 'A' | 'C', path: string, description: string): EndpointDescription {
  return {
    method: 'GET',
    path,
    operationId: `tail${design}`,
    tag: 'tail',
    summary: design === 'A' ? 'Watch lines live over WebSocket (design A)' : 'Watch lines live as server-sent events (design C)',
    description,
    access: 'read',
    queryParameters: Type.Object({
      query: Type.Optional(Type.String({ description: 'Query language; also as `q`.' })),
      cursor: Type.Optional(
        Type.String({ description: 'Continues behind an earlier delivery. Every other parameter is a filter; repeated: any of.' }),
      ),
    }),
    responses:
      design === 'A'
        ? { 101: { description: 'A stream of text frames.' } }
        : { 200: { description: 'A stream of events.', contentType: 'text/event-stream' } },
  };
}

function search(design: 'A' | 'C', path: string, answer: TSchema, bodyExample: unknown): ServedEndpoint {
  return {
    method: 'POST',
    path,
    operationId: `search${design}`,
    tag: 'search',
    summary: `Search lines (design ${design})`,
    access: 'read',
    body: schemas.searchBody,
    bodyExample,
    responses: { 200: { description: 'A page of lines.', schema: answer } },
  };
}

function aggregate(design: 'A' | 'C', path: string): ServedEndpoint {
  return {
    method: 'POST',
    path,
    operationId: `aggregate${design}`,
    tag: 'aggregate',
    summary: `Count and measure lines by time and fields (design ${design})`,
    access: 'read',
    body: schemas.aggregateBody,
    bodyExample: {
      filters: { service: 'payment-service' },
      time_range: { last: '1h' },
      group_by: ['level'],
      interval: '1m',
      metric: 'count',
    },
    responses: { 200: { description: 'Values in order of time and group.', schema: schemas.aggregateAnswer } },
  };
}

function operation(
  method: 'GET' | 'POST',
  path: string,
  operationId: string,
  facts: Pick<ServedEndpoint, 'summary' | 'description' | 'access' | 'body' | 'responses'>,
): ServedEndpoint {
  return { method, path, operationId, tag: 'operation', ...facts };
}

const health = Type.Object({ status: Type.String(), reasons: Type.Optional(Type.Array(Type.String())) });

export const replayBody = Type.Object(
  {
    from: Type.Optional(Type.String({ description: 'Receive time of the first line, RFC 3339.' })),
    positions: Type.Optional(
      Type.Record(Type.String({ pattern: '^\\d{1,2}$' }), Type.Integer({ minimum: 0 }), {
        description: 'Shard → first sequence; shards that are not named are left alone.',
      }),
    ),
    reparse: Type.Optional(Type.Boolean({ description: 'Parse lines that were text again, by the rules of now.' })),
  },
  { additionalProperties: false },
);

const auditAnswer = Type.Object({
  consistent: Type.Boolean(),
  tenants: Type.Record(
    Type.String(),
    Type.Object({
      received: Type.Integer(),
      accepted: Type.Integer(),
      found: Type.Integer({ description: 'Lines in the store, in memory or on disk.' }),
      quarantined: Type.Integer(),
      kept: Type.Integer({ description: 'Quarantined records that are kept, were replayed, or expired.' }),
      problems: Type.Array(Type.String()),
    }),
  ),
});

export const endpoints = {
  ingestA: ingest(
    'A',
    '/v1/logs/ingest',
    Type.Object({ logs: Type.Array(recordA) }),
    Type.Object({ ingested: Type.Integer(), failed, errors }),
  ),
  ingestB: ingest(
    'B',
    '/api/v1/logs/ingest',
    Type.Object({ logs: Type.Array(recordB) }),
    Type.Object({ accepted: Type.Integer(), failed, errors }),
    {
      'X-Service-Id': 'Service of records that name none.',
      'X-Host': 'Host of records that name none.',
    },
  ),
  ingestC: ingest(
    'C',
    '/v1/ingest',
    Type.Object({ source: Type.Optional(sourceC), logs: Type.Array(recordC) }),
    Type.Object({ accepted: Type.Integer(), failed, lag_hint: Type.Enum(['normal', 'elevated', 'critical']), errors }),
  ),
  tailA: tail('A', '/v1/logs/tail', 'JSON frames `{"logs":[…],"dropped":0,"cursor":"…"}`.'),
  tailC: tail(
    'C',
    '/v1/tail',
    'One line an event: `id:` a cursor, `data:` the record; `event: dropped` tells of lines lost; `: heartbeat` every 15 s. `Last-Event-ID` resumes.',
  ),
  searchA: search('A', '/v1/logs/search', schemas.searchAnswerA, {
    query: 'Failed to process payment',
    filters: { service: 'payment-service', level: ['ERROR', 'WARN'], time_range: { last: '1h' } },
    sort: 'timestamp:desc',
    limit: 100,
  }),
  ...streamEndpoints,
  searchB: {
    method: 'GET',
    path: '/api/v1/logs/search',
    operationId: 'searchB',
    tag: 'search',
    summary: 'Search lines (design B)',
    access: 'read',
    queryParameters: schemas.searchParameters,
    responses: { 200: { description: 'A page of lines.', schema: schemas.searchAnswerB } },
  },
  searchC: search('C', '/v1/search', schemas.searchAnswerC, {
    query: 'card declined timeout',
    filters: { service: ['payment-service', 'checkout-service'], 'meta.trace_id': 'abc-123-def' },
    time_range: { from: 'now-1d', to: 'now' },
    sort: 'desc',
  }),
  lineById: {
    method: 'GET',
    path: '/v1/logs/{id}',
    operationId: 'lineById',
    tag: 'search',
    summary: 'One line by its id',
    access: 'read',
    pathParameters: { id: 'Id of the line, as every answer gives it; it never changes.' },
    responses: { 200: { description: "The line in design A's field names.", schema: schemas.recordA } },
  },
  ...contextEndpoints,
  ...fieldsEndpoints,
  ...patternsEndpoints,
  ...exportEndpoints,
  ...journeyEndpoints,
  ...queryEndpoints,
  ...explainEndpoints,
  aggregateA: aggregate('A', '/v1/logs/aggregate'),
  aggregateC: aggregate('C', '/v1/aggregate'),
  ...serviceMetricsEndpoints,
  ...sourceEndpoints,
  ...storageEndpoints,
  live: operation('GET', '/health/live', 'live', {
    summary: 'Is the process alive',
    access: 'public',
    responses: { 200: { description: 'It answers.', schema: health } },
  }),
  ready: operation('GET', '/health/ready', 'ready', {
    summary: 'Is it ready to take and find lines',
    access: 'public',
    responses: {
      200: { description: 'It is ready.', schema: health },
      503: { description: 'Not yet, or not now; the reasons say why.', schema: health },
    },
  }),
  metrics: operation('GET', '/metrics', 'metrics', {
    summary: 'Metrics for Prometheus',
    access: 'read',
    responses: { 200: { description: 'Prometheus text format.', contentType: 'text/plain' } },
  }),
  status: operation('GET', '/v1/status', 'status', {
    summary: 'Positions, lags, the ledger of outcomes, and the state of all parts',
    access: 'read',
    responses: { 200: { description: 'The state now.', schema: statusReport } },
  }),
  flush: operation('POST', '/v1/admin/flush', 'flush', {
    summary: 'Write all lines in memory to disk with their indexes, now',
    access: 'act-for-others',
    responses: { 200: { description: 'It is done.', schema: Type.Object({ flushed: Type.Literal(true) }) } },
  }),
  replay: operation('POST', '/v1/replay', 'replay', {
    summary: 'Process lines that the durable log still holds again; each takes the place of its older version',
    description: 'Runs in the background; `store.replay` in /v1/status tells how far it is. One replay at a time.',
    access: 'act-for-others',
    body: replayBody,
    responses: { 202: { description: 'It has begun.', schema: Type.Object({ started: Type.Literal(true) }) } },
  }),
  quarantine: {
    method: 'GET',
    path: '/v1/quarantine',
    operationId: 'quarantine',
    tag: 'operation',
    summary: 'Records that could not be taken, with the reason',
    access: 'read',
    queryParameters: quarantineParameters,
    responses: { 200: { description: 'A page of records, newest first.', schema: quarantineAnswer } },
  },
  quarantineReplay: operation('POST', '/v1/quarantine/replay', 'quarantineReplay', {
    summary: 'Send quarantined records through ingestion again, after a fix',
    description: 'Each becomes a line at most once, with the attribute `replayed_from`. With `preview` nothing is changed.',
    access: 'read-and-ingest',
    body: replayQuarantineBody,
    responses: { 200: { description: 'What became of each.', schema: replayQuarantineAnswer } },
  }),
  audit: operation('POST', '/v1/admin/audit', 'audit', {
    summary: 'Prove the ledger against the store: is every accepted line there, and every quarantined record',
    access: 'act-for-others',
    responses: { 200: { description: 'The figures of every tenant, and what does not agree.', schema: auditAnswer } },
  }),
  ...keptEndpoints,
  ...alertEndpoints,
  ...incidentEndpoints,
  ...notificationEndpoints,
  openApi: operation('GET', '/openapi.json', 'openApi', {
    summary: 'This document',
    access: 'public',
    responses: { 200: { description: 'OpenAPI 3.1.', schema: Type.Object({}) } },
  }),
  index: operation('GET', '/', 'index', {
    summary: 'What this is, for people',
    access: 'public',
    responses: { 200: { description: 'A page.', contentType: 'text/html' } },
  }),
} as const satisfies Record<string, EndpointDescription>;

/** Every endpoint, in the order in which they are told. */
export const allEndpoints: readonly EndpointDescription[] = [...Object.values(endpoints), ...lokiEndpoints];
