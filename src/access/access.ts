/**
 * Who sends a request, and for which tenant.
 *
 * Invariants: with keys configured nothing is allowed without one; keys are compared by their SHA-256 in constant time,
 * and all of them are compared; the tenant comes from the key, and X-Tenant-ID is believed only where no keys are
 * configured (then only loopback is listened on) or from a key that may act for others.
 *
 * Called by the gateway and the API for each request.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import type { AccessConfig, ApiKeyConfig } from './config.ts';

export type Need = 'ingest' | 'read';

/** What a request says about its sender: the headers Authorization, X-API-Key and X-Tenant-ID. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly tenant?: string | undefined;
  /** In place of a key. */
  readonly proof?: KeyProof | undefined;
}

/**
 * What a sender shows in place of its key: a digest over the key and what both sides know, as in the handshake of Fluent
 * Forward. Only keys that are configured in clear can be proved so.
 */
export interface KeyProof {
  readonly presented: string;
  /** The digest that a sender with this key presents. */
  readonly expectedFrom: (key: string) => string;
  /** The digest that shows the sender that we know the key too. */
  readonly answerWith: (key: string) => string;
}

/** How much a question matters: p0 an incident, p1 somebody who waits, p2 what may take its time. */
export type Priority = 'p0' | 'p1' | 'p2';

/** Where no keys are configured. */
export const anonymousKeyName = 'anonymous';

export interface Principal {
  readonly tenant: string;
  /** Name of the key; `anonymous` where none is configured. */
  readonly keyName: string;
  /** May name other tenants, and so may also do what concerns all of them; true where access is open. */
  readonly mayActForOthers: boolean;
  /** May ask with priority p0. */
  readonly mayPrioritise: boolean;
  /** What the sender's proof is answered with. */
  readonly answer?: string | undefined;
}

export interface Access {
  /** True where no keys are configured. */
  readonly isOpen: boolean;
  /**
   * The sender's tenant.
   * @throws AppError unauthenticated, forbidden, or bad_request for a malformed tenant name
   */
  authenticate(credentials: Credentials, need: Need): Principal;
}

export const defaultTenant = 'default';
const tenantPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** The built-in canary's; a leading underscore keeps it apart from all tenants that a key may belong to. */
const canaryTenant = '_canary';
const minKeyLength = 16;

interface KnownKey {
  readonly config: ApiKeyConfig;
  readonly digest: Buffer;
}

/** The keys must have passed `checkAccess`. */
export function createAccess(config: AccessConfig): Access {
  const keys = config.keys.map((key): KnownKey => ({ config: key, digest: digestOf(key) }));
  const isOpen = keys.length === 0;
  return {
    isOpen,
    authenticate(credentials, need) {
      const asked = askedTenant(credentials.tenant);
      if (isOpen) return { tenant: asked ?? defaultTenant, keyName: anonymousKeyName, mayActForOthers: true, mayPrioritise: true };
      const { proof } = credentials;
      const key = proof === undefined ? findKey(keys, presentedKey(credentials)) : findProved(keys, proof);
      const allowed = need === 'ingest' ? key.may_ingest : key.may_read;
      if (!allowed) throw new AppError('forbidden', `key "${key.name}" may not ${need === 'ingest' ? 'send lines' : 'read'}`);
      if (asked !== undefined && asked !== key.tenant && !key.may_act_for_others) {
        throw new AppError(
          'forbidden',
          `X-Tenant-ID says "${asked}", but key "${key.name}" belongs to tenant "${key.tenant}" and may not act for others`,
        );
      }
      const principal = {
        tenant: asked ?? key.tenant,
        keyName: key.name,
        mayActForOthers: key.may_act_for_others,
        mayPrioritise: key.may_prioritise,
      };
      return proof === undefined || key.key === undefined ? principal : { ...principal, answer: proof.answerWith(key.key.reveal()) };
    },
  };
}

function askedTenant(header: string | undefined): string | undefined {
  const tenant = header?.trim();
  if (tenant === undefined || tenant === '') return undefined;
  if (tenantPattern.test(tenant) || tenant === canaryTenant) return tenant;
  throw new AppError('bad_request', 'X-Tenant-ID must be 1 to 63 letters, digits, "_", "." or "-", beginning with a letter or digit');
}

/**
 * The key of `X-API-Key: k` or of an Authorization header: `Bearer k`, `ApiKey k`, `Splunk k`, `Basic` with the key as the
 * password, and Elasticsearch's `ApiKey` with `id:key` in base64.
 */
function presentedKey({ authorization, apiKey }: Credentials): string {
  if (apiKey !== undefined && apiKey.trim() !== '') return apiKey.trim();
  if (authorization === undefined || authorization.trim() === '') {
    throw new AppError('unauthenticated', 'an API key is needed: send it as "X-API-Key: <key>" or "Authorization: Bearer <key>"');
  }
  const match = /^(bearer|apikey|splunk|basic)\s+(\S+)\s*$/i.exec(authorization.trim());
  if (match === null)
    throw new AppError('unauthenticated', 'Authorization must be "Bearer <key>", "ApiKey <key>", "Splunk <key>" or "Basic …"');
  const [, scheme, value] = match;
  return /^basic$/i.test(scheme) ? behindColon(value) : /^apikey$/i.test(scheme) ? elasticsearchKey(value) : value;
}

/** `user:key` in base64 (RFC 7617); empty, which is no key, where it is not that. */
function behindColon(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? '' : text.slice(colon + 1);
}

/** Elasticsearch's clients send base64 of `id:key`; others the key itself, which may look like base64 too. */
function elasticsearchKey(value: string): string {
  const key = behindColon(value);
  return /^[\x21-\x7e]{16,}$/.test(key) && Buffer.from(value, 'base64').toString('base64').replace(/=+$/, '') === value.replace(/=+$/, '')
    ? key
    : value;
}

/** Looks at all keys whatever it finds, so that the time says nothing. */
function findKey(keys: readonly KnownKey[], presented: string): ApiKeyConfig {
  const digest = sha256(presented);
  let found: ApiKeyConfig | undefined;
  for (const key of keys) if (timingSafeEqual(digest, key.digest)) found = key.config;
  if (found === undefined) throw new AppError('unauthenticated', 'the API key is not known');
  return found;
}

/** As findKey, for a sender that does not say its key. Digests are hashed once more, so that their lengths are the same. */
function findProved(keys: readonly KnownKey[], { presented, expectedFrom }: KeyProof): ApiKeyConfig {
  const digest = sha256(presented);
  let found: ApiKeyConfig | undefined;
  for (const { config } of keys) {
    if (config.key !== undefined && timingSafeEqual(digest, sha256(expectedFrom(config.key.reveal())))) found = config;
  }
  if (found === undefined) throw new AppError('unauthenticated', 'the shared key is none of the API keys that are configured in clear');
  return found;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

function digestOf(key: ApiKeyConfig): Buffer {
  return key.key === undefined ? Buffer.from(key.key_sha256, 'hex') : sha256(key.key.reveal());
}

/** The keys as plain data, for another thread: a Secret does not survive the way. */
export interface PlainAccess {
  readonly keys: readonly (Omit<ApiKeyConfig, 'key'> & { readonly secret: string | undefined })[];
}

export function plainAccess({ keys }: AccessConfig): PlainAccess {
  return { keys: keys.map(({ key, ...rest }) => ({ ...rest, secret: key?.reveal() })) };
}

/** The settings again that `plainAccess` was made from. */
export function accessFromPlain({ keys }: PlainAccess): AccessConfig {
  return { keys: keys.map(({ secret, ...rest }) => (secret === undefined ? rest : { ...rest, key: new Secret(secret) })) };
}

export interface ConfigProblem {
  /** Path of the setting. */
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the keys; for the loader of the configuration. */
export function checkAccess({ keys }: AccessConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen = { names: new Set<string>(), digests: new Set<string>() };
  for (const [index, key] of keys.entries()) {
    const found = whyBadKey(key, seen);
    if (found !== undefined) problems.push({ path: `access.keys[${index}].${found.part}`, message: found.message });
  }
  return problems;
}

function whyBadKey(
  key: ApiKeyConfig,
  seen: { names: Set<string>; digests: Set<string> },
): { part: keyof ApiKeyConfig; message: string } | undefined {
  if (key.name.trim() === '') return { part: 'name', message: 'a key needs a name' };
  if (seen.names.has(key.name)) return { part: 'name', message: `the name "${key.name}" is there twice` };
  seen.names.add(key.name);
  if (!tenantPattern.test(key.tenant))
    return { part: 'tenant', message: `"${key.tenant}" is no tenant name: letters, digits, "_", "." and "-", at most 63` };
  if ((key.key === undefined) === (key.key_sha256 === '')) return { part: 'key', message: 'give either "key" or "key_sha256"' };
  if (key.key !== undefined && !/^\S+$/.test(key.key.reveal())) return { part: 'key', message: 'a key has no blanks' };
  if (key.key !== undefined && key.key.reveal().length < minKeyLength)
    return { part: 'key', message: `a key has at least ${minKeyLength} characters` };
  if (key.key === undefined && !/^[0-9a-f]{64}$/i.test(key.key_sha256))
    return { part: 'key_sha256', message: 'a SHA-256 is 64 hexadecimal digits' };
  const digest = digestOf(key).toString('hex');
  if (seen.digests.has(digest)) return { part: 'key', message: `key "${key.name}" is the same as another one` };
  seen.digests.add(digest);
  return undefined;
}

/**
 * Refuses to listen outside loopback while no key is configured: everyone who reaches the port could read everything.
 * @throws AppError invalid_configuration with advice
 */
export function assertBindAllowed(host: string, config: AccessConfig): void {
  if (config.keys.length > 0 || isLoopback(host)) return;
  throw new AppError(
    'invalid_configuration',
    `listening on "${host}" lets others in, and no API key is configured: add one under access.keys (docs/reference/configuration.md), or listen on 127.0.0.1`,
    { details: { setting: 'access.keys', host } },
  );
}

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (address === 'localhost' || address === '::1' || address === '0:0:0:0:0:0:0:1') return true;
  const mapped = address.replace(/^::ffff:/, '');
  return isIP(mapped) === 4 && mapped.startsWith('127.');
}
