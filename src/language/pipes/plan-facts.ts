/** What a plan asks for, as far as others choose their way by it: stores, and whoever bounds and prices a query. */
import type { GroupStep, PipePlan } from './plan-nodes.ts';

/** Lines in their own order, of which the first are wanted: what is older need not be looked at. */
export function takesNewestLines({ steps, output }: PipePlan): boolean {
  const others = steps.at(-1)?.kind === 'limit' ? steps.slice(0, -1) : steps;
  return output.kind === 'lines' && others.every(({ kind }) => kind === 'filter');
}

/** The number of rows that the query itself asks for, if it does. */
export function askedRows({ steps }: PipePlan): number | undefined {
  const lastGroup = steps.findLastIndex(({ kind }) => kind === 'group');
  const limits = steps.slice(lastGroup + 1).flatMap((step) => (step.kind === 'limit' ? [step.count] : []));
  return limits.length === 0 ? undefined : Math.min(...limits);
}

export interface LineCounts {
  readonly fields: readonly string[];
  readonly intervalMs?: number;
  readonly byLevel: boolean;
}

/** What lines are counted by, where the plan begins with counts of them and nothing else. */
export function lineCountsOf(plan: PipePlan): LineCounts | undefined {
  const first = plan.steps.find(({ kind }) => kind !== 'sort');
  return first?.kind === 'group' ? countsOfGroup(first, plan) : undefined;
}

/** Of a step over whole lines. */
export function countsOfGroup({ keys, measures }: GroupStep, { lineValues }: PipePlan): LineCounts | undefined {
  const areCounts = measures.every(
    ({ function: name, value }) => name === 'error_rate' || name === 'rate' || (name === 'count' && value === undefined),
  );
  const values = keys.flatMap((key) => (key.kind === 'value' ? [lineValues[key.value.id]] : []));
  const fields = values.flatMap((value) => (value?.kind === 'field' ? [value.field] : []));
  if (!areCounts || fields.length < values.length) return undefined;
  const intervalMs = keys.find((key) => key.kind === 'bin')?.intervalMs;
  const byLevel = measures.some(({ function: name }) => name === 'error_rate');
  return { fields, byLevel, ...(intervalMs === undefined ? {} : { intervalMs }) };
}

/** Steps of time and the number of groups that the plan makes, for their bounds. */
export function groupsOf({ steps }: PipePlan): { readonly keys: number; readonly intervalMs?: number }[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'group') return [];
    const intervalMs = step.keys.find((key) => key.kind === 'bin')?.intervalMs;
    return [{ keys: step.keys.filter(({ kind }) => kind === 'value').length, ...(intervalMs === undefined ? {} : { intervalMs }) }];
  });
}
