/** What is told about exports, and the shape of their requests. */
import { Type } from 'typebox';
import { exportFormats } from './export-shapes.ts';
import type { ServedEndpoint } from './route.ts';
import { searchBody, selection } from './search-schemas.ts';

export const exportBody = Type.Object(
  {
    ...selection,
    sort: searchBody.properties.sort,
    cursor: searchBody.properties.cursor,
    format: Type.Optional(
      Type.Enum([...exportFormats], { description: '`ndjson` (default), `csv` or `raw`: the lines as they were sent.' }),
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

export const exportEndpoints = {
  exportLines: {
    method: 'POST',
    path: '/v1/logs/export',
    operationId: 'exportLines',
    tag: 'search',
    summary: 'All lines of a search as NDJSON, CSV or raw text, streamed at any size',
    description:
      'Runs with priority p2. NDJSON ends with a line `{"export":{"lines":…,"complete":…,"cursor":…}}`: without it, or with `complete: false`, lines are missing, and `cursor` or `resume_after` goes on. CSV and raw text break off where they cannot be completed.',
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
} as const satisfies Record<string, ServedEndpoint>;
