/**
 * The ledger of outcomes per tenant: what became of every record that was received. It travels in the headers of the
 * log's frames and is kept with the store's commit record, so that trimming the log does not forget it.
 */
import type { OutcomeCounts } from '#log/durable-log.ts';
import { addOutcomes, zeroOutcomes } from '#log/outcomes.ts';

export type Ledger = ReadonlyMap<string, OutcomeCounts>;

/** Tenant under which those beyond the bound are counted together. */
export const otherTenants = '_other';

/** The sum of two ledgers, with at most `maxTenants` tenants of their own. */
export function addLedgers(a: Ledger, b: Ledger, maxTenants: number): Ledger {
  const sum = new Map(a);
  for (const [tenant, counts] of b) {
    const name = sum.has(tenant) || sum.size < maxTenants ? tenant : otherTenants;
    const total = { ...(sum.get(name) ?? zeroOutcomes()) };
    addOutcomes(total, counts);
    sum.set(name, total);
  }
  return sum;
}
