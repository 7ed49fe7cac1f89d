/** Requests and answers of context and traces, as schemas: validation and OpenAPI read the same ones. */
import { Type } from 'typebox';
import { contextScopes } from '#search/context.ts';
import { recordA } from './search-schemas.ts';

const cursor = (direction: string) =>
  Type.Optional(Type.String({ maxLength: 1024, description: `\`${direction}_cursor\` of an earlier answer: goes on from there.` }));
const count = (direction: string) =>
  Type.Optional(Type.Integer({ minimum: 0, description: `Lines ${direction} the line; default \`search.context_lines\`.` }));

export const contextParameters = Type.Object(
  {
    scope: Type.Optional(
      Type.Enum([...contextScopes], {
        description: 'What the lines around have in common with the line; `source` (default) is service and host.',
      }),
    ),
    before: count('before'),
    after: count('after'),
    before_cursor: cursor('before'),
    after_cursor: cursor('after'),
  },
  { additionalProperties: false },
);

const cost = {
  took_ms: Type.Integer({ description: 'Milliseconds in the server, waiting for a turn included.' }),
  scanned: Type.Integer({ description: 'Lines read.' }),
  complete: Type.Boolean({ description: 'False where lines may be missing; then `reason` says why.' }),
  reason: Type.Optional(Type.String()),
};

export const contextAnswer = Type.Object({
  id: Type.String({ description: 'Id of the line.' }),
  scope: Type.Enum([...contextScopes]),
  lines: Type.Array(Type.Intersect([recordA, Type.Object({ marked: Type.Optional(Type.Literal(true)) })]), {
    description: 'In order of time; the line itself has `marked`. An answer to a cursor has only what is further on.',
  }),
  line_index: Type.Union([Type.Integer(), Type.Null()], { description: 'Place of the line among the lines.' }),
  before_cursor: Type.String(),
  has_more_before: Type.Boolean(),
  after_cursor: Type.String({ description: 'Also where nothing is newer yet: asked again, it finds what has come since.' }),
  has_more_after: Type.Boolean(),
  ...cost,
});

export const traceParameters = Type.Object(
  {
    from: Type.Optional(Type.String({ maxLength: 128, description: 'First instant; absent: any time.' })),
    to: Type.Optional(Type.String({ maxLength: 128, description: 'First instant behind the range.' })),
    last: Type.Optional(Type.String({ maxLength: 64, description: 'Duration up to now, in place of `from` and `to`.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: 'Lines of a page; default `search.trace_lines`.' })),
    cursor: Type.Optional(Type.String({ maxLength: 1024, description: '`next_cursor` of the page before.' })),
  },
  { additionalProperties: false },
);

const timestamp = Type.String({ format: 'date-time' });

export const traceAnswer = Type.Object({
  trace_id: Type.String(),
  lines: Type.Array(
    Type.Intersect([
      recordA,
      Type.Object({
        gap_ms: Type.Union([Type.Number(), Type.Null()], { description: 'Since the line before; null for the first of the trace.' }),
      }),
    ]),
    { description: 'In order of time.' },
  ),
  total: Type.Integer({ description: 'Lines of the whole trace.' }),
  from: Type.Optional(timestamp),
  to: Type.Optional(timestamp),
  duration_ms: Type.Number({ description: 'From the first to the last line of the trace.' }),
  services: Type.Array(
    Type.Object({
      service: Type.String(),
      lines: Type.Integer(),
      errors: Type.Integer({ description: 'Lines of level ERROR and above.' }),
      from: timestamp,
      to: timestamp,
      start_ms: Type.Number({ description: 'After the first line of the trace.' }),
      duration_ms: Type.Number(),
    }),
    { description: 'Of the whole trace, in order of their first line.' },
  ),
  links: Type.Array(Type.Object({ name: Type.String(), url: Type.String() }), {
    description: 'The trace in other tools, from `search.trace_links`.',
  }),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
  ...cost,
});
