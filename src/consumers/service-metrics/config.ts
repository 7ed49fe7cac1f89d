/** Settings of section `metrics_cache`. */
import { bytes, duration, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { durationAttributeText, usualDurationAttributes } from '#model/duration-attributes.ts';

export const metricsCacheConfig = section('Figures of services by the minute, kept in memory from the stream of lines.', {
  duration_attribute: text(usualDurationAttributes, durationAttributeText('p50, p95 and p99')),
  retention: duration('1h', 'How far back figures are kept.', { minimum: 60_000, maximum: 86_400_000 }),
  max_services: integer(2000, 'Services that are told apart, over all tenants; those beyond are counted together as `_other`.', {
    minimum: 1,
  }),
  max_buckets: integer(50_000, 'Minutes of services that are kept; beyond it the oldest minutes go first.', { minimum: 100 }),
  replay: duration('15m', 'How far back the durable log is read at the start to restore the figures.'),
  max_lag_lines: integer(2_000_000, 'Lines that the figures may be behind the log; beyond it they go on at its end and say since when.', {
    minimum: 1000,
  }),
  read_bytes: bytes('4MiB', 'Bytes read from a shard of the log at a time.', { minimum: 1 }),
  answer_age: duration('1s', 'How long a gateway worker answers the same question with the same figures.', { minimum: 0, maximum: 60_000 }),
  max_answers: integer(1000, 'Answers that each gateway worker keeps; beyond it the oldest go.', { minimum: 1 }),
  read_interval: duration('200ms', 'Shortest time between two reads of the log.', { minimum: 1 }),
});

export type MetricsCacheConfig = Static<typeof metricsCacheConfig>;
