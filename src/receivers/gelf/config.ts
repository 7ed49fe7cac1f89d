/** Settings of GELF (`receivers.gelf.*`). */
import { bytes, duration, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import {
  addressSettings,
  batchSettings,
  connectionSettings,
  datagramSettings,
  openSenderSettings,
  tlsSettings,
} from '#receivers/listener-settings.ts';

export const gelfConfig = section('GELF by UDP and TCP on one port, and by HTTP on the main one: POST /gelf.', {
  ...addressSettings(12_201, 'GELF'),
  ...openSenderSettings,
  max_message_bytes: bytes('2MiB', 'Largest message, joined and decompressed; a larger one goes to the quarantine.', {
    minimum: 1024,
    maximum: 2 ** 26,
  }),
  chunk_timeout: duration('5s', 'How long the chunks of a UDP message are waited for, from the first.', { minimum: 1 }),
  max_chunked_bytes: bytes('16MiB', 'Bytes of UDP messages of which chunks are missing; beyond it the oldest are given up and counted.', {
    minimum: 65_536,
  }),
  max_chunked_per_sender: integer(
    64,
    'Messages of one address of which chunks are missing; beyond it its oldest is given up and counted.',
    {
      minimum: 1,
    },
  ),
  ...datagramSettings,
  ...connectionSettings('0s'),
  ...batchSettings,
  tls: tlsSettings,
});

export type GelfConfig = Static<typeof gelfConfig>;
