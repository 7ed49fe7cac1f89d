/** The kinds of conditions: one line each. */
import { AppError } from '#base/errors.ts';
import type { CombinedCondition, Condition, ConditionKind, ConditionOf, SimpleCondition } from './alert-rule.ts';
import { CombinedState } from './combined.ts';
import type { ConditionContext, ConditionState, CreateCondition } from './condition-state.ts';
import { createAbsence } from './conditions/absence.ts';
import { createAnomaly } from './conditions/anomaly.ts';
import { createBudget } from './conditions/budget.ts';
import { createChange } from './conditions/change.ts';
import { createCount } from './conditions/count.ts';
import { createMetric } from './conditions/metric.ts';
import { createNewPattern } from './conditions/new-pattern.ts';
import { createRate } from './conditions/rate.ts';
import { createRatio } from './conditions/ratio.ts';
import { createSequence } from './conditions/sequence.ts';
import { createSilentSource } from './conditions/silent-source.ts';

const conditionKinds: { readonly [K in ConditionKind]: CreateCondition<ConditionOf<K>> } = {
  count: createCount,
  rate: createRate,
  ratio: createRatio,
  change: createChange,
  metric: createMetric,
  absence: createAbsence,
  silent_source: createSilentSource,
  sequence: createSequence,
  new_pattern: createNewPattern,
  budget: createBudget,
  anomaly: createAnomaly,
};

/**
 * The state of a rule's condition. `contextOf` gives what each simple condition may know: its queries are joined with its
 * own filter. Throws AppError of the language for a query that cannot be read.
 */
export function createConditionState(condition: Condition, contextOf: (simple: SimpleCondition) => ConditionContext): ConditionState {
  if (isCombined(condition)) {
    return new CombinedState(
      condition.kind,
      condition.conditions.map((simple) => createSimple(simple, contextOf(simple))),
    );
  }
  return createSimple(condition, contextOf(condition));
}

const isCombined = (condition: Condition): condition is CombinedCondition => condition.kind === 'all' || condition.kind === 'any';

function createSimple(condition: SimpleCondition, context: ConditionContext): ConditionState {
  const create = conditionKinds[condition.kind] as CreateCondition | undefined;
  if (create === undefined) throw new AppError('bad_request', `there is no condition of kind "${condition.kind}"`);
  return create(condition, context);
}
