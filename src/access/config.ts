/** Settings of access (`access.*`): the API keys. */
import { flag, list, secret, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

const apiKey = section('An API key.', {
  name: text('', 'Name of the key, as logs and audits show it.'),
  key: secret('The key itself, better as `{env: NAME}` or `{file: path}`; at least 16 characters.'),
  key_sha256: text('', 'In place of `key`: its SHA-256 in hexadecimal (`printf %s "$KEY" | sha256sum`).'),
  tenant: text('default', 'Tenant whose lines it writes and reads.'),
  may_ingest: flag(true, 'May send lines.'),
  may_read: flag(true, 'May search, aggregate and tail.'),
  may_prioritise: flag(
    false,
    'May search with the header `X-Priority: p0`, which passes the bounds of rate and concurrency: for incidents.',
  ),
  may_act_for_others: flag(false, 'May name another tenant in X-Tenant-ID.'),
});

export const accessConfig = section('Who may do what. Without keys everything is open, and only loopback addresses are listened on.', {
  keys: list('API keys; once there is one, every request needs one.', apiKey),
});

export type AccessConfig = Static<typeof accessConfig>;
export type ApiKeyConfig = AccessConfig['keys'][number];
