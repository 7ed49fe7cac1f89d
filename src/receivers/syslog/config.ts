/** Settings of syslog (`receivers.syslog.*`). */
import { bytes, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import {
  addressSettings,
  batchSettings,
  connectionSettings,
  datagramSettings,
  openSenderSettings,
  tlsSettings,
} from '#receivers/listener-settings.ts';

export const syslogConfig = section('Syslog by UDP and TCP on one port, and by TLS on another where a certificate is given.', {
  ...addressSettings(5514, 'syslog'),
  tls_port: integer(6514, 'Port of syslog over TLS (RFC 5425); used where tls.certificate is given.', { minimum: 0, maximum: 65_535 }),
  ...openSenderSettings,
  timezone: text(
    'local',
    "Zone of times that do not name theirs: local is this server's, as syslog daemons take it; or UTC, a name such as Europe/Berlin, an offset such as +05:30.",
  ),
  max_message_bytes: bytes('256KiB', 'Largest message by TCP; a longer one becomes several records, and is counted.', {
    minimum: 1024,
    maximum: 2 ** 26,
  }),
  ...datagramSettings,
  ...connectionSettings('0s'),
  ...batchSettings,
  tls: tlsSettings,
});

export type SyslogConfig = Static<typeof syslogConfig>;
