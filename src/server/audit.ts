/**
 * Proves the ledger against the store: every accepted line must be found, every quarantined record kept or accounted for.
 *
 * Lines may arrive meanwhile, so the ledger is read before and after the count, which must lie between.
 */
import type { AuditReport, TenantAudit } from '#api/operation-routes.ts';
import type { Quarantine } from '#consumers/quarantined-records.ts';
import { receivedCount } from '#log/outcomes.ts';
import type { Ledger } from '#store/ledger.ts';

export interface AuditParts {
  /** Outcomes of all records that are in the store. */
  readonly ledger: () => Ledger;
  /** Lines of the tenant in the store, of any time. */
  readonly countLines: (tenant: string, signal: AbortSignal) => Promise<number>;
  readonly quarantine: Quarantine;
  /** Resolves when every line that is durable now is found. */
  readonly indexed: () => Promise<void>;
}

export async function audit({ ledger, countLines, quarantine, indexed }: AuditParts, signal: AbortSignal): Promise<AuditReport> {
  await indexed();
  const tenants: Record<string, TenantAudit> = {};
  for (const tenant of ledger().keys()) {
    const before = countsOf(ledger, tenant);
    const found = await countLines(tenant, signal);
    const after = countsOf(ledger, tenant);
    const { taken, waiting, replaying, replayed, expired } = quarantine.totals().get(tenant) ?? noTotals;
    const kept = waiting + replaying + replayed + expired;
    const problems: string[] = [];
    if (found < before.accepted) problems.push(`${before.accepted - found} accepted lines are not found`);
    if (found > after.accepted) problems.push(`${found - after.accepted} lines are there that were never accepted, or twice`);
    if (taken < before.quarantined) problems.push(`${before.quarantined - taken} quarantined records were not taken over from the log`);
    if (taken !== kept) problems.push(`${taken - kept} quarantined records are neither kept, replayed nor expired`);
    tenants[tenant] = { received: receivedCount(after), accepted: after.accepted, found, quarantined: after.quarantined, kept, problems };
  }
  return { consistent: Object.values(tenants).every(({ problems }) => problems.length === 0), tenants };
}

const noTotals = { taken: 0, waiting: 0, replaying: 0, replayed: 0, expired: 0 };

function countsOf(ledger: () => Ledger, tenant: string) {
  const counts = ledger().get(tenant);
  return { accepted: 0, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0, ...counts };
}
