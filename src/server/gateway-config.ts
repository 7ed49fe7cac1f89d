/** Settings of the gateway: where it listens, how many threads it has, and what a connection may cost. */
import { bytes, duration, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { maxShards } from '#base/ids.ts';

export const gatewayConfig = section('The HTTP endpoint: address, threads, and what a connection may cost.', {
  host: text('127.0.0.1', 'Address to listen on; outside loopback only with API keys configured.'),
  port: integer(4880, 'Port to listen on; 0 takes any free one.', { minimum: 0, maximum: 65_535 }),
  allowed_hosts: text(
    '',
    'Host names, with commas between, under which an open server (no API keys) may be asked besides loopback: of a proxy, say.',
  ),
  workers: integer(0, 'Gateway threads, each with its own shard of the log; 0 means half of the cores, at least one.', {
    minimum: 0,
    maximum: maxShards,
  }),
  max_connections: integer(10_000, 'Connections that one worker holds; further ones are closed at once.', { minimum: 1 }),
  max_header_bytes: bytes('16KiB', 'Most bytes of request line and headers; beyond it the answer is 431.', { minimum: 1024 }),
  header_timeout: duration('20s', 'How long the headers of a request may take; beyond it the answer is 408.', { minimum: 1 }),
  request_timeout: duration('2m', 'How long a whole request with its body may take to arrive; beyond it the answer is 408.', {
    minimum: 1,
  }),
  timeout_check_interval: duration('1s', 'How often slow connections are looked for.', { minimum: 1 }),
  keep_alive_timeout: duration('75s', 'How long an idle connection is kept.', { minimum: 1 }),
  linger_bytes: bytes('16MiB', 'Bytes of a refused body that are read and thrown away, so that its sender can read the answer.'),
  linger_timeout: duration('5s', 'How long a refused body is read and thrown away.'),
  stop_timeout: duration('10s', 'How long requests in flight may take when the server stops.'),
  restart_backoff: duration('200ms', 'First pause before a crashed worker is started again; doubles with every crash up to 30 s.', {
    minimum: 1,
  }),
  max_counted_tenants: integer(1000, 'Tenants with counters of their own in metrics; further ones are counted together as `_other`.', {
    minimum: 1,
  }),
});

export type GatewayConfig = Static<typeof gatewayConfig>;
