/** Trying alert rules: on lines that are given, and on the past. Nothing is kept, and nobody is told. */
import { AppError } from '#base/errors.ts';
import { parseDurationMs } from '#base/units.ts';
import { backtest } from '#alerting/backtest.ts';
import type { BacktestParts } from '#alerting/backtest.ts';
import type { AlertRuleBody } from '#alerting/alert-rule.ts';
import type { AlertRules } from '#alerting/alert-rules.ts';
import { tryLines } from '#alerting/line-trial.ts';
import type { DecodedLines } from '#alerting/line-trial.ts';
import { ruleError } from '#alerting/rule-problems.ts';
import type { RuleProblem } from '#alerting/rule-problems.ts';
import type { TrialIncident, TrialResult } from '#alerting/rule-trial.ts';
import type { TrialGroup } from '#alerting/trial-series.ts';
import { resolveTimeRange } from '#search/time-range.ts';
import { readRuleBacktest, readRuleTest } from './alert-bodies.ts';
import { authorOf, ruleOfBody } from './alert-routes.ts';
import { endpoints } from './endpoints.ts';
import { reply } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';

export interface AlertTrialOptions extends BacktestParts {
  readonly rules: Pick<AlertRules, 'check'>;
  /** Decodes records as ingestion does; those without a time have the one given. */
  readonly decode: (tenant: string, records: readonly unknown[], nowMs: number) => DecodedLines;
}

export function alertTrialRoutes(options: AlertTrialOptions): ApiRoute[] {
  return [
    { endpoint: endpoints.alertTest, handle: (request) => test(options, request) },
    { endpoint: endpoints.alertBacktest, handle: (request) => past(options, request) },
  ];
}

async function test({ rules, decode, config, runner }: AlertTrialOptions, request: ApiRequest): Promise<ApiReply> {
  const { rule: given, logs, after } = readRuleTest(request.body);
  const { tenant } = authorOf(request);
  const { body, warnings } = await checkedRule(rules, tenant, given);
  const nowMs = runner.clock.nowMs();
  const startedMs = runner.clock.monotonicMs();
  const afterMs = after === undefined ? undefined : spanOf('after', after, config.max_window);
  const { clock } = runner;
  const tried = await tryLines(decode(tenant, logs, nowMs), { tenant, body, config, nowMs, afterMs, clock, signal: request.signal });
  const lines = tried.lines.map(({ index, matches, error = null }) => ({ index, matches, error }));
  return reply({ ...trialObject(tried, tried.fromMs), took_ms: Math.round(runner.clock.monotonicMs() - startedMs), warnings, lines });
}

async function past(options: AlertTrialOptions, request: ApiRequest): Promise<ApiReply> {
  const { rule: given, time_range: timeRange } = readRuleBacktest(request.body);
  const { config, runner } = options;
  const { principal, signal } = request;
  const { tenant } = authorOf(request);
  const { body, warnings } = await checkedRule(options.rules, tenant, given);
  const settings = { default_range: config.backtest_default_range, future_allowance: 0 };
  const range = resolveTimeRange(timeRange, { nowMs: runner.clock.nowMs(), openEnd: 'now' }, settings);
  const result = await backtest(options, { body, range }, principal ?? { tenant }, signal);
  const { lineCount, tookMs, complete, reason } = result;
  return reply({
    ...trialObject(result, Number(range.fromNs / 1_000_000n)),
    lines: lineCount,
    took_ms: tookMs,
    complete,
    ...(reason === undefined ? {} : { reason }),
    warnings,
  });
}

/** @throws AppError of the first thing that is wrong */
async function checkedRule(
  rules: AlertTrialOptions['rules'],
  tenant: string,
  given: unknown,
): Promise<{ readonly body: AlertRuleBody; readonly warnings: readonly RuleProblem[] }> {
  const body = ruleOfBody(withName(given));
  const { problems, warnings } = await rules.check(tenant, body);
  const [first, ...others] = problems;
  if (first !== undefined) throw ruleError([first, ...others]);
  return { body, warnings };
}

/** A rule is tried before it is named. */
function withName(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const { name } = given as { readonly name?: unknown };
  return name === undefined || name === null || name === '' ? { ...given, name: 'a rule without a name' } : given;
}

function spanOf(name: string, text: string, limitMs: number): number {
  const spanMs = /[a-z]/i.test(text) ? parseDurationMs(text) : undefined;
  if (spanMs === undefined || !Number.isFinite(spanMs))
    throw new AppError('bad_request', `${name} must be a time span with a unit, such as "5m"`, { details: { field: name } });
  if (spanMs <= 2 * limitMs) return spanMs;
  throw new AppError('limit_exceeded', `${name} is longer than twice the longest window`, {
    details: { field: name, setting: 'alerts.max_window', limit: 2 * limitMs },
  });
}

function trialObject(result: TrialResult, fromMs: number): object {
  const { incidents, totalIncidents, series, totalGroups, stepMs, endMs } = result;
  return {
    incidents: incidents.map(incidentObject),
    total_incidents: totalIncidents,
    series: series.map(seriesObject),
    total_groups: totalGroups,
    from: timeOf(fromMs),
    to: timeOf(Math.max(fromMs, endMs)),
    step_ms: stepMs,
  };
}

function incidentObject({ group, pendingMs, firedMs = 0, resolvedMs, peak, detail }: TrialIncident): object {
  return {
    group,
    pending_at: pendingMs === undefined ? null : timeOf(pendingMs),
    fired_at: timeOf(firedMs),
    resolved_at: resolvedMs === undefined ? null : timeOf(resolvedMs),
    peak: numberOf(peak),
    detail: detail ?? null,
  };
}

function seriesObject({ group, points }: TrialGroup): object {
  return { group, points: points.map(({ timeMs, value, state }) => ({ time: timeOf(timeMs), value: numberOf(value), state })) };
}

const numberOf = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : value);
const timeOf = (ms: number): string => new Date(ms).toISOString();
