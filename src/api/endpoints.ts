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
import { ingestEndpoints } from './ingest-endpoints.ts';
import { documentEndpoints, operationEndpoints } from './operation-endpoints.ts';
import { incidentEndpoints } from './incident-endpoints.ts';
import { journeyEndpoints } from './journey-endpoints.ts';
import { keptEndpoints } from './kept-endpoints.ts';
import { serviceMetricsEndpoints } from './service-metrics-endpoints.ts';
import { sourceEndpoints } from './source-endpoints.ts';
import { storageEndpoints } from './storage-endpoints.ts';
import { streamEndpoints } from './stream-endpoints.ts';

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

export const endpoints = {
  ...ingestEndpoints,
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
  ...operationEndpoints,
  ...keptEndpoints,
  ...alertEndpoints,
  ...incidentEndpoints,
  ...notificationEndpoints,
  ...documentEndpoints,
} as const satisfies Record<string, EndpointDescription>;

/** Every endpoint, in the order in which they are told. */
export const allEndpoints: readonly EndpointDescription[] = [...Object.values(endpoints), ...lokiEndpoints];
