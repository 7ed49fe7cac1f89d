/**
 * How Millrace's own clients are let in through the public endpoint, the canary and the replay of quarantined records: by
 * a tenant header while everything is open, else by keys that are made at the start and that nobody else knows.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { AccessConfig, ApiKeyConfig } from '#access/config.ts';

export const canaryTenant = '_canary';

export interface InternalAccess {
  /** The access settings with the keys of our own, where keys are needed. */
  readonly access: AccessConfig;
  /** What the canary's requests carry. */
  readonly canaryHeaders: Readonly<Record<string, string>>;
  /** What requests carry that act for any tenant, beside X-Tenant-ID. */
  readonly actingHeaders: Readonly<Record<string, string>>;
}

export function admitOwnClients(access: AccessConfig): InternalAccess {
  if (access.keys.length === 0) return { access, canaryHeaders: { 'x-tenant-id': canaryTenant }, actingHeaders: {} };
  const canary = ownKey({ name: canaryTenant, tenant: canaryTenant, may_act_for_others: false });
  const acting = ownKey({ name: '_millrace', tenant: 'default', may_act_for_others: true });
  return {
    access: { ...access, keys: [...access.keys, canary.key, acting.key] },
    canaryHeaders: { 'x-api-key': canary.secret },
    actingHeaders: { 'x-api-key': acting.secret },
  };
}

function ownKey(rights: Pick<ApiKeyConfig, 'name' | 'tenant' | 'may_act_for_others'>): { secret: string; key: ApiKeyConfig } {
  const secret = randomBytes(32).toString('hex');
  const key_sha256 = createHash('sha256').update(secret, 'utf8').digest('hex');
  return { secret, key: { ...rights, key_sha256, may_ingest: true, may_read: true, may_prioritise: false } };
}
