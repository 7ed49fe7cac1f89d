/** Settings of the policies on the way of a record (`policies.*`). */
import { bytes, decimal, duration, integer, list, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { configuredPolicyRule } from './policies/configured-rules.ts';

export const policiesConfig = section(
  'What happens to records between decoding and the log; rules of the API come behind those given here.',
  {
    rules: list(
      'Rules in their order: keep, drop, sample, throttle, deduplicate, enrich, limit_fields (docs/policies.md).',
      configuredPolicyRule,
    ),
    max_rules_per_tenant: integer(200, 'Rules of a kind that a tenant may set over the API.', { minimum: 1 }),
    max_attribute_names: integer(100, 'Attribute names of a service; further ones go into "overflow", where they are found still.', {
      minimum: 1,
      maximum: 10_000,
    }),
    warn_attribute_names: integer(500, 'Names of a service, those in "overflow" included, from which on a warning is given.', {
      minimum: 1,
    }),
    max_streams: integer(10_000, 'Services of a tenant whose attribute names and rates are kept apart.', { minimum: 1 }),
    auto_sample_above: integer(
      0,
      'Lines a second of a gateway worker from which on DEBUG and TRACE are sampled, such as 100000; 0 never.',
      {
        minimum: 0,
      },
    ),
    auto_sample_rate: decimal(0.1, 'Share of DEBUG and TRACE that is kept then.', { exclusiveMinimum: 0, maximum: 1 }),
    batch_window: duration('10m', 'How long a batch id is remembered, to recognise a batch that is sent again.'),
    max_batches: integer(100_000, 'Batch ids that a gateway worker remembers.', { minimum: 0 }),
    max_remembered_lines: integer(100_000, 'Lines that one rule of deduplication remembers.', { minimum: 2 }),
    max_held_bytes: bytes('64MiB', 'Lines left out by sampling that a gateway worker holds in case their trace has an error.'),
    rescue_interval: duration('500ms', 'How often lines are looked for whose trace has had an error.', { minimum: 10 }),
    geoip_database: text('', 'File in MaxMind format (.mmdb) for `geoip` in rules; read again when it changes.'),
  },
);

export type PoliciesConfig = Static<typeof policiesConfig>;
