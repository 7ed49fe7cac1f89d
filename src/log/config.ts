/** Settings of the durable log (`log.*`). */
import { bytes, decimal, duration, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const logConfig = section('The durable log: what a 202 relies on.', {
  max_bytes: bytes('10GB', 'Most that the log keeps on disk; over it, indexed frames go before `keep_after_index` is over.', {
    minimum: 65_536,
  }),
  keep_after_index: duration(
    '1h',
    'How long frames are kept for replay after every holding consumer (the indexer) has passed them, while there is room.',
  ),
  elevated_ratio: decimal(
    0.6,
    'Share of `max_bytes` held by frames that are not yet indexed from which senders are told `lag_hint: elevated`.',
    { minimum: 0, maximum: 1 },
  ),
  refuse_ratio: decimal(0.8, 'Share of `max_bytes` held by frames that are not yet indexed from which batches are refused with 429.', {
    minimum: 0,
    maximum: 1,
  }),
  min_free_bytes: bytes(
    '256MiB',
    'Free space on the disk under which batches are refused with 503; frames that are kept for replay only go before.',
  ),
  segment_bytes: bytes('64MiB', 'Size at which a new segment file is begun.', { minimum: 4096 }),
  segment_max_age: duration('10m', 'Age at which a new segment file is begun.'),
  max_pending_bytes: bytes('64MiB', 'Most that waits for the disk in one gateway worker; over it batches are refused with 429.', {
    minimum: 4096,
  }),
  max_frame_bytes: bytes('64MiB', 'Largest batch, as columns, that is taken.', { minimum: 4096, maximum: 536_870_912 }),
  max_group_bytes: bytes('16MiB', 'Most that is written between two syncs; a single larger batch is written alone.', { minimum: 4096 }),
  read_buffer_bytes: bytes('1MiB', 'Least buffer of one reader; it grows to what is read at a time and to the largest frame.', {
    minimum: 4096,
  }),
  compression: text('none', 'Compression of frames on disk; docs/adr/0003-wal.md has the figures.', ['none', 'zstd']),
  compression_level: integer(1, 'zstd level.', { minimum: -7, maximum: 19 }),
  retry_after: duration('1s', 'What a sender is told to wait when the log refuses a batch.'),
});

export type LogConfig = Static<typeof logConfig>;
