/** How the canary is let in: by a tenant header while everything is open, else by a key of its own that nobody else knows. */
import { createHash, randomBytes } from 'node:crypto';
import type { AccessConfig } from '#access/config.ts';

export const canaryTenant = '_canary';

export interface CanaryAccess {
  /** The access settings with the canary's key, where keys are needed. */
  readonly access: AccessConfig;
  /** What the canary's requests carry. */
  readonly headers: Readonly<Record<string, string>>;
}

export function admitCanary(access: AccessConfig): CanaryAccess {
  if (access.keys.length === 0) return { access, headers: { 'x-tenant-id': canaryTenant } };
  const secret = randomBytes(32).toString('hex');
  const key = {
    name: canaryTenant,
    key_sha256: createHash('sha256').update(secret, 'utf8').digest('hex'),
    tenant: canaryTenant,
    may_ingest: true,
    may_read: true,
    may_act_for_others: false,
  };
  return { access: { ...access, keys: [...access.keys, key] }, headers: { 'x-api-key': secret } };
}
