/** What is told about the explanation of a query. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';
import { selection } from './search-schemas.ts';

/** Which lines, as in a search. */
export const explainBody = Type.Object({ ...selection }, { additionalProperties: false });

const place = {
  position: Type.Optional(Type.Integer({ description: 'UTF-16 offset into the query, from 0; absent for what a filter says.' })),
  length: Type.Optional(Type.Integer()),
};

const indexUse = Type.Object({
  kind: Type.Enum(['partition', 'time', 'order', 'skip'], {
    description: 'By day of receipt, by receive time, by the order of the table (tenant, time, service), by a skip index.',
  }),
  name: Type.Optional(Type.String({ description: 'Of a skip index; `combined` is what all of them leave together.' })),
  parts_before: Type.Integer(),
  parts: Type.Integer({ description: 'Parts left to read.' }),
  granules_before: Type.Integer(),
  granules: Type.Integer({ description: 'Granules left to read; one is 1024 lines.' }),
});

const explanation = Type.Object({
  ast: Type.Unknown({ description: 'Tree of the query and the filters. Its form may grow with the language.' }),
  pipes: Type.Optional(Type.Array(Type.Unknown(), { description: 'The stages behind the query, one for each pipe.' })),
  statement: Type.Optional(
    Type.Object(
      { sql: Type.String(), parameters: Type.Record(Type.String(), Type.Unknown()) },
      { description: 'Of a query with pipes: the one statement that it is, as the engine gets it.' },
    ),
  ),
  canonical: Type.String({ description: 'The query as the product writes it; it means the same.' }),
  hints: Type.Array(Type.Object({ message: Type.String(), suggestion: Type.String(), ...place }), {
    description: 'What was perhaps not meant as it is written.',
  }),
  sql: Type.String({ description: 'Condition of the query in ClickHouse SQL, without tenant and time range.' }),
  parameters: Type.Record(Type.String(), Type.Unknown(), { description: 'Values of its placeholders.' }),
  indexes: Type.Array(indexUse, { description: 'In the order in which the engine asks them.' }),
  parts: Type.Integer({ description: 'Parts to read in the end.' }),
  granules: Type.Integer(),
  rows: Type.Integer({ description: 'Lines in these granules.' }),
  memtables: Type.Integer({ description: 'Tables in memory, which are read whole.' }),
  counts_from_rollup: Type.Boolean({ description: 'Counts of these lines are kept by minute, and no line is read for them.' }),
  estimate: Type.Object({
    lines: Type.Integer({ description: 'Lines of the tenant in the time range.' }),
    scanned: Type.Integer({ description: 'Lines that are likely to be read; what admission goes by.' }),
  }),
  time_range: Type.Object({ from: Type.String(), to: Type.String(), default: Type.Optional(Type.Boolean()) }),
  took_ms: Type.Integer(),
});

export const explainEndpoints = {
  explain: {
    method: 'POST',
    path: '/v1/query/explain',
    operationId: 'explainQuery',
    tag: 'search',
    summary: 'What a query means, and what it would read',
    description: 'Nothing is searched. A query that cannot be read is an error with its place, as everywhere.',
    access: 'read',
    body: explainBody,
    bodyExample: { query: 'service:checkout latency_ms>500', time_range: { last: '1h' } },
    responses: { 200: { description: 'Meaning, indexes and cost.', schema: explanation } },
  },
} as const satisfies Record<string, ServedEndpoint>;
