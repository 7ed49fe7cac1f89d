/** By which fields the groups of a rule are told apart. */
import type { AlertRuleBody, Condition } from './alert-rule.ts';

/** `group_by`, and the sources that its conditions watch: each host or service is judged apart. */
export function groupFieldsOf({ group_by: groupBy = [], condition }: Pick<AlertRuleBody, 'group_by' | 'condition'>): readonly string[] {
  return [...new Set([...groupBy, ...sourcesOf(condition)])];
}

function sourcesOf(condition: Condition): string[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.conditions.flatMap(sourcesOf);
  return condition.kind === 'silent_source' ? [condition.source] : [];
}
