/**
 * The ledger of outcomes per tenant: what became of every record that was received. It travels in the headers of the
 * log's frames and is kept with the store's commit record, so that trimming the log does not forget it.
 */
import type { OutcomeCounts } from '#log/durable-log.ts';

export type Ledger = ReadonlyMap<string, OutcomeCounts>;

export const noOutcomes: OutcomeCounts = { accepted: 0, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };

export function addOutcomes(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  return {
    accepted: a.accepted + b.accepted,
    sampled: a.sampled + b.sampled,
    dropped: a.dropped + b.dropped,
    duplicate: a.duplicate + b.duplicate,
    quarantined: a.quarantined + b.quarantined,
    refused: a.refused + b.refused,
  };
}

/** Tenant under which those beyond the bound are counted together. */
export const otherTenants = '_other';

/** The sum of two ledgers, with at most `maxTenants` tenants of their own. */
export function addLedgers(a: Ledger, b: Ledger, maxTenants: number): Ledger {
  const sum = new Map(a);
  for (const [tenant, counts] of b) {
    const name = sum.has(tenant) || sum.size < maxTenants ? tenant : otherTenants;
    sum.set(name, addOutcomes(sum.get(name) ?? noOutcomes, counts));
  }
  return sum;
}
