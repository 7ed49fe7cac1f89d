/** Settings that listeners of their own port have in common, so that they have the same names in every receiver. */
import { bytes, duration, flag, integer, section, text } from '#base/config-schema.ts';

export const loopbackNetworks = '127.0.0.0/8, ::1/128';

/** Where it listens, and who may send. */
export const addressSettings = (byDefaultPort: number, what: string) => ({
  enabled: flag(true, `Listen for ${what}.`),
  host: text('127.0.0.1', 'Address to listen on; 0.0.0.0 or :: for all, then widen allowed_networks too.'),
  port: integer(byDefaultPort, 'Port to listen on; 0 takes a free one.', { minimum: 0, maximum: 65_535 }),
});

/** For protocols whose senders carry no key. */
export const openSenderSettings = {
  tenant: text('default', 'Tenant of all lines that come in here: the protocol has no key that could say it.'),
  allowed_networks: text(loopbackNetworks, 'Networks that may send, separated by commas; others are refused and counted.'),
};

/** For listeners of UDP. */
export const datagramSettings = {
  udp_receive_buffer: bytes('8MiB', 'What the kernel may keep of UDP until it is read; it gives at most net.core.rmem_max.', {
    minimum: 4096,
    maximum: 2 ** 30,
  }),
};

/** Bounds of connections. `idle_timeout` 0 keeps silent connections for ever. */
export const connectionSettings = (idleTimeout: string) => ({
  max_connections: integer(1024, 'Connections at a time in one gateway worker; further ones are closed at once and counted.', {
    minimum: 1,
  }),
  idle_timeout: duration(idleTimeout, 'A connection without a byte for this long is closed; 0 never.'),
  stop_timeout: duration('5s', 'How long a stop waits for connections to finish.'),
});

export const tlsSettings = section('TLS, where certificate and key are given. The files are read again when they change.', {
  certificate: text('', 'Path of the certificate chain (PEM).'),
  key: text('', 'Path of the private key (PEM).'),
  client_ca: text('', 'Path of the authorities (PEM) that must have signed the certificate of a client; empty asks for none.'),
  check_interval: duration('10s', 'How often the files are looked at.', { minimum: 100 }),
});

/** How records that come one by one are gathered into batches. */
export const batchSettings = {
  batch_records: integer(1000, 'A batch is written to the log at this many records …', { minimum: 1, maximum: 65_536 }),
  batch_bytes: bytes('1MiB', '… or at this many bytes …', { minimum: 1024, maximum: 2 ** 26 }),
  batch_delay: duration('200ms', '… or this long after its first record: until then a record is in memory only.', { minimum: 1 }),
  max_held_bytes: bytes(
    '64MiB',
    'Bytes not yet durable that one gateway worker holds; beyond it TCP is not read, and UDP is dropped and counted.',
    {
      minimum: 65_536,
    },
  ),
};
