/** Requests and answers of the quarantine (I22), for the routes and the OpenAPI document. */
import { Type } from 'typebox';

const text = (description: string) => Type.Optional(Type.String({ description }));
const base64 = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' });
const state = Type.Union([Type.Literal('waiting'), Type.Literal('replaying'), Type.Literal('replayed')]);

const filters = {
  code: text('Reason, such as invalid_timestamp.'),
  receiver: text('Receiver that took it, such as elasticsearch.'),
  sender: text('Key name and address of the sender, as the records show it.'),
  contains: text('A text among its bytes.'),
  from: text('Receive time, RFC 3339.'),
  to: text('Receive time, RFC 3339; not included.'),
};

export const quarantineParameters = Type.Object({
  id: text('Ids, separated by commas.'),
  ...filters,
  state: Type.Optional(state),
  limit: Type.Optional(Type.Integer({ description: 'Records of a page; 50, at most 1000.' })),
  cursor: Type.Optional(Type.Integer({ description: '`next_cursor` of the page before.' })),
});

export const quarantineAnswer = Type.Object({
  records: Type.Array(
    Type.Object({
      id: Type.String(),
      tenant: Type.String(),
      received_at: Type.String({ format: 'date-time' }),
      receiver: Type.String(),
      sender: Type.String(),
      format: Type.String(),
      code: Type.String(),
      message: Type.String(),
      state,
      replayed_at: Type.Optional(Type.String({ format: 'date-time' })),
      length: Type.Integer({ description: 'Bytes sent.' }),
      truncated: Type.Boolean({ description: 'Only the beginning was kept (quarantine.max_record_bytes).' }),
      text: Type.Optional(Type.String({ description: 'The record, where it is UTF-8.' })),
      base64: Type.Optional(Type.String({ description: 'The record, where it is not, or of a binary protocol.' })),
      context: Type.Record(Type.String(), Type.Unknown(), {
        description:
          'What it was beside its bytes: how lines of its batch are taken, and in `request` what its request said, such as an index.',
      }),
    }),
  ),
  total: Type.Integer(),
  totals: Type.Object({
    taken: Type.Integer(),
    waiting: Type.Integer(),
    replaying: Type.Integer(),
    replayed: Type.Integer(),
    expired: Type.Integer(),
  }),
  next_cursor: Type.Union([Type.Integer(), Type.Null()]),
});

export const replayQuarantineBody = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.String(), { maxItems: 1000, description: 'Only these; without it all that the filters match.' })),
    ...filters,
    edits: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Object({ base64 }, { additionalProperties: false })]), {
        description: 'Id → the record as it should have been, as text or `{"base64": …}`; the kept one stays as it is.',
      }),
    ),
    preview: Type.Optional(Type.Boolean({ description: 'Only say what would become of them.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Most records in one replay, oldest first; 1000.' })),
  },
  { additionalProperties: false },
);

export const replayQuarantineAnswer = Type.Object({
  preview: Type.Boolean(),
  replayed: Type.Integer({ description: 'Records that became lines, or would.' }),
  failed: Type.Integer(),
  results: Type.Array(
    Type.Object({
      id: Type.String(),
      problem: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
      line: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'In a preview: the line that it would be.' })),
    }),
  ),
});
