/** Settings of taking lines in: bounds of a request and of a record, and when senders are asked to slow down. */
import { bytes, duration, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const ingestConfig = section('Taking lines in', {
  max_compressed_bytes: bytes('32MiB', 'largest request body as sent; a larger one is refused with body_too_large'),
  max_body_bytes: bytes('64MiB', 'largest request body after decompression; a larger one is refused with body_too_large', {
    maximum: 2 ** 30,
  }),
  max_records: integer(50_000, 'most records in a request; more are refused with too_many_records', { minimum: 1, maximum: 65_536 }),
  max_record_bytes: bytes('4MiB', 'largest record (JSON text); a larger one fails with record_too_large', { minimum: 1024 }),
  max_attributes_per_record: integer(1000, 'attributes kept apart in a record; the rest goes into one attribute "overflow"', {
    minimum: 1,
    maximum: 10_000,
  }),
  max_attribute_name_bytes: bytes('512', 'longest attribute name, dots included; a longer one goes into "overflow"', { minimum: 8 }),
  max_source_bytes: bytes('4KiB', 'largest "source" of a batch (JSON text): its members are repeated in every record', { minimum: 64 }),
  max_nesting: integer(64, 'deepest nesting of a record, itself being 1; a deeper one fails with nesting_too_deep', {
    minimum: 2,
    maximum: 512,
  }),
  max_reported_errors: integer(100, 'errors listed in an answer; all are counted', { minimum: 0, maximum: 10_000 }),
  max_clock_skew: duration('30s', 'event times further than this from the receive time are flagged as skewed'),
  max_age: duration('0s', 'event times older than this fail with timestamp_out_of_window; 0 takes any'),
  max_future: duration('0s', 'event times further ahead than this fail with timestamp_out_of_window; 0 takes any'),
  max_inflight_bytes: bytes(
    '256MiB',
    'bytes of bodies and batches not yet durable that one gateway worker holds; beyond it senders get 429',
    { minimum: 1 },
  ),
  overload_retry_after: duration('1s', 'what Retry-After says when a bound of the gateway or of the log is reached', { minimum: 1 }),
  elevated_lag: duration('5s', '`lag_hint` says elevated from this age of the oldest line that is not searchable yet', { minimum: 1 }),
  critical_lag: duration('60s', '`lag_hint` says critical from this age of the oldest line that is not searchable yet', { minimum: 1 }),
});

export type IngestConfig = Static<typeof ingestConfig>;
