/** Settings of Loki's push API. */
import { bytes, flag, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const lokiConfig = section("Loki's push API on the main port (/loki/api/v1/push).", {
  enabled: flag(true, 'Take it at all.'),
  max_labels_bytes: bytes('64KiB', 'Longest labels of a stream, as text; longer ones refuse the request with limit_exceeded.', {
    minimum: 256,
  }),
  max_repeated_bytes: bytes(
    '64MiB',
    'Bytes that the labels of a request may take up, repeated in each of their entries; more refuse it with limit_exceeded.',
    { minimum: 65_536, maximum: 2 ** 29 },
  ),
});

export type LokiConfig = Static<typeof lokiConfig>;
