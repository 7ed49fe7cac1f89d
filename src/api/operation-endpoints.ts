/** Endpoints about the server itself: health, figures, state, the quarantine, replays and audits. Part of endpoints.ts. */
import { Type } from 'typebox';
import { quarantineAnswer, quarantineParameters, replayQuarantineAnswer, replayQuarantineBody } from './quarantine-schemas.ts';
import type { ServedEndpoint } from './route.ts';
import { statusReport } from './status-report.ts';

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

export const operationEndpoints = {
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
} as const satisfies Record<string, ServedEndpoint>;

/** What tells of all the others. */
export const documentEndpoints = {
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
} as const satisfies Record<string, ServedEndpoint>;
