/** Settings of the Fluent Forward receiver (`receivers.forward.*`). */
import { bytes, duration, flag, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { addressSettings, connectionSettings, openSenderSettings, tlsSettings } from '#receivers/listener-settings.ts';

export const forwardConfig = section('Fluent Forward: Fluentd, Fluent Bit, and Docker’s fluentd log driver.', {
  ...addressSettings(24_224, 'Fluent Forward'),
  ...openSenderSettings,
  shared_key: flag(
    true,
    'Ask senders for an API key as their shared key, where keys are configured; then the key decides the tenant, and allowed_networks do not matter. Off for senders that cannot, such as Docker.',
  ),
  ...connectionSettings('0s'),
  handshake_timeout: duration('10s', 'Longest time that a sender may take to show its key.', { minimum: 100 }),
  max_message_bytes: bytes(
    '64MiB',
    'Largest message (a chunk of Fluentd), as sent and after decompression; a larger one closes the connection.',
    {
      minimum: 64 * 1024,
      maximum: 2 ** 30,
    },
  ),
  pressure_wait: duration(
    '10s',
    'How long a message waits, unacknowledged, while the log takes nothing; then its connection is closed and the sender tries again.',
  ),
  tls: tlsSettings,
});

export type ForwardConfig = Static<typeof forwardConfig>;
