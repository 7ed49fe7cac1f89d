/** Settings of the journald receiver (`receivers.journald.*`). */
import { bytes, duration, flag, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const journaldConfig = section('What systemd-journal-upload sends: the journal of a host, on the main port at /upload.', {
  enabled: flag(true, 'Take uploads of the journal.'),
  max_batch_records: integer(5000, 'Entries written at a time while an upload goes on.', { minimum: 1, maximum: 50_000 }),
  max_batch_bytes: bytes('4MiB', 'Bytes of entries after which they are written, although there are fewer.', { minimum: 1024 }),
  max_batch_delay: duration('1s', 'Longest time that entries wait for others of a slow upload.', { minimum: 10 }),
  pressure_wait: duration(
    '10s',
    'How long an upload waits while the log takes nothing; then it is refused, and the sender goes on later from where it was acknowledged.',
  ),
});

export type JournaldConfig = Static<typeof journaldConfig>;
