/** Requests and answers of search and aggregation (api.md), as schemas: validation and OpenAPI read the same ones. */
import { Type } from 'typebox';
import type { Static } from 'typebox';

const instant = (description: string) => Type.Union([Type.String({ maxLength: 128 }), Type.Number()], { description });

export const timeRangeSchema = Type.Object(
  {
    from: Type.Optional(instant('First instant: RFC 3339, epoch seconds or milliseconds, or now-math such as `now-1h` or `now-7d/d`.')),
    to: Type.Optional(instant('First instant behind the range, in the same forms; absent: now, and a little further for a search.')),
    last: Type.Optional(
      Type.String({ maxLength: 64, description: 'Duration up to now, such as `15m`, `1h`, `7d`; in place of `from` and `to`.' }),
    ),
  },
  {
    title: 'TimeRange',
    additionalProperties: false,
    description: 'Half open: `from` belongs to it, `to` does not. Absent: the last hour (`search.default_range`).',
  },
);

/** A filter's value; the language's own reader checks it, which knows the fields. */
const filtersSchema = Type.Record(Type.String(), Type.Unknown(), {
  title: 'FilterValues',
  description:
    'Field or attribute name → a value, or a list that means any of. Names as in the query language, such as `service`, `level`, `metadata.user_id`. `time_range` may stand here too.',
});

/** Which lines a request asks for. */
export const selection = {
  query: Type.Optional(Type.String({ description: 'Query language; absent or empty: all lines.' })),
  filters: Type.Optional(filtersSchema),
  time_range: Type.Optional(timeRangeSchema),
  allow_wide_range: Type.Optional(
    Type.Boolean({ description: 'Allows ranges up to `search.max_wide_range` in place of `search.max_range`.' }),
  ),
};

export const searchBody = Type.Object(
  {
    ...selection,
    sort: Type.Optional(
      Type.String({
        maxLength: 64,
        description: '`desc` (newest first, the default) or `asc`; also `timestamp:desc` and `timestamp:asc`.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Lines of the page; default `search.default_limit`, at most `search.max_limit`.' }),
    ),
    offset: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Lines to pass over, at most `search.max_offset`; not together with `cursor`.' }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 1024, description: '`next_cursor` of the page before; query, filters and order must be the same.' }),
    ),
    pattern_texts: Type.Optional(Type.Boolean({ description: 'Tell the texts of the patterns that the lines have, as `patterns`.' })),
  },
  { title: 'SearchBody', additionalProperties: false },
);
export type SearchBody = Static<typeof searchBody>;

/** Parameters of design B's search; column fields and `metadata.…` are filters besides. */
export const searchParameters = Type.Object(
  {
    q: Type.Optional(Type.String({ description: 'Query language; absent or empty: all lines.' })),
    service: Type.Optional(
      Type.String({ description: 'Filter; repeated: any of. Empty: none. So are all fields of a line and `metadata.<name>`.' }),
    ),
    level: Type.Optional(Type.String({ description: 'Filter: TRACE, DEBUG, INFO, WARN, ERROR or FATAL; repeated: any of.' })),
    host: Type.Optional(Type.String({ description: 'Filter; repeated: any of.' })),
    from: Type.Optional(Type.String({ maxLength: 128, description: 'First instant: RFC 3339, epoch, or now-math.' })),
    to: Type.Optional(Type.String({ maxLength: 128, description: 'First instant behind the range.' })),
    last: Type.Optional(Type.String({ maxLength: 64, description: 'Duration up to now, in place of `from` and `to`.' })),
    sort: Type.Optional(Type.String({ maxLength: 64, description: '`desc` (default) or `asc`.' })),
    limit: Type.Optional(Type.Integer({ minimum: 0, description: 'Lines of the page.' })),
    offset: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Lines to pass over, at most `search.max_offset`; further with `cursor`.' }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 1024, description: '`next_cursor` of the page before.' })),
    allow_wide_range: Type.Optional(Type.Boolean({ description: 'Allows ranges up to `search.max_wide_range`.' })),
  },
  { additionalProperties: false },
);

export const aggregateBody = Type.Object(
  {
    ...selection,
    group_by: Type.Optional(
      Type.Array(Type.String({ maxLength: 1024 }), { description: 'Fields to group by; a level groups by its name.' }),
    ),
    interval: Type.Optional(Type.String({ maxLength: 64, description: 'Time step such as `1m`; absent: one bucket a group.' })),
    metric: Type.Optional(
      Type.String({
        maxLength: 2048,
        description:
          '`count` (default), `rate`, `error_rate`, `distinct(f)`, `sum(f)`, `avg(f)`, `min(f)`, `max(f)`, `p50(f)` … `p99.9(f)`.',
      }),
    ),
  },
  { title: 'AggregateBody', additionalProperties: false },
);
export type AggregateBody = Static<typeof aggregateBody>;

const level = Type.Union([Type.Enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']), Type.Null()]);
const attributes = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Flat, with dotted names; every value in the JSON type it was sent with.',
});
const timestamp = Type.String({ format: 'date-time', description: 'Event time, UTC, up to nanoseconds.' });

/** Members that only lines which have them show, in every design's record. */
const rareMembers = {
  environment: Type.Optional(Type.String()),
  resource: Type.Optional(Type.Record(Type.String(), Type.String())),
  tags: Type.Optional(Type.Array(Type.String())),
  raw: Type.Optional(Type.String({ description: 'The line before it was parsed, where that differs.' })),
  sample_rate: Type.Optional(Type.Number({ description: 'Share of such lines that was kept.' })),
  pattern: Type.Optional(Type.String({ description: 'Id of its pattern, for the filter `pattern:<id>` and `/v1/patterns`.' })),
  receive_ts: Type.String({ format: 'date-time', description: 'When the server took it.' }),
  skewed: Type.Optional(Type.Literal(true, { description: 'Event and receive time differ by more than 30 s.' })),
};
const source = { service: Type.String(), host: Type.String() };
const traceMembers = { trace_id: Type.String(), span_id: Type.String() };
const optionalTrace = { trace_id: Type.Optional(Type.String()), span_id: Type.Optional(Type.String()) };

export const recordA = Type.Object(
  {
    id: Type.String(),
    timestamp,
    level,
    ...source,
    ...traceMembers,
    message: Type.String(),
    metadata: attributes,
    ...rareMembers,
  },
  { title: 'LineA' },
);
const recordB = Type.Object(
  {
    log_id: Type.String(),
    timestamp,
    level,
    ...source,
    message: Type.String(),
    metadata: attributes,
    ...optionalTrace,
    ...rareMembers,
  },
  { title: 'LineB' },
);
const recordC = Type.Object(
  { id: Type.String(), ts: timestamp, level, ...source, msg: Type.String(), meta: attributes, ...rareMembers },
  { title: 'LineC' },
);

const coveredRange = Type.Object(
  { from: timestamp, to: timestamp },
  { title: 'CoveredRange', description: 'The part of the range that this page has searched, where it stopped early.' },
);

/** What every answer says about itself. */
export const cost = {
  took_ms: Type.Integer({ description: 'Milliseconds in the server, waiting for a turn included.' }),
  scanned: Type.Integer({ description: 'Lines read.' }),
  complete: Type.Boolean({ description: 'False where lines may be missing; then `reason` says why.' }),
  reason: Type.Optional(Type.String()),
  cached: Type.Optional(
    Type.Literal(true, { description: 'The answer, or the larger part of it, was kept: no line of its range has changed since.' }),
  ),
  time_range: Type.Object(
    { from: timestamp, to: timestamp, default: Type.Optional(Type.Literal(true, { description: 'The request named no range.' })) },
    { title: 'SearchedRange', description: 'The range that was searched.' },
  ),
};

const page = {
  total_relation: Type.Enum(['eq', 'gte'], { description: '`eq`: the total is exact; `gte`: at least so many.' }),
  next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; null on the last.' }),
  covered_range: Type.Optional(coveredRange),
  ...cost,
};
const total = Type.Integer({ minimum: 0, description: 'Lines that match, on all pages.' });

const patternTexts = Type.Optional(
  Type.Record(Type.String(), Type.String(), {
    description: 'Id → text, with `<*>` for what varies; where `pattern_texts` asked for it. A pattern that is not known yet is left out.',
  }),
);
export const searchAnswerA = Type.Object({ hits: Type.Array(recordA), patterns: patternTexts, total, ...page });
export const searchAnswerB = Type.Object({ total_hits: total, logs: Type.Array(recordB), ...page });
export const searchAnswerC = Type.Object({ hits: total, logs: Type.Array(recordC), patterns: patternTexts, ...page });

export const aggregateAnswer = Type.Object(
  {
    buckets: Type.Array(
      Type.Object({
        time: Type.Optional(Type.String({ format: 'date-time', description: 'Begin of the time step; only with `interval`.' })),
        group: Type.Record(Type.String(), Type.String(), { description: 'Field as asked → its value; empty text where a line has none.' }),
        value: Type.Union([Type.Number(), Type.Null()], { description: 'Null where no line had a number in the field.' }),
      }),
    ),
    extrapolated: Type.Boolean({ description: 'True where sampled lines were counted by their weight.' }),
    ...cost,
  },
  { title: 'Aggregate' },
);
