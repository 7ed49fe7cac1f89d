/** Settings of the receiver of plain text (`receivers.raw.*`). */
import { bytes, duration, flag, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const rawConfig = section('Plain text, one line a record, on the main port at /v1/logs/raw.', {
  enabled: flag(true, 'Take text there.'),
  multiline: text(
    'auto',
    'How lines are joined unless the sender says it: a preset, or a regular expression of first lines between slashes.',
  ),
  max_joined_lines: integer(1000, 'lines joined to one record at most', { minimum: 1, maximum: 100_000 }),
  max_joined_bytes: bytes('256KiB', 'bytes joined to one record at most', { minimum: 1024 }),
  batch_bytes: bytes('1MiB', 'bytes of lines that are made durable together; a longer body is taken in such pieces', {
    minimum: 1024,
    maximum: 64 * 2 ** 20,
  }),
  max_delay: duration('1s', 'how long lines wait for more of a body that comes slowly', { minimum: 1 }),
  max_wait: duration('60s', 'how long a body waits for a full log once a part of it is taken; then it is refused with what was taken', {
    minimum: 1,
  }),
});

export type RawConfig = Static<typeof rawConfig>;
