/**
 * The rules of all tenants that are evaluated: made, changed and taken away, with the index that finds their lines, and
 * the incidents that end with them. Used by the evaluator alone.
 */
import { createHash } from 'node:crypto';
import { toAppError } from '#base/errors.ts';
import type { Incident } from '#metadata/alert-records.ts';
import type { AlertRule } from './alert-rule.ts';
import type { EvaluatorOptions } from './evaluator.ts';
import { incidentOf } from './incident-transitions.ts';
import type { RuleGroup } from './rule-group.ts';
import { RuleIndex } from './rule-index.ts';
import type { IndexedInput } from './rule-index.ts';
import { RunningRule } from './running-rule.ts';
import type { SamplePool } from './sample-pool.ts';
import { timingOf } from './state-machine.ts';
import { TenantStream } from './tenant-stream.ts';

/** A rule and what became of it. */
export interface EvaluatedRule {
  rule: AlertRule;
  /** What is evaluated: rules that differ elsewhere keep their state. */
  readonly evaluation: string;
  /** Since when it was to be looked at. */
  readonly beganMs: number;
  /** Undefined where it failed. */
  running: RunningRule | undefined;
  failure: string | undefined;
  failedMs: number;
  inputs: IndexedInput<RuleInput>[];
  isToldOfGroups: boolean;
}

export interface RuleInput {
  readonly entry: EvaluatedRule;
  readonly input: number;
}

export interface WatchedTenant {
  readonly index: RuleIndex<RuleInput>;
  readonly stream: TenantStream;
  rules: number;
}

/** An incident that ends at the next tick, since its rule failed, changed or is gone. */
export interface Ending {
  readonly incident: Incident;
  readonly detail: string;
}

export class EvaluatedRules {
  readonly byId = new Map<string, EvaluatedRule>();
  readonly tenants = new Map<string, WatchedTenant>();
  endings: Ending[] = [];
  /** Rules that failed since the last tick. */
  failed: EvaluatedRule[] = [];
  readonly #options: EvaluatorOptions;
  readonly #samples: SamplePool;
  /** Told of each rule that starts or stops. */
  readonly #onChange: (entry: EvaluatedRule) => void;

  constructor(options: EvaluatorOptions, samples: SamplePool, onChange: (entry: EvaluatedRule) => void) {
    this.#options = options;
    this.#samples = samples;
    this.#onChange = onChange;
  }

  /** See Evaluator.setRules. */
  set(rules: readonly AlertRule[], tickMs: number): void {
    const given = new Map(rules.map((rule) => [rule.id, rule]));
    for (const entry of [...this.byId.values()]) {
      const rule = given.get(entry.rule.id);
      if (rule === undefined) this.#retire(entry, 'the rule was removed');
      else if (rule.body.enabled === false) this.#retire(entry, 'the rule was disabled');
      else if (!isSame(entry, rule)) this.#retire(entry, 'the rule was changed');
    }
    for (const rule of given.values()) {
      if (rule.body.enabled === false) continue;
      const known = this.byId.get(rule.id);
      if (known === undefined) {
        this.#start({ rule, evaluation: evaluationOf(rule), beganMs: tickMs }, tickMs);
      } else {
        known.rule = rule;
        if (known.running !== undefined) known.running.rule = rule;
      }
    }
  }

  #start({ rule, evaluation, beganMs }: Pick<EvaluatedRule, 'rule' | 'evaluation' | 'beganMs'>, tickMs: number): EvaluatedRule {
    const failure = { failure: undefined, failedMs: 0 };
    const entry: EvaluatedRule = { rule, evaluation, beganMs, running: undefined, ...failure, inputs: [], isToldOfGroups: false };
    this.byId.set(rule.id, entry);
    const tenant = this.#tenantOf(rule.tenant);
    tenant.rules++;
    try {
      const { limits, patternsBefore } = this.#options;
      const running = new RunningRule({
        rule,
        limits,
        samples: this.#samples,
        stream: tenant.stream,
        patternsBefore: patternsBefore && ((beforeMs) => patternsBefore(rule.tenant, beforeMs)),
        beganMs,
      });
      entry.inputs = running.takeInputs().map((query, input) => tenant.index.add(query, { entry, input }));
      entry.running = running;
      this.#onChange(entry);
    } catch (error) {
      this.fail(entry, error, tickMs);
    }
    return entry;
  }

  #tenantOf(name: string): WatchedTenant {
    let tenant = this.tenants.get(name);
    if (tenant === undefined) {
      tenant = { index: new RuleIndex(), stream: new TenantStream(), rules: 0 };
      this.tenants.set(name, tenant);
    }
    return tenant;
  }

  #retire(entry: EvaluatedRule, reason: string): void {
    const { rule, failure } = entry;
    this.#stop(entry, reason);
    if (failure !== undefined) this.endings.push({ incident: failedIncidentOf(entry), detail: reason });
    this.byId.delete(rule.id);
    const tenant = this.#tenantOf(rule.tenant);
    if (--tenant.rules === 0) this.tenants.delete(rule.tenant);
  }

  /** Ends its incidents, and takes it out of the index. */
  #stop(entry: EvaluatedRule, reason: string): void {
    const { index } = this.#tenantOf(entry.rule.tenant);
    for (const input of entry.inputs) index.remove(input);
    entry.inputs = [];
    const { running } = entry;
    for (const group of running?.groups ?? []) {
      if (running === undefined || group === undefined) continue;
      if (group.state !== 'ok') this.endings.push({ incident: groupIncidentOf(entry, running, group), detail: reason });
      running.drop(group);
    }
    entry.running = undefined;
    this.#onChange(entry);
  }

  /** Takes the rule out, with the reason; the others go on. */
  fail(entry: EvaluatedRule, error: unknown, tickMs: number): void {
    const reason = toAppError(error).message;
    this.#stop(entry, `the rule failed: ${reason}`);
    entry.failure = reason;
    entry.failedMs = tickMs;
    this.failed.push(entry);
    this.#options.onProblem?.({ rule: entry.rule, kind: 'failed', reason });
  }

  /** Begins the rule anew, without a word about what it had found; undefined for one that is not there or failed. */
  restart(ruleId: string): EvaluatedRule | undefined {
    const entry = this.byId.get(ruleId);
    if (entry?.running === undefined) return undefined;
    const known = this.endings.length;
    this.#stop(entry, '');
    this.endings.length = known;
    this.#tenantOf(entry.rule.tenant).rules--;
    return this.#start(entry, entry.beganMs);
  }
}

/** A failed rule is tried again with every change. */
function isSame(entry: EvaluatedRule, rule: AlertRule): boolean {
  if (entry.rule.version === rule.version && entry.rule.updatedMs === rule.updatedMs) return true;
  if (entry.failure !== undefined) return false;
  return entry.evaluation === evaluationOf(rule);
}

function evaluationOf({ tenant, body }: AlertRule): string {
  const evaluated = [tenant, body.filter ?? '', body.group_by ?? [], body.condition, timingOf(body)];
  return createHash('sha256').update(JSON.stringify(evaluated)).digest('base64url').slice(0, 22);
}

/** The incident of a group as it stands. */
export function groupIncidentOf({ rule }: EvaluatedRule, running: RunningRule, group: RuleGroup): Incident {
  return incidentOf({
    rule,
    fields: running.fields,
    values: running.valuesOf(group),
    state: group.state,
    beganMs: group.beganMs,
    firedMs: group.firedMs,
    value: group.value,
    detail: group.detail,
    lateMs: group.lateMs,
    samples: group.firedSamples ?? group.samples?.lines.map(({ sample }) => sample) ?? [],
  });
}

/** That a rule failed is an incident of its own, one for each version of the rule. */
export function failedIncidentOf({ rule, failure, failedMs }: EvaluatedRule): Incident {
  const nothing = { fields: [], values: [], value: undefined, lateMs: 0, samples: [] };
  const facts = { rule, ...nothing, state: 'failed', beganMs: failedMs, firedMs: failedMs, detail: failure } as const;
  return incidentOf(facts, `failed ${rule.version}`);
}
