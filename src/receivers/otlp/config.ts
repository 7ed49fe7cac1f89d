/** Settings of OTLP logs. */
import { bytes, duration, flag, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { tlsSettings } from '#receivers/listener-settings.ts';

export const otlpConfig = section('OpenTelemetry logs (OTLP over HTTP and gRPC); HTTP is on the main port too, at /v1/logs.', {
  enabled: flag(true, 'Take OTLP at all; false also closes /v1/logs on the main port.'),
  max_json_bytes: bytes(
    '16MiB',
    'Largest JSON body; a larger one is refused with body_too_large. Protobuf has only the bounds of ingest.',
    {
      minimum: 1024,
    },
  ),
  max_repeated_bytes: bytes(
    '64MiB',
    'Bytes that the resources and scopes of a request may take up, repeated in each of their records; more refuse it with limit_exceeded.',
    { minimum: 65_536, maximum: 2 ** 29 },
  ),
  http: section('OTLP over HTTP on a port of its own.', {
    enabled: flag(true, 'Listen there.'),
    host: text('127.0.0.1', 'Address to listen on; 0.0.0.0 or :: for all.'),
    port: integer(4318, 'Port to listen on; 0 takes a free one.', { minimum: 0, maximum: 65_535 }),
  }),
  grpc: section('OTLP over gRPC.', {
    enabled: flag(true, 'Listen there.'),
    host: text('127.0.0.1', 'Address to listen on; 0.0.0.0 or :: for all.'),
    port: integer(4317, 'Port to listen on; 0 takes a free one.', { minimum: 0, maximum: 65_535 }),
    max_connections: integer(1024, 'Connections at a time in one gateway worker; further ones are closed at once and counted.', {
      minimum: 1,
    }),
    max_streams: integer(100, 'Requests at a time on one connection.', { minimum: 1, maximum: 100_000 }),
    request_timeout: duration('60s', 'How long a request may take to arrive.', { minimum: 1 }),
    stop_timeout: duration('5s', 'How long a stop waits for requests to finish.'),
    tls: tlsSettings,
  }),
});

export type OtlpConfig = Static<typeof otlpConfig>;
