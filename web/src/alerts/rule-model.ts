/** What an alert rule says, as the API has it. */
import type { AlertRule, CombinedCondition, Condition, SimpleCondition } from '../api/operations.ts';

export type ConditionKind = SimpleCondition['kind'];
export type ConditionOf<K extends ConditionKind> = Extract<SimpleCondition, { readonly kind: K }>;
/** Conditions that compare a value. */
export type ThresholdCondition = Extract<SimpleCondition, { readonly operator: unknown }>;

export function isCombined(condition: Condition): condition is CombinedCondition {
  return condition.kind === 'all' || condition.kind === 'any';
}

export function hasThreshold(condition: Condition): condition is ThresholdCondition {
  return 'operator' in condition;
}

/** A rule, as far as a form can show it: what people typed as JSON may be anything. */
export function isAlertRule(value: unknown): value is AlertRule {
  const { name, condition } = (value ?? {}) as { name?: unknown; condition?: { kind?: unknown; conditions?: unknown } | null };
  if (typeof name !== 'string' || typeof condition !== 'object' || condition === null) return false;
  const { kind, conditions } = condition;
  if (kind !== 'all' && kind !== 'any') return conditionKinds.some((one) => one === kind);
  return Array.isArray(conditions) && conditions.every((one) => conditionKinds.some((known) => known === (one as { kind?: unknown }).kind));
}

export const conditionKinds: readonly ConditionKind[] = [
  ...(['count', 'rate', 'ratio', 'change', 'metric', 'absence', 'silent_source'] as const),
  ...(['sequence', 'new_pattern', 'budget', 'anomaly'] as const),
];
