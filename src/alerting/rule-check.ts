/**
 * What is wrong with a rule that has the shape of the model, beyond its shape: queries, bounds, combinations that can
 * never come true, channels that are not there. Everything is told at once, each with its place. Pure.
 */
import { formatDurationMs } from '#base/units.ts';
import type { QueryConfig } from '#language/config.ts';
import { checkActions } from './action-check.ts';
import { groupFieldsOf } from './condition-groups.ts';
import type { AlertRuleBody, Condition, SimpleCondition } from './alert-rule.ts';
import { alertSetting } from './config.ts';
import type { AlertsConfig } from './config.ts';
import { templateProblems } from './message-template.ts';
import { QueryChecks } from './query-checks.ts';
import { checkThreshold } from './threshold-check.ts';
import { countsDownwards } from './rule-members.ts';
import { joinPath, problem } from './rule-problems.ts';
import type { Findings, RuleFindings, RuleProblem } from './rule-problems.ts';

export interface RuleSurroundings {
  readonly config: Pick<AlertsConfig, 'max_window' | 'max_group_by' | 'max_rule_bytes'>;
  readonly queryConfig: QueryConfig;
  /** Channels of the tenant: name → type; undefined where that is not known. */
  readonly channels?: ReadonlyMap<string, string> | undefined;
  /** Attribute names of the tenant's lines, where they are known. */
  readonly fields?: ReadonlySet<string> | undefined;
}

const maxLabels = 50;
const maxLabelLength = 1000;
const labelName = /^[A-Za-z_][A-Za-z0-9_.-]{0,199}$/;
/** What routing calls the rule itself. */
const reservedLabels: ReadonlySet<string> = new Set(['severity', 'rule', 'rule_id']);

/** Never throws for what a rule says. */
export function checkRule(body: AlertRuleBody, surroundings: RuleSurroundings): RuleFindings {
  const findings: Findings = { problems: [], warnings: [] };
  const { problems } = findings;
  const { config, channels } = surroundings;
  checkSize(body, config, problems);
  if (body.name.trim() === '') problems.push(problem('name', 'must not be blank'));
  const queries = new QueryChecks(surroundings, findings);
  queries.check('filter', body.filter);
  checkGroupBy(body, surroundings, queries, findings);
  checkCondition(body.condition, 'condition', surroundings, queries, findings);
  checkTimes(body, config, problems);
  checkTexts(body, problems);
  checkLabels(body.labels, problems);
  checkActions(body.actions ?? [], channels, findings);
  checkStates(body, findings);
  return findings;
}

function checkSize(body: AlertRuleBody, { max_rule_bytes: limit }: RuleSurroundings['config'], problems: RuleProblem[]): void {
  const size = new TextEncoder().encode(JSON.stringify(body)).length;
  if (size > limit) problems.push(overBound('', `the rule has ${size} bytes; the most is ${limit}`, 'max_rule_bytes'));
}

export function overBound(field: string, message: string, setting: keyof AlertsConfig): RuleProblem {
  return { field, message: `${message} (setting "${alertSetting(setting)}")`, code: 'limit_exceeded', setting: alertSetting(setting) };
}

/** Each line would be a group of its own, or nearly so. */
const scatteringFields: ReadonlySet<string> = new Set(['message', 'timestamp', 'trace_id', 'span_id', '@line']);

function checkGroupBy(
  { group_by: groupBy = [], condition }: AlertRuleBody,
  { config }: RuleSurroundings,
  queries: QueryChecks,
  { problems, warnings }: Findings,
): void {
  if (groupBy.length > config.max_group_by)
    problems.push(overBound('group_by', `${groupBy.length} fields; the most is ${config.max_group_by}`, 'max_group_by'));
  for (const [index, field] of groupBy.entries()) {
    const place = joinPath('group_by', index);
    if (groupBy.indexOf(field) !== index) problems.push(problem(place, `"${field}" is there twice`));
    if (scatteringFields.has(field) && condition.kind !== 'sequence')
      warnings.push(
        problem(place, `nearly every line has another ${field}: each would be a group of its own, and only the largest are kept`),
      );
    queries.checkField(place, field);
  }
  if (condition.kind === 'silent_source' && groupBy.some((field) => field !== condition.source && !usualSourceFields.has(field)))
    warnings.push(problem('group_by', `each ${condition.source} is judged apart anyway; other fields split it`));
}

const usualSourceFields: ReadonlySet<string> = new Set(['host', 'service', 'environment']);

function checkCondition(
  condition: Condition,
  path: string,
  surroundings: RuleSurroundings,
  queries: QueryChecks,
  findings: Findings,
): void {
  if ('conditions' in condition) {
    for (const [index, one] of condition.conditions.entries())
      checkCondition(one, joinPath(joinPath(path, 'conditions'), index), surroundings, queries, findings);
    return;
  }
  queries.check(joinPath(path, 'filter'), condition.filter);
  checkSpans(condition, path, surroundings.config, findings.problems);
  checkThreshold(condition, path, findings);
  checkKind(condition, path, queries, findings);
}

const windowMembers = ['window_ms', 'within_ms', 'minimum_silence_ms'] as const;

function checkSpans(
  condition: SimpleCondition,
  path: string,
  { max_window: limit }: RuleSurroundings['config'],
  problems: RuleProblem[],
): void {
  const members: Readonly<Record<string, unknown>> = condition;
  for (const name of windowMembers) {
    const spanMs = members[name];
    if (typeof spanMs === 'number' && spanMs > limit) problems.push(tooLong(joinPath(path, name), spanMs, limit));
  }
}

function tooLong(field: string, spanMs: number, limit: number): RuleProblem {
  return overBound(field, `${formatDurationMs(spanMs)} is over the longest window of ${formatDurationMs(limit)}`, 'max_window');
}

function checkKind(condition: SimpleCondition, path: string, queries: QueryChecks, { problems, warnings }: Findings): void {
  const at = (name: string): string => joinPath(path, name);
  switch (condition.kind) {
    case 'ratio':
      queries.checkPart(at('part'), condition.part);
      return;
    case 'metric':
      queries.checkField(at('attribute'), condition.attribute);
      return;
    case 'sequence':
      queries.checkPart(at('first'), condition.first);
      queries.checkPart(at('then'), condition.then);
      queries.checkField(at('key'), condition.key);
      if (condition.within_ms > condition.window_ms)
        problems.push(problem(at('within_ms'), 'must not be longer than the window, in which sequences are counted'));
      if (condition.first.trim() === condition.then.trim())
        warnings.push(problem(at('then'), 'it is the same query as "first": every line is both'));
      return;
    case 'silent_source':
      if (condition.forget_after_ms !== undefined && condition.forget_after_ms <= (condition.minimum_silence_ms ?? 0))
        problems.push(
          problem(at('forget_after_ms'), 'must be longer than "minimum_silence_ms": it would be forgotten before it is silent'),
        );
      return;
    default:
      return;
  }
}

const longestHoldMs = 7 * 86_400_000;

function checkTimes(body: AlertRuleBody, { max_window: limit }: RuleSurroundings['config'], problems: RuleProblem[]): void {
  const { for_ms: forMs = 0, keep_firing_ms: keepMs = 0, cooldown_ms: cooldownMs = 0 } = body;
  if (forMs > limit) problems.push(tooLong('for_ms', forMs, limit));
  if (keepMs > limit) problems.push(tooLong('keep_firing_ms', keepMs, limit));
  if (cooldownMs > longestHoldMs)
    problems.push(problem('cooldown_ms', `is longer than ${formatDurationMs(longestHoldMs)}; mute the rule instead`));
}

function checkTexts(body: AlertRuleBody, problems: RuleProblem[]): void {
  const { summary, runbook_url: runbook, labels = {} } = body;
  const groupBy = groupFieldsOf(body);
  // an incident has its group's fields as labels too
  if (summary !== undefined)
    problems.push(...templateProblems('summary', summary, { groupBy, labels: [...Object.keys(labels), ...groupBy] }));
  if (runbook !== undefined && !isWebAddress(runbook))
    problems.push(problem('runbook_url', 'must be an address such as "https://wiki.example.com/payments"'));
}

export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]/i.test(text) && text.length <= 2000 && URL.canParse(text);
}

function checkLabels(labels: Readonly<Record<string, string>> | undefined, problems: RuleProblem[]): void {
  const entries = Object.entries(labels ?? {});
  if (entries.length > maxLabels) problems.push(problem('labels', `has at most ${maxLabels} labels`));
  for (const [name, value] of entries) {
    const place = joinPath('labels', name.slice(0, 80));
    if (!labelName.test(name))
      problems.push(problem(place, 'a label begins with a letter or "_" and has letters, digits, "_", "." and "-"'));
    else if (reservedLabels.has(name)) problems.push(problem(place, `"${name}" means the rule's own ${name} wherever labels are matched`));
    if (value.length > maxLabelLength) problems.push(problem(place, `a value has at most ${maxLabelLength} characters`));
  }
}

/** Conditions on nothing at all, whose answer to "no line came" is the condition itself. */
const absenceKinds: ReadonlySet<string> = new Set(['absence', 'silent_source']);

function checkStates({ condition, no_data: noData, for_ms: forMs = 0 }: AlertRuleBody, { problems, warnings }: Findings): void {
  if (absenceKinds.has(condition.kind) && noData === 'fire')
    problems.push(problem('no_data', `"fire" says what "${condition.kind}" says already; leave it out`));
  if (countsDownwards(condition) && (noData ?? 'ok') === 'ok')
    warnings.push(problem('no_data', 'where no line comes at all, it counts as ok; "fire" tells that too'));
  if (condition.kind === 'new_pattern' && forMs > condition.window_ms)
    warnings.push(problem('for_ms', 'is longer than the window in which a pattern counts as new: it never fires'));
}
