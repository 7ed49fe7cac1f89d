/** What `/v1/status` tells: put together by the server from all parts, shown here. */
import { Type } from 'typebox';
import type { Static } from 'typebox';

const count = (description: string) => Type.Number({ description });
/** Parts that describe themselves; their members may grow. */
const freeForm = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });

const consumer = Type.Object(
  {
    lag_lines: count('Lines in the log that this consumer has not taken yet.'),
    lag_seconds: count('Age of the oldest of them; 0 where there is none.'),
    positions: Type.Record(Type.String(), Type.Number(), { description: 'Shard → sequence of the next batch to read.' }),
  },
  { additionalProperties: true },
);

const outcomes = Type.Object(
  {
    received: count('Records in requests that were taken: the sum of the next six.'),
    accepted: count('Written to the durable log as lines.'),
    sampled: count('Left out by sampling.'),
    dropped: count('Left out by a rule, quota or throttle.'),
    duplicate: count('Recognised as sent before.'),
    quarantined: count('Kept raw, with the reason.'),
    refused: count('Not taken, with the reason in the answer.'),
    stored: Type.Optional(count('Accepted lines that the store holds on disk.')),
    pending: Type.Optional(
      count('Accepted lines that are found by search and still in memory; a crash replays them from the durable log.'),
    ),
  },
  { additionalProperties: true },
);

export const statusReport = Type.Object(
  {
    version: Type.String(),
    started_at: Type.String({ format: 'date-time' }),
    uptime_seconds: Type.Optional(count('Time since the start.')),
    ready: Type.Boolean(),
    consumers: Type.Record(Type.String(), consumer, { description: 'Name → how far it is.' }),
    gateway: Type.Optional(freeForm('Workers, and where they listen; absent until they do.')),
    log: freeForm('Size, bounds and shards of the durable log.'),
    ledger: Type.Record(Type.String(), outcomes, {
      description: 'Tenant → what became of its records; a key sees its own tenant, unless it may act for others.',
    }),
    store: freeForm('Memtables, flushes and generations.'),
    engine: freeForm('State of the storage engine process.'),
    search: freeForm('Searches that run and wait, by pool; the circuit breaker; queries that are kept out for a while, by tenant.'),
    receivers: Type.Optional(freeForm('Ports of their own that receivers listen on, and what they met beside records.')),
    quarantine: Type.Optional(freeForm('Tenant → quarantined records by state; a key sees its own tenant, unless it may act for others.')),
    tail: Type.Optional(freeForm('Live tails.')),
    service_metrics: Type.Optional(freeForm('The metrics cache: what it holds, and since when its figures are whole.')),
    alerts: Type.Optional(
      freeForm('Evaluation of alert rules: rules, groups, how far it is behind, what it missed, and what keeps it from going on.'),
    ),
    canary: Type.Optional(freeForm('Delays that the built-in canary measures, and what it missed.')),
    recovery: Type.Array(freeForm('A shard.'), { description: 'What starting up found and repaired in the log, by shard.' }),
  },
  { additionalProperties: true },
);

export type StatusReport = Static<typeof statusReport>;
