/** How far into the past a rule looks: what must be read of the log so that it can judge. */
import type { AlertRuleBody, Condition } from './alert-rule.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const againstMs = { window_before: 0, day_before: dayMs, week_before: 7 * dayMs } as const;

/** Milliseconds; infinite for kinds that learn as long as there is something to learn from. */
export function ruleReachMs({ condition, for_ms: forMs = 0 }: Pick<AlertRuleBody, 'condition' | 'for_ms'>): number {
  return forMs + conditionReachMs(condition);
}

function conditionReachMs(condition: Condition): number {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return Math.max(...condition.conditions.map(conditionReachMs));
    case 'change':
      return condition.against === 'window_before' ? 2 * condition.window_ms : condition.window_ms + againstMs[condition.against];
    case 'sequence':
      return condition.window_ms + condition.within_ms;
    case 'budget':
      return condition.period === 'hour' ? hourMs : dayMs;
    case 'silent_source':
    case 'new_pattern':
    case 'anomaly':
      return Number.POSITIVE_INFINITY;
    case 'absence':
      // it must have been there before it can be absent
      return 2 * condition.window_ms;
    default:
      return condition.window_ms;
  }
}
