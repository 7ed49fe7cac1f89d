/** Settings of the quarantine (`quarantine.*`): what is kept of records that cannot be taken, and for how long. */
import { bytes, duration, flag, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const quarantineConfig = section('Records that cannot be taken are kept with the reason, to be looked at, fixed and replayed.', {
  enabled: flag(true, 'Keep them; without it they are counted as refused, and only their sender is told.'),
  max_record_bytes: bytes('64KiB', 'Bytes kept of one record; the rest is cut off, which its entry says.', { minimum: 64 }),
  max_batch_bytes: bytes('1MiB', 'Bytes kept of the bad records of one request; further ones are refused.', { minimum: 64 }),
  max_bytes: bytes('256MiB', 'Bytes of all that is kept; beyond it the oldest go, counted as expired.', { minimum: 65_536 }),
  max_age: duration('30d', 'How long a record is kept.', { minimum: 60_000 }),
});

export type QuarantineConfig = Static<typeof quarantineConfig>;
