/** What a list of rules, as a file has it, changes of the rules that are kept. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import { withMute } from './alert-rules.ts';
import type { RuleChange } from './alert-rules.ts';
import { readRule } from './rule-input.ts';
import { isMembers } from './rule-members.ts';
import { joinPath, problem, ruleError } from './rule-problems.ts';
import type { RuleProblem } from './rule-problems.ts';

export interface Difference {
  /** Such as `condition.threshold`. */
  readonly member: string;
  readonly before: unknown;
  readonly after: unknown;
}

export type PlannedChange = (RuleChange | { readonly action: 'keep'; readonly id: string; readonly body: AlertRuleBody }) & {
  readonly name: string;
  readonly differences: readonly Difference[];
};

/**
 * One change for each given rule in their order, and with `prune` one for each rule that is not among them. A given rule is
 * the kept one of its `id`, else of its name. @throws AppError where one cannot be read, or is not told apart from another
 */
export function planChanges(kept: readonly AlertRule[], given: readonly unknown[], prune: boolean): PlannedChange[] {
  const problems: RuleProblem[] = [];
  const found = new Map<string, number>();
  const changes = given.flatMap((one, index) => {
    const place = joinPath('rules', index);
    const read = readRule(one);
    if (read.problems !== undefined) {
      problems.push(...read.problems.map((inner) => ({ ...inner, field: joinPath(place, inner.field) })));
      return [];
    }
    const rule = keptRuleOf(kept, one, read.body, place, problems);
    const twice = found.get(rule?.id ?? read.body.name);
    if (twice !== undefined) problems.push(problem(place, `it is the same rule as number ${twice}: give both an "id", or other names`));
    found.set(rule?.id ?? read.body.name, index);
    return [changeOf(rule, read.body)];
  });
  const [first, ...others] = problems;
  if (first !== undefined) throw ruleError([first, ...others]);
  const removed = prune ? kept.filter(({ id }) => !found.has(id)) : [];
  return [...changes, ...removed.map(({ id, body }) => ({ action: 'remove', id, name: body.name, differences: [] }) as const)];
}

function keptRuleOf(
  kept: readonly AlertRule[],
  given: unknown,
  { name }: AlertRuleBody,
  place: string,
  problems: RuleProblem[],
): AlertRule | undefined {
  const id = isMembers(given) ? (given['id'] ?? given['rule_id']) : undefined;
  if (typeof id === 'string') {
    const rule = kept.find((one) => one.id === id);
    if (rule === undefined)
      problems.push(problem(joinPath(place, 'id'), `there is no alert rule "${id.slice(0, 80)}"; leave "id" out to make it`));
    return rule;
  }
  const named = kept.filter(({ body }) => body.name === name);
  if (named.length > 1)
    problems.push(
      problem(
        joinPath(place, 'name'),
        `${named.length} rules have this name; say which by "id": ${named.map((rule) => rule.id).join(', ')}`,
      ),
    );
  return named[0];
}

function changeOf(rule: AlertRule | undefined, given: AlertRuleBody): PlannedChange {
  const { name } = given;
  if (rule === undefined) return { action: 'create', body: given, name, differences: [] };
  const body = withMute(given, rule);
  const differences = differencesOf(rule.body, body);
  return { action: differences.length === 0 ? 'keep' : 'update', id: rule.id, body, name, differences };
}

/** Members with another value; of objects their members. What stands for the default is no difference. */
export function differencesOf(before: object, after: object): Difference[] {
  return compare(withDefaults(before), withDefaults(after), '');
}

const withDefaults = (body: object): object => ({ enabled: true, ...body });

function compare(before: unknown, after: unknown, path: string): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isMembers(before) || !isMembers(after)) return [{ member: path, before: before ?? null, after: after ?? null }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => compare(before[name], after[name], joinPath(path, name)));
}
