/** What is told about queries with pipes, and the shape of their requests. */
import { Type } from 'typebox';
import { columnTypes } from './query-shapes.ts';
import type { ServedEndpoint } from './route.ts';
import { cost, searchParameters, selection } from './search-schemas.ts';

const limit = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Most rows; of lines 100 where neither this nor the query says a number.' }),
);

export const queryBody = Type.Object({ ...selection, limit }, { additionalProperties: false });

const { from, to, last, allow_wide_range: allowWideRange } = searchParameters.properties;
export const queryParameters = Type.Object(
  {
    query: Type.Optional(Type.String({ description: 'Query language with pipes.' })),
    from,
    to,
    last,
    limit,
    allow_wide_range: allowWideRange,
  },
  { additionalProperties: false },
);

const table = Type.Object(
  {
    columns: Type.Array(
      Type.Object({
        name: Type.String(),
        type: Type.Enum([...columnTypes], {
          description: '`time` is RFC 3339; of `any` each value has the JSON type that it was sent with.',
        }),
      }),
    ),
    rows: Type.Array(Type.Array(Type.Unknown()), {
      description: 'Values in the order of the columns; null, or an empty text, where a row has none.',
    }),
    more_rows: Type.Boolean({ description: 'True where the query makes more rows than were asked for or are allowed.' }),
    extrapolated: Type.Optional(Type.Boolean({ description: 'Of tables: true where sampled lines were counted by their weight.' })),
    covered_range: Type.Optional(
      Type.Object(
        { from: Type.String(), to: Type.String() },
        { description: 'Where the search of lines stopped early: what was searched.' },
      ),
    ),
    ...cost,
  },
  { title: 'Table' },
);

const facts = {
  tag: 'aggregate',
  access: 'read',
  responses: { 200: { description: 'The table.', schema: table } },
} as const;

export const queryEndpoints = {
  tableOfQuery: {
    ...facts,
    method: 'POST',
    path: '/v1/query',
    operationId: 'tableOfQuery',
    summary: 'A query with pipes: a table of what is made of the lines, or the lines as rows',
    description:
      'With `Accept: application/x-ndjson` an object a row and a last line `{"end":{…}}`; with `Accept: text/csv` a CSV whose headers `x-complete` and `x-more-rows` tell the rest.',
    body: queryBody,
    bodyExample: {
      query: 'level>=WARN | stats count(), p99(latency_ms) by service, bin(5m) | sort count desc | limit 20',
      time_range: { last: '1h' },
    },
  },
  tableOfQueryByParameters: {
    ...facts,
    method: 'GET',
    path: '/v1/query',
    operationId: 'tableOfQueryByParameters',
    summary: 'The same as a link',
    queryParameters,
  },
} as const satisfies Record<string, ServedEndpoint>;
