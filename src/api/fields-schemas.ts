/** Requests and answers about fields of lines, as schemas: validation and OpenAPI read the same ones. */
import { Type } from 'typebox';
import { cost, selection } from './search-schemas.ts';

const name = Type.String({ maxLength: 1024 });

export const fieldsBody = Type.Object(
  {
    ...selection,
    fields: Type.Optional(Type.Array(name, { maxItems: 1000, description: 'Only these, by their names in queries.' })),
    limit_fields: Type.Optional(Type.Integer({ minimum: 1, description: 'Default `search.field_limit`, at most `search.max_fields`.' })),
    limit_values: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Values of a field; default `search.field_value_limit`, at most `search.max_field_values`.',
      }),
    ),
  },
  { additionalProperties: false },
);

const share = (description: string) => Type.Number({ minimum: 0, description });
const sample = {
  total_lines: Type.Integer({ description: 'Lines that match.' }),
  sampled: Type.Boolean({
    description: 'True where not all of them were looked at; counts of attributes and resource entries are then estimates.',
  }),
  sample_rate: share('Share of the lines that was looked at, 0 to 1.'),
};

export const fieldsAnswer = Type.Object({
  fields: Type.Array(
    Type.Object({
      name: Type.String({ description: 'As a query writes it.' }),
      source: Type.Enum(['column', 'attribute', 'resource']),
      lines: Type.Integer({ description: 'Lines that have it.' }),
      coverage: share('Percent of the lines.'),
      types: Type.Record(Type.String(), Type.Integer(), { description: 'JSON type → lines; more than one is no error.' }),
      distinct: Type.Integer(),
      distinct_is: Type.Enum(['exact', 'at_least'], { description: '`at_least` in a sample.' }),
      values: Type.Array(
        Type.Object({ value: Type.String(), lines: Type.Integer(), share: share('Percent of the lines that have the field.') }),
        {
          description: 'The most frequent first; texts of more than 256 bytes are left out.',
        },
      ),
      numbers: Type.Optional(
        Type.Object(
          {
            lines: Type.Integer({ description: 'Lines in which it is a number, or a text that is one.' }),
            min: Type.Number(),
            max: Type.Number(),
            avg: Type.Number(),
            p50: Type.Number(),
            p90: Type.Number(),
            p95: Type.Number(),
            p99: Type.Number(),
          },
          { description: 'Where there are numbers.' },
        ),
      ),
    }),
    { description: 'Columns first, then by lines.' },
  ),
  more_fields: Type.Boolean({ description: 'There are more fields than `limit_fields`.' }),
  ...sample,
  ...cost,
});

const side = (description: string) => Type.Object({ ...selection }, { additionalProperties: false, description });

export const compareBody = Type.Object(
  {
    selection: side('The lines that are in question.'),
    baseline: Type.Optional(side('What they are compared with; absent: all other lines of the same time range.')),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Differences; default `search.field_limit`, at most `search.max_fields`.' }),
    ),
  },
  { additionalProperties: false },
);

const sideAnswer = Type.Object({ ...sample, time_range: cost.time_range }, { title: 'ComparedSide' });

export const compareAnswer = Type.Object({
  differences: Type.Array(
    Type.Object({
      field: Type.String({ description: 'As a query writes it.' }),
      value: Type.Optional(Type.String({ description: 'Absent: the difference is that lines have the field at all.' })),
      selection_share: share('Percent of the selection.'),
      baseline_share: share('Percent of the baseline.'),
      lift: Type.Union([Type.Number(), Type.Null()], { description: 'How many times more frequent; null where the baseline has none.' }),
      significance: Type.Number({ description: 'Likelihood ratio (G); the larger, the less it is chance.' }),
      p_value: Type.Number({ description: 'Probability of it by chance.' }),
    }),
    { description: 'What is over-represented in the selection beyond chance, the most significant first.' },
  ),
  selection: sideAnswer,
  baseline: sideAnswer,
  took_ms: cost.took_ms,
  scanned: cost.scanned,
  complete: cost.complete,
  reason: cost.reason,
});

export const valuesParameters = Type.Object(
  {
    field: Type.Optional(Type.String({ maxLength: 1024, description: 'Whose values are wanted; absent: names of fields.' })),
    prefix: Type.Optional(Type.String({ maxLength: 256, description: 'What has been typed; without regard to case.' })),
    query: Type.Optional(Type.String({ description: 'Query language: values of the lines that it selects.' })),
    from: Type.Optional(Type.String({ maxLength: 128, description: 'First instant.' })),
    to: Type.Optional(Type.String({ maxLength: 128, description: 'First instant behind the range.' })),
    last: Type.Optional(Type.String({ maxLength: 64, description: 'Duration up to now, in place of `from` and `to`.' })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Default `search.field_value_limit`, at most `search.max_field_values`.' }),
    ),
  },
  { additionalProperties: false },
);

export const valuesAnswer = Type.Object({
  values: Type.Array(Type.Object({ value: Type.String(), lines: Type.Integer() }), { description: 'The most frequent first.' }),
  ...sample,
  ...cost,
});
