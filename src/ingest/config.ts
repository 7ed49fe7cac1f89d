/** Settings of ingestion: what a request may weigh, and when the gateway asks senders to slow down. */
import { bytes, decimal, duration, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { maxRowsPerBatch } from '#base/ids.ts';

export const ingestConfig = section('What an ingest request may weigh, and when senders are asked to slow down.', {
  max_body_bytes: bytes('16MiB', 'Largest request body as sent, compressed or not.', { minimum: 1 }),
  max_decompressed_bytes: bytes('64MiB', 'Largest request body after decompression.', { minimum: 1 }),
  max_records: integer(50_000, 'Most records in one request.', { minimum: 1, maximum: maxRowsPerBatch }),
  max_inflight_bytes: bytes('256MiB', 'Bytes of request bodies and batches not yet durable that one gateway worker holds; beyond it senders get 429.', { minimum: 1 }),
  max_reported_errors: integer(20, 'Most refused records that an answer describes; all of them are counted.', { minimum: 0 }),
  overload_retry_after: duration('1s', 'What Retry-After says when a bound of the gateway or of the log is reached.', { minimum: 1 }),
  elevated_fill: decimal(0.5, 'From this share of the log waiting for the index, `lag_hint` says elevated.', { minimum: 0, maximum: 1 }),
  critical_fill: decimal(0.7, 'From this share of the log waiting for the index, `lag_hint` says critical.', { minimum: 0, maximum: 1 }),
  refuse_fill: decimal(0.8, 'From this share of the log waiting for the index, senders get 429 with Retry-After.', { minimum: 0, maximum: 1 }),
  elevated_lag: duration('5s', 'From this age of the oldest line that is not yet searchable, `lag_hint` says elevated.', { minimum: 1 }),
  critical_lag: duration('60s', 'From this age of the oldest line that is not yet searchable, `lag_hint` says critical.', { minimum: 1 }),
});

export type IngestConfig = Static<typeof ingestConfig>;
