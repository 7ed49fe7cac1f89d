/**
 * The evaluator of alert rules: pure and deterministic. It is given the lines of the log in the order of the log, and
 * ticks that rise; the same lines and ticks give the same transitions with the same keys, so that after a crash the log
 * is read again and nothing is told twice. It looks at no clock and does no I/O.
 *
 * Called by consumers/alerts (the stream), and by the try-outs of rules on given lines and on the past.
 */
import type { BatchView } from '#model/batch-view.ts';
import type { AlertState, NewTransition } from '#metadata/alert-records.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertsConfig } from './config.ts';

/** Bounds, by the names of their settings: a whole `AlertsConfig` fits. */
export type EvaluatorLimits = Pick<
  AlertsConfig,
  'lateness' | 'max_window' | 'max_groups_per_rule' | 'max_buckets' | 'max_keys_per_group' | 'max_state_bytes' | 'max_kept_samples' | 'samples_per_tick' | 'group_retention'
>;

/** A transition to record; see alert-records.ts. */
export type Transition = NewTransition;

export interface EvaluatorOptions {
  readonly limits: EvaluatorLimits;
  /** Told once for each thing that people should know: a rule that failed, a rule over its bound of groups. */
  readonly onProblem?: (problem: RuleProblem) => void;
}

export interface RuleProblem {
  readonly rule: AlertRule;
  readonly kind: 'failed' | 'too_many_groups';
  readonly reason: string;
}

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

export class Evaluator {
  constructor(_options: EvaluatorOptions) {
    throw new Error('the shape only; the body follows');
  }

  /**
   * Puts these rules in place of those before. A rule whose evaluation did not change (filter, groups, condition, times)
   * keeps its state, whatever its version; the incidents of one that changed, was disabled or is gone resolve at the next
   * tick. A rule that cannot be compiled becomes `failed` with the reason; the others go on. `tickMs`: since when new rules
   * are looked at, usually the last tick.
   */
  setRules(_rules: readonly AlertRule[], _tickMs: number): void {}

  /** Looks at the lines of one frame; the view is borrowed. `receivedMs` is the frame's. */
  take(_tenant: string, _view: BatchView, _receivedMs: number): void {}

  /**
   * Judges what may have changed up to this time, and returns the changes of state, in the order of rule and group. Ticks
   * rise: one that does not lie after the last does nothing.
   */
  tick(_tickMs: number): readonly Transition[] {
    return [];
  }

  /**
   * How far the evaluator is behind the present when that is too much, else 0. While it is behind, incidents that fire
   * bear `lateMs`, and none resolves before it has caught up: each group tells at most one incident of the time missed.
   */
  setLate(_lateMs: number): void {}

  /** One entry a rule, enabled ones only. */
  ruleStates(): RuleState[] {
    return [];
  }

  /** Every group of a rule with its value at the last tick; empty for unknown rules. */
  groupStates(_ruleId: string): GroupState[] {
    return [];
  }

  counts(): EvaluatorCounts {
    return { rules: 0, failedRules: 0, groups: 0, bytes: 0 };
  }

  /** The whole state as lines of JSON, without line ends in them; right after it was `restore`d all goes on as if never stopped. */
  *save(): Generator<string> {}

  /**
   * Takes a saved state up, after `setRules` with the rules as they are now; rules that changed their evaluation since
   * begin anew. Throws AppError `conflict` where the lines are not such a state, or of another version; then the evaluator
   * is as it was after `setRules`. Returns the tick at which it was saved.
   */
  restore(_lines: Iterable<string>): number {
    return 0;
  }
}
