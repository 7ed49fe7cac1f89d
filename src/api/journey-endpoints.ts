/** What is told about journeys, and the shape of their requests. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';

export const batchParameters = Type.Object(
  {
    from: Type.Optional(
      Type.String({
        description: "With the sender's id: where in the log to begin, by time of receipt, RFC 3339; an hour ago when absent.",
      }),
    ),
  },
  { additionalProperties: false },
);

const count = Type.Integer();
const outcomes = Type.Object(
  {
    accepted: count,
    sampled: count,
    dropped: count,
    duplicate: count,
    quarantined: count,
    refused: count,
  },
  { title: 'Outcomes' },
);
const text = Type.Optional(Type.String());

const frame = {
  incarnation: count,
  shard: count,
  sequence: count,
  received_at: Type.String(),
  receiver: Type.Optional(Type.String({ description: 'Absent where it is not known: frames of versions before 0.5 do not tell.' })),
  batch_id: Type.Optional(Type.String({ description: "The sender's own." })),
  lines_of_batch: count,
  outcomes,
};

const stored = Type.Object(
  {
    tier: Type.Literal('hot'),
    generation: count,
    committed: Type.Boolean({ description: 'Durable in the store; else in a memtable, and durable in the log.' }),
    partition: text,
    retention_class: Type.Optional(count),
    part: Type.Optional(
      Type.Object({ name: Type.String(), disk: Type.String(), lines: count, bytes: count, level: count, written_at: Type.String() }),
    ),
  },
  { title: 'StoredPlace' },
);

const state = Type.Enum(['searchable', 'waiting', 'removed'], {
  description:
    'searchable: searches find it. waiting: acknowledged, not indexed yet. removed: neither the store nor the log has it any more.',
});

const journeyAnswer = Type.Object({
  id: Type.String(),
  state,
  certain: Type.Boolean({ description: 'False where nothing is left that could tell whether there was such a line.' }),
  batch: Type.String({ description: 'For `GET /v1/batches/{id}`.' }),
  acknowledged: Type.Object({
    incarnation: count,
    shard: count,
    sequence: count,
    row: count,
    in_log: Type.Boolean({ description: 'Whether the log still has the batch; only then its receiver, sender and outcomes are known.' }),
    received_at: text,
    receiver: text,
    batch_id: text,
    lines_of_batch: Type.Optional(count),
    outcomes: Type.Optional(outcomes),
  }),
  processed: Type.Optional(
    Type.Object({
      event_time: Type.String(),
      skewed: Type.Boolean(),
      sample_rate: Type.Number({ description: 'Under 1 where a policy keeps only some lines like it.' }),
      parsed: Type.Boolean({ description: 'A parser took it apart; `raw` has it as it was sent.' }),
      pattern_id: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  stored: Type.Optional(stored),
  reason: text,
});

const batchAnswer = Type.Object({
  batches: Type.Array(
    Type.Object({
      batch: Type.String(),
      ...frame,
      states: Type.Object({ searchable: count, waiting: count, removed: count }),
      lines: Type.Array(Type.Object({ id: Type.String(), row: count, state, stored: Type.Optional(stored) })),
      truncated: Type.Boolean({ description: 'There are more lines than `journey.max_lines`.' }),
      reason: text,
    }),
  ),
});

export const journeyEndpoints = {
  journey: {
    method: 'GET',
    path: '/v1/logs/{id}/journey',
    operationId: 'journey',
    tag: 'search',
    summary: 'When and where a line was acknowledged, and where it lies now',
    access: 'read',
    pathParameters: { id: 'Id of the line.' },
    responses: { 200: { description: 'What is known of it.', schema: journeyAnswer } },
  },
  batch: {
    method: 'GET',
    path: '/v1/batches/{id}',
    operationId: 'batch',
    tag: 'search',
    summary: 'What became of the records of a batch, while the log has it',
    access: 'read',
    pathParameters: {
      id: "Its place in the log, `<incarnation>.<shard>.<sequence>`, as a line's journey tells it, or the sender's own id.",
    },
    queryParameters: batchParameters,
    responses: { 200: { description: 'Every batch of that id, oldest first.', schema: batchAnswer } },
  },
} as const satisfies Record<string, ServedEndpoint>;
