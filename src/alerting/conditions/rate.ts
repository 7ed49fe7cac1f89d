/** Lines a second over a window. */
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionContext, ConditionState } from '../condition-state.ts';
import { CountState } from './count.ts';

export const createRate = (condition: ConditionOf<'rate'>, context: ConditionContext): ConditionState =>
  new CountState(condition, context, 1000 / condition.window_ms);
