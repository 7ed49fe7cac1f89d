/** Requests and answers about rules that are set at run time: parsers and policies. */
import { Type } from 'typebox';
import { policyRule } from '#ingest/policy-rules.ts';

const text = (description: string) => Type.Optional(Type.String({ description, maxLength: 10_000 }));

/** A parser with what it needs. */
const parserMembers = {
  parser: Type.String({ description: 'A parser by name, `auto`, or `none`; docs/parsing.md lists them.' }),
  pattern: text('For `grok` and `regex`.'),
  columns: text('For `csv`: names with commas between.'),
  separator: text('For `csv` and `key-value`.'),
  assignment: text('For `key-value`.'),
  timezone: text('Zone of times that name none.'),
};

export const parserRuleBody = Type.Object(
  {
    ...parserMembers,
    service: text('Only lines of this service; `*` stands for any text.'),
    receiver: text('Only lines that this receiver took.'),
    match: text('Only lines that contain this text, or match it between slashes.'),
    multiline: text('How lines are joined before: a preset, or an expression of first lines between slashes.'),
    position: Type.Optional(Type.Integer({ description: 'Order among the rules; 0.' })),
    version: Type.Optional(Type.Integer({ minimum: 0, description: 'The version that is changed; 0: it must be new.' })),
  },
  { additionalProperties: false },
);

/** Members of a rule that the address and the key say. */
const givenElsewhere: ReadonlySet<string> = new Set(['name', 'tenant']);

export const policyRuleBody = Type.Object(
  {
    rule: Type.Unsafe<Record<string, unknown>>({
      description: 'The policy, without name and tenant.',
      oneOf: policyRule.anyOf.map(({ properties, required, ...shape }) => ({
        ...shape,
        properties: Object.fromEntries(Object.entries(properties).filter(([member]) => !givenElsewhere.has(member))),
        required: required.filter((member) => !givenElsewhere.has(member)),
      })),
    }),
    position: Type.Optional(Type.Integer({ description: 'Order among the rules; 0.' })),
    version: Type.Optional(Type.Integer({ minimum: 0, description: 'The version that is changed; 0: it must be new.' })),
  },
  { additionalProperties: false },
);

const kept = Type.Object(
  {
    name: Type.String(),
    position: Type.Integer(),
    version: Type.Integer(),
    updated_at: Type.String({ format: 'date-time' }),
    updated_by: Type.String(),
    rule: Type.Record(Type.String(), Type.Unknown()),
  },
  { title: 'KeptIngestRule' },
);

export const keptRuleAnswer = kept;
export const policiesAnswer = Type.Object({
  rules: Type.Array(kept),
  configured: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'Rules of the configuration, which come first.' }),
  taken_out: Type.Record(Type.String(), Type.Integer(), { description: 'Rule → lines that it took out since the start.' }),
  fields: Type.Array(Type.Object({ service: Type.String(), names: Type.Integer(), overflowing: Type.Integer() }), {
    description: 'Services with the most attribute names; `overflowing` ones go into the attribute `overflow`.',
  }),
});
export const parsersAnswer = Type.Object({
  rules: Type.Array(kept),
  configured: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'Rules of the configuration, which come first.' }),
  parsers: Type.Array(Type.String(), { description: 'Names that a rule may give.' }),
  streams: Type.Array(
    Type.Object({
      receiver: Type.String(),
      service: Type.String(),
      host: Type.String(),
      format: Type.Union([Type.String(), Type.Null()], { description: 'What was recognised; null: plain text.' }),
    }),
  ),
  counts: Type.Array(
    Type.Object({
      parser: Type.String(),
      service: Type.String(),
      parsed: Type.Integer(),
      failed: Type.Integer(),
      over_budget: Type.Integer(),
    }),
  ),
});

export const parserTestBody = Type.Object(
  {
    ...parserMembers,
    lines: Type.Array(Type.String({ maxLength: 65_536 }), {
      minItems: 1,
      maxItems: 100,
      description: 'Taken as one stream, in this order.',
    }),
  },
  { additionalProperties: false },
);

export const parserTestAnswer = Type.Object({
  lines: Type.Array(
    Type.Object({
      parser: Type.Union([Type.String(), Type.Null()], { description: 'Which one took it; null: none.' }),
      failed: Type.Boolean({ description: 'The parser that was asked for did not take it.' }),
      timestamp: Type.Union([Type.String(), Type.Null()]),
      level: Type.String(),
      message: Type.String(),
      fields: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
});
