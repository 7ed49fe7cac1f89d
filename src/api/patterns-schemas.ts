/** Requests and answers about patterns, as schemas: validation and OpenAPI read the same ones. */
import { Type } from 'typebox';
import { cost, selection, timeRangeSchema } from './search-schemas.ts';

export const patternsBody = Type.Object(
  {
    ...selection,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Patterns; default 50.' })),
    new_since: Type.Optional(
      Type.String({ maxLength: 128, description: 'Only patterns that no line of the tenant had before: an instant, or `now-1h`.' }),
    ),
    compare: Type.Optional(
      Type.Object(
        { time_range: timeRangeSchema },
        { additionalProperties: false, description: 'Another time range of the same selection; the most telling patterns come first.' },
      ),
    ),
  },
  { additionalProperties: false },
);

const timestamp = Type.String({ format: 'date-time' });

const comparison = Type.Object({
  count: Type.Integer({ description: 'Lines in the other range.' }),
  change: Type.Enum(['new', 'gone', 'more', 'less', 'same'], { description: '`same` where chance explains the difference.' }),
  rate_ratio: Type.Union([Type.Number(), Type.Null()], { description: 'Lines a second here, divided by those there; null for new ones.' }),
  significance: Type.Number({ description: 'Likelihood ratio (G): the larger, the less it is chance.' }),
});

export const patternsAnswer = Type.Object({
  patterns: Type.Array(
    Type.Object({
      id: Type.String({ description: 'For the filter `pattern:<id>`; 16 zeros for lines without a pattern.' }),
      text: Type.Union([Type.String(), Type.Null()], { description: 'The message, with `<*>` for what varies.' }),
      count: Type.Integer({ description: 'Lines; exact, weighed where lines were sampled.' }),
      share: Type.Number({ description: 'Percent of the lines.' }),
      first_seen: Type.Union([timestamp, Type.Null()], { description: 'First line that ever had it, whatever the selection.' }),
      first: timestamp,
      last: timestamp,
      levels: Type.Record(Type.String(), Type.Integer(), { description: 'Level → lines; `none` for lines that have none.' }),
      buckets: Type.Array(Type.Tuple([timestamp, Type.Integer()]), {
        description: 'Begin and lines, `interval_ms` wide; empty ones are left out.',
      }),
      example: Type.Union([Type.Object({ id: Type.String(), service: Type.String(), message: Type.String() }), Type.Null()], {
        description: 'Its last line.',
      }),
      compared: Type.Optional(comparison),
    }),
    { description: 'The most frequent first; in a comparison, the most telling.' },
  ),
  total_lines: Type.Integer(),
  total_patterns: Type.Integer(),
  interval_ms: Type.Integer(),
  compared_range: Type.Optional(cost.time_range),
  ...cost,
});
