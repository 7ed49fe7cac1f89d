/** What a change of rules means for their evaluation. */
import type { AlertRule } from '#alerting/alert-rule.ts';
import { timingOf } from '#alerting/state-machine.ts';

const isEnabled = ({ body }: AlertRule): boolean => body.enabled !== false;

/** What decides about the state of a rule: with another one of these the evaluator begins it anew. */
const evaluationOf = ({ tenant, body }: AlertRule): string =>
  JSON.stringify([tenant, body.filter ?? '', body.group_by ?? [], body.condition, timingOf(body)]);

export function sameRules(rules: readonly AlertRule[], others: readonly AlertRule[]): boolean {
  if (rules.length !== others.length) return false;
  const versions = new Map(others.map(({ tenant, id, version, updatedMs }) => [`${tenant}/${id}`, `${version}/${updatedMs}`]));
  return rules.every(({ tenant, id, version, updatedMs }) => versions.get(`${tenant}/${id}`) === `${version}/${updatedMs}`);
}

/** Enabled rules that have no state of before to go on with. */
export function newlyEvaluated(rules: readonly AlertRule[], before: readonly AlertRule[]): AlertRule[] {
  const known = new Map(before.filter(isEnabled).map((rule) => [rule.id, evaluationOf(rule)]));
  return rules.filter((rule) => isEnabled(rule) && known.get(rule.id) !== evaluationOf(rule));
}
