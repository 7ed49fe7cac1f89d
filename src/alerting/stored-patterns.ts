/**
 * The catalogue of patterns as rules of kind new_pattern begin with it: which services had a pattern, and since when. A copy
 * that its owner renews before rules change; what was learned later does not matter to a rule, for it sees the lines itself.
 */
import type { StoredTemplate } from '#metadata/pattern-templates.ts';
import type { AlertRuleBody, Condition } from './alert-rule.ts';
import type { KnownBefore } from './condition-state.ts';

export class StoredPatterns {
  #byTenant = new Map<string, KnownBefore[]>();

  /** All templates, in place of those before. */
  replace(templates: readonly StoredTemplate[]): void {
    const standing = new Map(templates.map((template) => [template.id, template]));
    this.#byTenant = new Map();
    for (const { tenant, id, services, firstSeenMs, aliasOf } of templates) {
      // lines keep the id of an alias, their services are told of the template that stands for it
      const others = aliasOf === undefined ? [] : (standing.get(aliasOf)?.services ?? []);
      const known = { id, services: [...new Set([...services, ...others])], firstSeenMs };
      const ofTenant = this.#byTenant.get(tenant);
      if (ofTenant === undefined) this.#byTenant.set(tenant, [known]);
      else ofTenant.push(known);
    }
  }

  /** What was first seen before that time. */
  *before(tenant: string, beforeMs: number): Generator<KnownBefore> {
    for (const known of this.#byTenant.get(tenant) ?? []) if (known.firstSeenMs < beforeMs) yield known;
  }
}

/** Whether a rule begins with what the catalogue knows. */
export function needsPatterns({ condition }: Pick<AlertRuleBody, 'condition'>): boolean {
  const isOne = ({ kind }: Condition): boolean => kind === 'new_pattern';
  return condition.kind === 'all' || condition.kind === 'any' ? condition.conditions.some(isOne) : isOne(condition);
}
