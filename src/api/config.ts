/** Settings of section `api`: what the main thread's HTTP side takes. */
import { bytes, duration, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const apiConfig = section('The HTTP API of searches and status.', {
  max_body_bytes: bytes('1MiB', 'Largest body of a search or aggregate request.', { minimum: 1024, maximum: 2 ** 26 }),
  drain_timeout: duration('5s', 'How long running requests may go on when the server stops.'),
});

export type ApiConfig = Static<typeof apiConfig>;
