/** Alert rules: the shapes of all designs over one book of rules, each tenant its own; what they are doing; trying them. */
import { AppError } from '#base/errors.ts';
import { parseDurationMs } from '#base/units.ts';
import type { AlertRule, AlertRuleBody } from '#alerting/alert-rule.ts';
import type { AlertRules, RuleAuthor, WrittenRule } from '#alerting/alert-rules.ts';
import { readRule } from '#alerting/rule-input.ts';
import type { RuleDesign } from '#alerting/rule-input.ts';
import { planChanges } from '#alerting/rule-plan.ts';
import type { PlannedChange } from '#alerting/rule-plan.ts';
import { joinPath, ruleError } from '#alerting/rule-problems.ts';
import type { RuleProblem } from '#alerting/rule-problems.ts';
import type { Clock } from '#platform/clock.ts';
import { muteBody } from './alert-schemas.ts';
import { readRulesApply } from './alert-bodies.ts';
import { factsOfRules, ruleObject, ruleView, versionObject } from './alert-views.ts';
import type { AlertViewParts } from './alert-views.ts';
import { endpoints } from './endpoints.ts';
import { instantMs } from './instant-parameter.ts';
import { createRequestReader } from './request-reader.ts';
import { mustHaveCaller, reply } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';

export interface AlertRouteOptions extends AlertViewParts {
  readonly rules: AlertRules;
  readonly clock: Clock;
}

const readMute = createRequestReader(muteBody, 'the body');

export function alertRoutes(options: AlertRouteOptions): ApiRoute[] {
  const { rules } = options;
  return [
    { endpoint: endpoints.alertCreateA, handle: (request) => create(options, request, 'A') },
    { endpoint: endpoints.alertCreateB, handle: (request) => create(options, request, 'B') },
    { endpoint: endpoints.alertCreateC, handle: (request) => create(options, request, 'C') },
    { endpoint: endpoints.alerts, handle: (request) => list(options, request) },
    { endpoint: endpoints.alertsA, handle: (request) => list(options, request) },
    { endpoint: endpoints.alertCheck, handle: (request) => check(rules, request) },
    { endpoint: endpoints.alertApply, handle: (request) => apply(rules, request) },
    { endpoint: endpoints.alert, handle: (request) => told(options, request, rules.find(authorOf(request).tenant, idOf(request))) },
    { endpoint: endpoints.alertPut, handle: (request) => change(options, request) },
    {
      endpoint: endpoints.alertDelete,
      handle: async (request) => {
        await rules.remove(authorOf(request), idOf(request));
        return reply({ removed: true });
      },
    },
    {
      endpoint: endpoints.alertVersions,
      handle: async (request) => {
        const versions = await rules.versions(authorOf(request).tenant, idOf(request));
        return reply({ versions: versions.map(versionObject) });
      },
    },
    ...switches(options),
  ];
}

/** What changes a rule without changing what it says. */
function switches(options: AlertRouteOptions): ApiRoute[] {
  const alter = async (request: ApiRequest, members: Parameters<AlertRules['alter']>[2]): Promise<ApiReply> =>
    told(options, request, await options.rules.alter(authorOf(request), idOf(request), members));
  return [
    {
      endpoint: endpoints.alertMute,
      handle: (request) => alter(request, { muted_until_ms: muteEnd(request.body, options.clock.nowMs()) }),
    },
    { endpoint: endpoints.alertUnmute, handle: (request) => alter(request, { muted_until_ms: undefined }) },
    { endpoint: endpoints.alertEnable, handle: (request) => alter(request, { enabled: true }) },
    { endpoint: endpoints.alertDisable, handle: (request) => alter(request, { enabled: false }) },
  ];
}

async function create(options: AlertRouteOptions, request: ApiRequest, design: RuleDesign): Promise<ApiReply> {
  const written = await options.rules.create(authorOf(request), ruleOfBody(request.body, design));
  return told(options, request, written.rule, { design, status: 201, written });
}

async function change(options: AlertRouteOptions, request: ApiRequest): Promise<ApiReply> {
  const body = ruleOfBody(request.body, 'C');
  const { version } = request.body as { readonly version?: unknown };
  if (version !== undefined && version !== null && (typeof version !== 'number' || !Number.isInteger(version)))
    throw new AppError('bad_request', 'version must be a whole number', { details: { field: 'version' } });
  const written = await options.rules.update(authorOf(request), idOf(request), body, version ?? undefined);
  return told(options, request, written.rule, { written });
}

async function list(options: AlertRouteOptions, request: ApiRequest): Promise<ApiReply> {
  const { tenant } = authorOf(request);
  const found = options.rules.list(tenant);
  const facts = await factsOfRules(options, tenant, found);
  return reply({ rules: found.map((rule) => ({ ...ruleObject(rule), ...facts(rule) })), total: found.length });
}

interface Telling {
  readonly design?: RuleDesign;
  readonly status?: number;
  readonly written?: WrittenRule;
}

/** One rule with everything about it, in the words of the address. */
async function told(options: AlertRouteOptions, request: ApiRequest, rule: AlertRule, telling: Telling = {}): Promise<ApiReply> {
  const { design = 'C', status = 200, written } = telling;
  const { tenant } = authorOf(request);
  const facts = await factsOfRules(options, tenant, [rule]);
  const { warnings } = written ?? (await options.rules.check(tenant, rule.body));
  return reply({ ...ruleView(rule, design), ...facts(rule), warnings }, status);
}

async function check(rules: AlertRules, request: ApiRequest): Promise<ApiReply> {
  const read = readRule(request.body);
  if (read.problems !== undefined) return reply({ valid: false, problems: read.problems, warnings: [], rule: null });
  const { body } = read;
  const { problems, warnings } = await rules.check(authorOf(request).tenant, body);
  return reply({ valid: problems.length === 0, problems, warnings, rule: body });
}

async function apply(rules: AlertRules, request: ApiRequest): Promise<ApiReply> {
  const { rules: given, dry_run: isDryRun = false, prune = false } = readRulesApply(request.body);
  const author = authorOf(request);
  const plan = planChanges(rules.list(author.tenant), given, prune);
  const changes = plan.filter((one): one is Exclude<PlannedChange, { action: 'keep' }> => one.action !== 'keep');
  const warnings = await checkPlan(rules, author.tenant, plan);
  const made = isDryRun ? [] : await rules.apply(author, changes);
  const ids = new Map<PlannedChange, string | undefined>(changes.map((one, index) => [one, made[index]?.rule.id]));
  const shown = plan.map((one, index) => {
    const id = one.action === 'create' ? (ids.get(one) ?? null) : one.id;
    return { action: one.action, id, name: one.name, differences: one.differences, warnings: warnings[index] };
  });
  return reply({ changes: shown, applied: !isDryRun });
}

/** Warnings of each change. @throws AppError with all that is wrong with any of them, by its number */
async function checkPlan(rules: AlertRules, tenant: string, plan: readonly PlannedChange[]): Promise<(readonly RuleProblem[])[]> {
  const all: RuleProblem[] = [];
  const warnings: (readonly RuleProblem[])[] = [];
  for (const [index, one] of plan.entries()) {
    const findings =
      one.action === 'remove' || one.action === 'keep' ? { problems: [], warnings: [] } : await rules.check(tenant, one.body);
    all.push(...findings.problems.map((found) => ({ ...found, field: joinPath(joinPath('rules', index), found.field) })));
    warnings.push(findings.warnings);
  }
  const [first, ...others] = all;
  if (first !== undefined) throw ruleError([first, ...others]);
  return warnings;
}

/** @throws AppError of the first thing that is wrong with its shape */
export function ruleOfBody(given: unknown, design: RuleDesign = 'A'): AlertRuleBody {
  const read = readRule(given, design);
  if (read.problems !== undefined) throw ruleError(read.problems);
  return read.body;
}

function muteEnd(body: unknown, nowMs: number): number {
  const { for: span, until } = readMute(body ?? {});
  if ((span === undefined) === (until === undefined))
    throw new AppError('bad_request', 'give either "for", such as "2h", or "until", a time', { details: { field: 'for' } });
  const spanMs = span === undefined ? undefined : /[a-z]/i.test(span) ? parseDurationMs(span) : undefined;
  if (span !== undefined && (spanMs === undefined || !(spanMs > 0)))
    throw new AppError('bad_request', 'for must be a time span with a unit, such as "30m" or "2h"', { details: { field: 'for' } });
  const endMs = until === undefined ? nowMs + (spanMs ?? 0) : instantMs('until', until);
  if (endMs <= nowMs) throw new AppError('bad_request', 'until lies in the past', { details: { field: 'until' } });
  return Math.round(endMs);
}

export function authorOf({ principal }: ApiRequest): RuleAuthor {
  mustHaveCaller(principal);
  return { tenant: principal.tenant, updatedBy: principal.keyName };
}

const idOf = ({ pathParameters }: ApiRequest): string => pathParameters['id'];
