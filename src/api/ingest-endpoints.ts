/** Endpoints that take lines: the shapes of designs A, B and C. The gateway answers them at byte level. Part of endpoints.ts. */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import type { EndpointDescription } from './route.ts';

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

export const ingestEndpoints = {
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
} as const satisfies Record<string, EndpointDescription>;
