/**
 * What a kind of condition does at run time. A state belongs to one condition of one rule; it is given the lines that match,
 * and is asked at ticks. It must be deterministic: the same lines and ticks give the same verdicts, for after a crash the
 * log is read again. It never looks at a clock. One kind is one file in conditions/, and one line in condition-kinds.ts.
 */
import type { QueryNode } from '#language/ast.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
import type { SimpleCondition } from './alert-rule.ts';

/** Rows of one batch that match one input of a condition. Borrowed: valid during the call. */
export interface MatchedLines {
  readonly view: BatchView;
  /** Rising. */
  readonly rows: Uint32Array;
  /** By row of the batch: when the line counts, ms since 1970. Its event time, or its receive time where it came too late or lies ahead. */
  readonly timesMs: Float64Array;
  /** By place in `rows`: its group's number, or `noGroup` where the bound of groups left it out. */
  readonly groups: Uint32Array;
  readonly fields: LineFields;
}

export const noGroup = 0xffff_ffff;

/** Values of lines by the names of queries, read from columns and kept while the batch is looked at. */
export interface LineFields {
  /** The empty text where the line has none. */
  text(row: number, field: string): string;
  /** NaN where the line has none, or no number. */
  number(row: number, field: string): number;
}

/** What a condition finds of one group at a tick. */
export interface Verdict {
  readonly isMet: boolean;
  /** What was compared with the threshold; undefined where there is none to tell. */
  readonly value: number | undefined;
  /** False where no line at all stands behind it. */
  readonly hasData: boolean;
  /** For people, beyond the value: the new pattern's template, what stood out of an anomaly. */
  readonly detail?: string | undefined;
}

export interface ConditionState {
  /** Queries whose lines `take` is given, by number; the rule's filter and the condition's own are in them already. */
  readonly inputs: readonly QueryNode[];
  /** Inputs whose lines are shown in notifications; all where absent. */
  readonly sampleInputs?: readonly number[];
  take(input: number, lines: MatchedLines): void;
  /**
   * `wasMet`: whether it was met at the tick before, for hysteresis. Ticks rise. Called for every group that has lines in
   * reach, and for those of `wakeups`.
   */
  judge(group: number, tickMs: number, wasMet: boolean): Verdict;
  /**
   * The earliest time at which the verdict of the group may change although no line comes (a window runs out, a source
   * becomes silent); undefined where never. Lets the evaluator leave quiet groups alone.
   */
  nextChangeMs(group: number, tickMs: number): number | undefined;
  /** Forgets the group: its number may be given to another. */
  drop(group: number): void;
  /** Everything about a group as JSON; `restore` of it goes on as if nothing had been. */
  save(group: number): unknown;
  restore(group: number, saved: unknown): void;
  /** What belongs to no group, such as the patterns of a service. Restored before the groups are. */
  saveShared?(): unknown;
  restoreShared?(saved: unknown): void;
  /**
   * True for kinds that judge silence: a group lives as long as `nextChangeMs` gives a time, and not only as long as
   * `alerts.group_retention` says; where it gives none and the group is not met, it may go.
   */
  readonly keepsSilentGroups?: boolean;
  /** True of kinds with a season, as long as they were not given the past of services, as the store has it. */
  readonly wantsPast?: boolean;
  /** Learns from it; what it learned of these services so far gives way. `isLast`: there is no more. */
  learnPast?(past: readonly SeasonCounts[], isLast: boolean): void;
  /** Bytes held, about: for the figures of memory. */
  readonly bytes: number;
}

/** What a state may know of its rule. */
export interface ConditionContext {
  /** The rule's filter and the condition's, joined with a further query of the condition. Throws AppError of the language. */
  readonly query: (further?: string) => QueryNode;
  /** Since when the rule is looked at, ms; what was before nobody knows. Stays the same over a restart. */
  readonly beganMs: () => number;
  /** How long lines may come late and still count by event time. */
  readonly latenessMs: number;
  /** Bounds of memory, settings of section `alerts`. */
  readonly limits: ConditionLimits;
  /** Values of a group's fields, in the order of group_by. */
  readonly groupOf: (group: number) => readonly string[];
  /** All lines of the tenant, whether they match or not. It has taken a batch before the conditions are given it. */
  readonly stream: StreamKnowledge;
  /** Patterns that were known before that time, as the catalogue has them; absent where there is none. */
  readonly patternsBefore?: ((beforeMs: number) => Iterable<KnownBefore>) | undefined;
}

export interface ConditionLimits {
  readonly maxBuckets: number;
  readonly maxKeysPerGroup: number;
  /** `alerts.max_known_patterns`: of one condition. */
  readonly maxKnownPatterns: number;
  /** `alerts.learn_patterns`, `alerts.learn_sources`, `alerts.minimum_silence`, `alerts.forget_silent_after`. */
  readonly learnPatternsMs: number;
  readonly learnSourcesMs: number;
  readonly minimumSilenceMs: number;
  readonly forgetSilentMs: number;
  readonly anomaly: AnomalyLimits;
}

/** `alerts.anomaly_trees`, `alerts.anomaly_sample_windows`, `alerts.anomaly_grow_interval`, `alerts.duration_attribute`. */
export interface AnomalyLimits {
  readonly trees: number;
  readonly sampleWindows: number;
  readonly growIntervalMs: number;
  /** Spellings of the attribute with a duration in milliseconds, the most wanted first. */
  readonly durationAttributes: readonly string[];
}

/** What is known of a tenant's lines as a whole (tenant-stream.ts). Times are of receipt; -Infinity where there is none yet. */
export interface StreamKnowledge {
  /** When the newest line came: for `take`, when those that it is given came. Never before a tick that was made. */
  readonly lastArrivalMs: number;
  /** When lines came again after a pause unusual for the tenant: what nobody sent in, no source kept to itself. */
  readonly resumedMs: number;
  /** Since when somebody listens without a break: the server was down before. */
  readonly listeningMs: number;
  /** Until when somebody listened: silence after it is not known to be one. */
  readonly heardMs: number;
  /** When the first line of the service came; undefined where none is known. */
  serviceSinceMs(service: string): number | undefined;
}

/** A pattern of the catalogue. */
export interface KnownBefore {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Services whose lines have it. */
  readonly services: readonly string[];
  readonly firstSeenMs: number;
}

export type CreateCondition<C extends SimpleCondition = SimpleCondition> = (condition: C, context: ConditionContext) => ConditionState;
