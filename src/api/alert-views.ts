/** Alert rules as answers tell them: the rule, the members of the address's shape, and what the rule is doing. */
import type { AlertFacts, RuleFactsNow } from '#alerting/alert-facts.ts';
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { RuleDesign } from '#alerting/rule-input.ts';
import { shapeOf } from '#alerting/rule-shapes.ts';
import type { AlertRecords, AlertState, Incident } from '#metadata/alert-records.ts';
import type { Clock } from '#platform/clock.ts';

export interface AlertViewParts {
  readonly facts: AlertFacts;
  readonly records: Pick<AlertRecords, 'list'>;
  readonly clock: Clock;
}

const openStates: readonly AlertState[] = ['pending', 'firing', 'no_data', 'late_data', 'failed'];
/** Open incidents that are told of a rule, and that are read for a list of rules. */
const maxShown = 10;
const maxRead = 2000;

export function ruleObject({ id, version, updatedMs, updatedBy, body }: AlertRule): object {
  return { id, version, updated_at: timeOf(updatedMs), updated_by: updatedBy, rule: body };
}

export const versionObject = ruleObject;

/** The shape's own members, then those of all rules: none of them has the name of another. */
export function ruleView(rule: AlertRule, design: RuleDesign): object {
  const own = design === 'B' ? { rule_id: rule.id } : {};
  return { ...own, ...shapeOf(rule.body, design), ...ruleObject(rule) };
}

/** What each rule is doing; the rules are of one tenant. */
export async function factsOfRules(
  { facts, records, clock }: AlertViewParts,
  tenant: string,
  rules: readonly AlertRule[],
): Promise<(rule: AlertRule) => object> {
  const ruleId = rules.length === 1 ? rules[0].id : undefined;
  const open = rules.length === 0 ? [] : await records.list({ tenant, ruleId, states: openStates, limit: maxRead });
  const byRule = Map.groupBy(open, (incident) => incident.ruleId);
  const known = facts.ofRules(tenant);
  const nowMs = clock.nowMs();
  return (rule) => factsObject(rule, known.get(rule.id), byRule.get(rule.id) ?? [], nowMs);
}

function factsObject({ body }: AlertRule, now: RuleFactsNow | undefined, open: readonly Incident[], nowMs: number): object {
  const { enabled = true, muted_until_ms: mutedMs = 0 } = body;
  const value = now?.value;
  return {
    state: enabled ? (now?.state ?? 'unknown') : 'disabled',
    value: value === undefined || !Number.isFinite(value) ? null : value,
    evaluated_at: now?.evaluatedMs ? timeOf(now.evaluatedMs) : null,
    groups: {
      total: now?.groups ?? 0,
      pending: now?.pendingGroups ?? 0,
      firing: now?.firingGroups ?? 0,
      left_out: now?.linesWithoutGroup ?? 0,
    },
    firing: open.slice(0, maxShown).map(incidentObject),
    muted_until: mutedMs > nowMs ? timeOf(mutedMs) : null,
    last_error: now?.problem ?? null,
  };
}

function incidentObject({ id, group, state, beganMs, firedMs, value, acknowledgedBy }: Incident): object {
  return { incident: id, group, state, since: timeOf(firedMs ?? beganMs), value: value ?? null, acknowledged_by: acknowledgedBy ?? null };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
