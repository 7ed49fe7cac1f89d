/**
 * How people write rules → the one model of alert-rule.ts. Taken are the model itself, with spans as texts if they like
 * (`window: 5m` for `window_ms: 300000`), and the shapes of designs A, B and C (api.md), each with any member of the model
 * besides. What is read has the shape of the model; whether it makes sense says rule-check.ts.
 *
 * A condition without `kind` is one of the designs: its selection (`query`, `filter`, `service`, `level` …) becomes the
 * rule's filter, its `aggregation` the kind.
 */
import { alertRuleBody, simpleCondition } from './alert-rule.ts';
import type { AlertRuleBody } from './alert-rule.ts';
import { readActions } from './action-input.ts';
import { filterText, readDesignCondition } from './design-condition.ts';
import { countsDownwards, isMembers, operatorOf, readSpans, presentMembers } from './rule-members.ts';
import type { Members } from './rule-members.ts';
import { joinPath, problem, schemaProblems, unknownMember } from './rule-problems.ts';
import type { RuleProblem } from './rule-problems.ts';

/** Whose address it came by: only what is left out differs. */
export type RuleDesign = 'A' | 'B' | 'C';

/** What was read, in the shape of the model, or why it could not be. */
export type RuleReading =
  | { readonly body: AlertRuleBody; readonly problems?: undefined }
  | { readonly problems: readonly [RuleProblem, ...RuleProblem[]] };

/** Design B waits so long between two alerts where a rule does not say (api.md). */
export const cooldownOfDesignB = 600_000;

/** What answers tell of a rule besides what it says: passed over where they are sent back. */
export const answerMembers: readonly string[] = [
  'id',
  'rule_id',
  'version',
  'updated_at',
  'updated_by',
  'state',
  'value',
  'evaluated_at',
  'groups',
  'firing',
  'last_error',
  'warnings',
];
const answered = new Set(answerMembers);

const ruleSpans = ['for', 'keep_firing', 'cooldown'];
const conditionSpans = ['window', 'within', 'minimum_silence', 'forget_after', 'learn'];
const designMembers = ['query', 'action', 'muted_until', ...ruleSpans];

/** Reads a rule; never throws for what is given. */
export function readRule(given: unknown, design: RuleDesign = 'A'): RuleReading {
  const problems: RuleProblem[] = [];
  if (!isMembers(given)) return { problems: [problem('', 'a rule must be an object')] };
  const { rule, ...rest } = given;
  if (rule !== undefined) {
    const twice = ['condition', 'query', 'filter'].find((name) => rest[name] !== undefined && rest[name] !== null);
    if (twice === undefined) return readRule(rule, design);
    return { problems: [problem(twice, `the rule is given twice, in "rule" and beside it ("${twice}"); leave one out`)] };
  }
  const members = ruleMembers(presentMembers(rest), problems);
  if (design === 'B' && members['cooldown_ms'] === undefined) members['cooldown_ms'] = cooldownOfDesignB;
  checkShape(members, problems);
  const [first, ...others] = problems;
  return first === undefined ? { body: members as unknown as AlertRuleBody } : { problems: [first, ...others] };
}

/** Members of the model, as far as they could be made. */
function ruleMembers(given: Members, problems: RuleProblem[]): Record<string, unknown> {
  const { query, action, actions, condition, muted_until: mutedUntil, filter, ...rest } = given;
  const members: Record<string, unknown> = {};
  const known = new Set([...Object.keys(alertRuleBody.properties), ...designMembers]);
  const spans = readSpans(rest, ruleSpans, '', problems);
  for (const [name, value] of Object.entries(spans)) {
    if (answered.has(name)) continue;
    if (known.has(name)) members[name] = value;
    else problems.push(unknownMember('', name, [...known]));
  }
  if (mutedUntil !== undefined) readInstant(mutedUntil, members, problems);
  if (actions !== undefined && action !== undefined) problems.push(problem('action', 'give either "action" or "actions"'));
  const givenActions = actions ?? (action === undefined ? undefined : [action]);
  if (givenActions !== undefined) {
    const read = readActions(givenActions, problems);
    members['actions'] = read.actions;
    if (members['severity'] === undefined && read.severity !== undefined) members['severity'] = read.severity;
  }
  if (query !== undefined && filter !== undefined) problems.push(problem('query', 'give either "query" or "filter"; they mean the same'));
  readCondition(condition, filter ?? query, members, problems);
  return members;
}

function readCondition(condition: unknown, filter: unknown, members: Record<string, unknown>, problems: RuleProblem[]): void {
  if (condition !== undefined && !isMembers(condition)) problems.push(problem('condition', 'must be an object'));
  if (!isMembers(condition)) {
    if (condition === undefined) problems.push(problem('condition', 'it is missing'));
    return;
  }
  const spelt = readSpans(presentMembers(condition), conditionSpans, 'condition', problems);
  if (spelt['kind'] === undefined) {
    const read = readDesignCondition(spelt, filter, problems);
    members['condition'] = read.condition;
    // "fewer than 10" means none too, which the model says apart
    if (countsDownwards(read.condition)) members['no_data'] ??= 'fire';
    if (read.filter !== undefined) members['filter'] = read.filter;
    return;
  }
  const text = filterText(filter, 'filter', problems);
  if (text !== undefined) members['filter'] = text;
  members['condition'] = modelCondition(spelt, 'condition', problems);
}

/** Those of `all` and `any` have conditions, whose spans may be texts too. */
function modelCondition(spelt: Members, path: string, problems: RuleProblem[]): Members {
  const { conditions } = spelt;
  if ((spelt['kind'] !== 'all' && spelt['kind'] !== 'any') || !Array.isArray(conditions)) return withOperator(spelt);
  const read = conditions.map((one: unknown, index) => {
    const place = joinPath(joinPath(path, 'conditions'), index);
    return isMembers(one) ? withOperator(readSpans(presentMembers(one), conditionSpans, place, problems)) : one;
  });
  return { ...spelt, conditions: read };
}

function withOperator(condition: Members): Members {
  const { comparison, ...rest } = condition;
  const operator = rest['operator'] ?? comparison;
  return operator === undefined ? rest : { ...rest, operator: operatorOf(operator) };
}

function readInstant(given: unknown, members: Record<string, unknown>, problems: RuleProblem[]): void {
  const instantMs = typeof given === 'string' && /^\d{4}-\d\d-\d\dT/.test(given) ? Date.parse(given) : Number.NaN;
  if (members['muted_until_ms'] !== undefined) problems.push(problem('muted_until', 'give either "muted_until" or "muted_until_ms"'));
  else if (Number.isNaN(instantMs)) problems.push(problem('muted_until', 'must be a time such as "2026-03-01T12:00:00Z"'));
  else members['muted_until_ms'] = instantMs;
}

const { condition: _, ...outerProperties } = alertRuleBody.properties;
const conditionSchemas = new Map(simpleCondition.anyOf.map((schema) => [schema.properties.kind.const as string, schema]));
const conditionKinds = [...conditionSchemas.keys(), 'all', 'any'];

/** Each part against the one schema that it must have, so that what is told is about that. */
function checkShape(members: Members, problems: RuleProblem[]): void {
  const toldPlaces = new Set(problems.map(({ field }) => field));
  const { condition, ...outer } = members;
  const outerSchema = { ...alertRuleBody, properties: outerProperties, required: ['name'] };
  const found = schemaProblems(outerSchema as unknown as typeof alertRuleBody, outer, '');
  if (isMembers(condition)) found.push(...conditionProblems(condition, 'condition'));
  problems.push(...found.filter(({ field }) => !toldPlaces.has(field)));
}

function conditionProblems(condition: Members, path: string): RuleProblem[] {
  const { kind, conditions, ...rest } = condition;
  if (kind === 'all' || kind === 'any') {
    const unknown = Object.keys(rest).map((name) => unknownMember(path, name, ['kind', 'conditions']));
    const place = joinPath(path, 'conditions');
    if (!Array.isArray(conditions) || conditions.length < 2 || conditions.length > 10)
      return [...unknown, problem(place, 'must be a list of 2 to 10 conditions')];
    return [...unknown, ...conditions.flatMap((one: unknown, index) => innerProblems(one, joinPath(place, index)))];
  }
  const schema = typeof kind === 'string' ? conditionSchemas.get(kind) : undefined;
  if (schema === undefined) return [problem(joinPath(path, 'kind'), `must be one of ${conditionKinds.join(', ')}`)];
  return schemaProblems(schema, condition, path);
}

function innerProblems(condition: unknown, path: string): RuleProblem[] {
  if (!isMembers(condition)) return [problem(path, 'must be an object')];
  const { kind } = condition;
  if (kind === 'all' || kind === 'any')
    return [problem(joinPath(path, 'kind'), 'conditions of "all" and "any" are simple ones; they are not nested')];
  return conditionProblems(condition, path);
}
