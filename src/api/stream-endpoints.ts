/** The streamed search, as data. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';
import { searchBody } from './search-schemas.ts';

const { offset: _offset, pattern_texts: _texts, ...pageMembers } = searchBody.properties;

export const streamBody = Type.Object(
  {
    ...pageMembers,
    total: Type.Optional(Type.Boolean({ description: 'Count all matching lines beside it; absent: no.' })),
  },
  { additionalProperties: false },
);

export const streamEndpoints = {
  searchStream: {
    method: 'POST',
    path: '/v1/logs/search/stream',
    operationId: 'searchStream',
    tag: 'search',
    summary: 'Search lines and get them as they are found',
    description:
      'One JSON record a line of the answer: lines in design A\'s field names; `{"progress":{searched_to, share, found, scanned}}` in between; ' +
      '`{"end":{complete, reason, covered_range, next_cursor, …}}` last. With `Accept: text/event-stream` they come as the events ' +
      '`line`, `progress` and `end`. A search whose time is up ends with `complete: false` and keeps what came.',
    access: 'read',
    body: streamBody,
    bodyExample: { query: 'card declined timeout', time_range: { last: '7d' }, limit: 1000, total: true },
    responses: { 200: { description: 'A stream of records.', contentType: 'application/x-ndjson' } },
  },
} as const satisfies Record<string, ServedEndpoint>;
