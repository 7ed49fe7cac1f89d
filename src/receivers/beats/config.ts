/** Settings of the Beats receiver (`receivers.beats.*`). */
import { bytes, duration, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { addressSettings, connectionSettings, openSenderSettings, tlsSettings } from '#receivers/listener-settings.ts';

export const beatsConfig = section('Lumberjack, the protocol of the Beats’ and Logstash’s “logstash” and “lumberjack” outputs.', {
  ...addressSettings(5044, 'Beats'),
  ...openSenderSettings,
  ...connectionSettings('0s'),
  max_frame_bytes: bytes('64MiB', 'Largest frame, as sent and after decompression; a larger one closes the connection.', {
    minimum: 64 * 1024,
    maximum: 2 ** 30,
  }),
  max_batch_bytes: bytes('8MiB', 'Events of a window gathered before they are written; a larger window is acknowledged in parts.', {
    minimum: 64 * 1024,
  }),
  keepalive_interval: duration('3s', 'How often a sender is told that its window is still being worked on.', { minimum: 10 }),
  pressure_wait: duration(
    '20s',
    'How long a window waits, unacknowledged, while the log takes nothing; then its connection is closed and the sender tries again.',
  ),
  tls: tlsSettings,
});

export type BeatsConfig = Static<typeof beatsConfig>;
