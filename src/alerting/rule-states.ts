/** What rules and groups are doing, told for lists and status. */
import type { AlertState } from '#metadata/alert-records.ts';
import type { EvaluatedRule } from './evaluated-rules.ts';
import type { RuleGroup } from './rule-group.ts';
import type { RunningRule } from './running-rule.ts';

/** What a rule is doing, for lists and status. */
export interface RuleState {
  readonly ruleId: string;
  readonly tenant: string;
  /** The worst of its groups: failed, firing, no_data, pending, ok; `late_data` in place of ok while the evaluator is behind. */
  readonly state: AlertState;
  /** Of the group whose state is the worst; of several the one judged last. */
  readonly value: number | undefined;
  readonly groups: number;
  readonly firingGroups: number;
  readonly pendingGroups: number;
  /** Lines that belonged to no group that is kept, because of `alerts.max_groups_per_rule`. */
  readonly linesWithoutGroup: number;
  /** Bytes held, about. */
  readonly bytes: number;
  /** Why it failed, or what is not whole about it. */
  readonly reason: string | undefined;
}

/** One group of a rule at the last tick. */
export interface GroupState {
  /** Fields of group_by with their values. */
  readonly group: Readonly<Record<string, string>>;
  readonly state: AlertState;
  readonly isMet: boolean;
  readonly value: number | undefined;
}

export interface EvaluatorCounts {
  readonly rules: number;
  readonly failedRules: number;
  readonly groups: number;
  readonly bytes: number;
}

/** The further on, the worse. */
const worseness = ['ok', 'pending', 'no_data', 'firing'] as const;

export function ruleStateOf({ rule, running, failure }: EvaluatedRule, tickMs: number, isLate: boolean): RuleState {
  const counts = { firing: 0, pending: 0, no_data: 0, ok: 0 };
  let worst: RuleGroup | undefined;
  for (const group of running?.groups ?? []) {
    if (group === undefined) continue;
    counts[group.state]++;
    if (worst === undefined || isWorse(group, worst)) worst = group;
  }
  const state = worst?.state ?? 'ok';
  const linesWithoutGroup = running?.table?.linesWithoutGroup ?? 0;
  return {
    ruleId: rule.id,
    tenant: rule.tenant,
    state: failure !== undefined ? 'failed' : state === 'ok' && isLate ? 'late_data' : state,
    value: running === undefined || worst === undefined ? undefined : running.valueAt(worst, tickMs),
    groups: running?.groupCount ?? 0,
    firingGroups: counts.firing,
    pendingGroups: counts.pending,
    linesWithoutGroup,
    bytes: running?.bytes ?? 0,
    reason:
      failure ??
      (linesWithoutGroup > 0 ? 'it has more groups than are judged; the largest are (setting "alerts.max_groups_per_rule")' : undefined),
  };
}

function isWorse(group: RuleGroup, than: RuleGroup): boolean {
  const difference = worseness.indexOf(group.state) - worseness.indexOf(than.state);
  return difference > 0 || (difference === 0 && group.judgedMs > than.judgedMs);
}

export function groupStatesOf(running: RunningRule, tickMs: number): GroupState[] {
  return running.groups.flatMap((group) => {
    if (group === undefined) return [];
    const values = running.valuesOf(group);
    const fields = Object.fromEntries(running.fields.map((field, i) => [field, values[i] ?? '']));
    return [{ group: fields, state: group.state, isMet: group.isMet, value: running.valueAt(group, tickMs) }];
  });
}

export function countsOf(rules: Iterable<EvaluatedRule>): EvaluatorCounts {
  const counts = { rules: 0, failedRules: 0, groups: 0, bytes: 0 };
  for (const { running } of rules) {
    counts.rules++;
    if (running === undefined) counts.failedRules++;
    counts.groups += running?.groupCount ?? 0;
    counts.bytes += running?.bytes ?? 0;
  }
  return counts;
}
