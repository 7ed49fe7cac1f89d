/** By which fields the groups of a rule are told apart. */
import type { AlertRuleBody, Condition } from './alert-rule.ts';

/**
 * `group_by`, and the sources that its conditions watch: each host or service is judged apart. A season is that of one
 * service, where the rule does not say of what else.
 */
export function groupFieldsOf({ group_by: groupBy = [], condition }: Pick<AlertRuleBody, 'group_by' | 'condition'>): readonly string[] {
  const fields = [...new Set([...groupBy, ...sourcesOf(condition)])];
  return fields.length === 0 && hasSeason(condition) ? ['service'] : fields;
}

function hasSeason(condition: Condition): boolean {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.conditions.some(hasSeason);
  return condition.kind === 'anomaly';
}

function sourcesOf(condition: Condition): string[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.conditions.flatMap(sourcesOf);
  return condition.kind === 'silent_source' ? [condition.source] : [];
}
