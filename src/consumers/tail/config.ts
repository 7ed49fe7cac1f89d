/** Settings of the live tail. */
import { bytes, decimal, duration, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const tailConfig = section('Live tail: how many may watch, what a slow reader may hold, and what it all may cost.', {
  max_tails: integer(1000, 'Most live tails at a time.', { minimum: 1 }),
  max_tails_per_tenant: integer(200, 'Most live tails of one tenant at a time.', { minimum: 1 }),
  max_buffered_lines: integer(2000, 'Lines that wait for one reader; beyond it the oldest are dropped and counted.', { minimum: 1 }),
  max_buffered_bytes: bytes('1MiB', 'Bytes that wait for one reader, about; beyond it the oldest lines are dropped and counted.', {
    minimum: 1,
  }),
  flush_interval: duration('50ms', 'How long lines are gathered before they are sent.', { minimum: 1 }),
  max_lines_per_message: integer(500, 'Most lines in one WebSocket message.', { minimum: 1 }),
  max_unsent_bytes: bytes('1MiB', 'Bytes that may wait in a connection before its lines stay in the buffer.', { minimum: 1 }),
  heartbeat_interval: duration('15s', 'How often an idle connection gets a sign of life.', { minimum: 1 }),
  cpu_share: decimal(
    0.15,
    'Share of one core that matching and sending may take, and a third of it while all cores of the machine are busy; when it is used up, messages come less often, and lines are passed over, counted and reported as skipped.',
    { minimum: 0, maximum: 1 },
  ),
  max_lag_lines: integer(500_000, 'Lines that the tail may be behind the log; beyond it it jumps to the end and reports what it skipped.', {
    minimum: 1,
  }),
  read_interval: duration('10ms', 'Shortest time between two reads of the log, so that many small commits cost one read.', { minimum: 0 }),
  read_bytes: bytes('4MiB', 'Bytes read from a shard of the log at a time.', { minimum: 1 }),
  max_catch_ups: integer(4, 'Readers with a cursor that re-read the log at the same time; others wait for their turn.', { minimum: 1 }),
});

export type TailConfig = Static<typeof tailConfig>;
