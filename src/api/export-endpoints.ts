/** What is told about exports, and the shape of their requests. */
import { Type } from 'typebox';
import { exportFormats } from '#search/export-format.ts';
import type { ServedEndpoint } from './route.ts';
import { searchBody, selection } from './search-schemas.ts';

export const exportBody = Type.Object(
  {
    ...selection,
    sort: searchBody.properties.sort,
    cursor: searchBody.properties.cursor,
    format: Type.Optional(
      Type.Enum([...exportFormats], { description: '`ndjson` (default), `csv`, `raw` (the lines as they were sent) or `parquet`.' }),
    ),
    columns: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), {
        minItems: 1,
        maxItems: 1000,
        description: 'Fields by their names in queries; of `ndjson` and `csv`.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: 'Most lines; absent: all.' })),
    resume_after: Type.Optional(
      Type.String({ maxLength: 64, description: 'Id of the last line of an export that broke: goes on behind it. In place of `cursor`.' }),
    ),
  },
  { additionalProperties: false },
);

export const exportJobBody = Type.Object(
  {
    ...selection,
    sort: searchBody.properties.sort,
    format: exportBody.properties.format,
    columns: exportBody.properties.columns,
    limit: exportBody.properties.limit,
  },
  { additionalProperties: false },
);

const jobAnswer = Type.Object(
  {
    id: Type.String(),
    state: Type.Enum(['queued', 'running', 'done', 'failed']),
    format: Type.Enum([...exportFormats]),
    query: Type.Optional(Type.String()),
    time_range: Type.Object({ from: Type.String(), to: Type.String() }, { description: 'Frozen when it was asked for.' }),
    created_at: Type.String(),
    created_by: Type.String(),
    lines: Type.Integer(),
    bytes: Type.Integer(),
    reached: Type.Union([Type.String(), Type.Null()], { description: 'Event time of the last line written.' }),
    share: Type.Number({ description: 'Of the time range, from 0 to 1.' }),
    complete: Type.Optional(Type.Boolean({ description: 'At the end: whether no line may be missing.' })),
    reason: Type.Optional(Type.String({ description: 'Why it waits, failed, or may lack lines.' })),
    finished_at: Type.Optional(Type.String()),
    expires_at: Type.Optional(Type.String()),
    file: Type.Optional(Type.String({ description: 'Address of the file, when it is done.' })),
  },
  { title: 'ExportJob' },
);

const jobId = { id: 'Id of the export.' };

function job(
  method: ServedEndpoint['method'],
  path: string,
  operationId: string,
  summary: string,
  response: ServedEndpoint['responses'],
): ServedEndpoint {
  return { method, path, operationId, tag: 'search', summary, access: 'read', responses: response };
}

export const exportEndpoints = {
  exportLines: {
    method: 'POST',
    path: '/v1/logs/export',
    operationId: 'exportLines',
    tag: 'search',
    summary: 'All lines of a search as NDJSON, CSV or raw text, streamed at any size, or as a Parquet file',
    description:
      'Runs with priority p2. NDJSON ends with a line `{"export":{"lines":…,"complete":…,"cursor":…}}`: without it, or with `complete: false`, lines are missing, and `cursor` or `resume_after` goes on. CSV and raw text break off where they cannot be completed. Parquet is made whole before it is sent, up to `engine.max_buffered_result`; larger ones, and what takes long, by `POST /v1/exports`.',
    access: 'read',
    body: exportBody,
    bodyExample: {
      query: 'level:ERROR',
      time_range: { last: '1d' },
      format: 'csv',
      columns: ['timestamp', 'service', 'message', 'user_id'],
    },
    responses: { 200: { description: 'The lines.', contentType: 'application/x-ndjson' } },
  },
  exportJobs: job('GET', '/v1/exports', 'exports', 'Exports of the tenant, newest first', {
    200: { description: 'Those that are kept.', schema: Type.Object({ exports: Type.Array(jobAnswer) }) },
  }),
  exportJobCreate: {
    ...job('POST', '/v1/exports', 'exportCreate', 'Export in the background into a file that is fetched later', {
      202: { description: 'It waits for its turn.', schema: jobAnswer },
    }),
    description:
      'Written with priority p2 and at most `exports.max_bytes_per_second`; goes on after a restart. Kept for `exports.max_age` after its end.',
    body: exportJobBody,
    bodyExample: { query: 'service:checkout', time_range: { last: '7d' }, format: 'parquet' },
  },
  exportJob: {
    ...job('GET', '/v1/exports/{id}', 'export', 'How far an export is', { 200: { description: 'As it is now.', schema: jobAnswer } }),
    pathParameters: jobId,
  },
  exportJobFile: {
    ...job('GET', '/v1/exports/{id}/file', 'exportFile', 'The file of an export that is done; also parts of it, by `Range`', {
      200: { description: 'The file.', contentType: 'application/octet-stream' },
      206: { description: 'The part that was asked for.', contentType: 'application/octet-stream' },
    }),
    pathParameters: jobId,
    headers: { Range: '`bytes=<from>-<to>`, one range.', 'If-Range': 'The `ETag` of the file that the part belongs to.' },
  },
  exportJobDelete: {
    ...job('DELETE', '/v1/exports/{id}', 'exportDelete', 'End an export and remove its file', {
      200: { description: 'It is gone.', schema: Type.Object({ removed: Type.Literal(true) }) },
    }),
    pathParameters: jobId,
  },
} as const satisfies Record<string, ServedEndpoint>;
