/**
 * The evaluator of alert rules: pure and deterministic. It is given the lines of the log in the order of the log, and
 * ticks that rise; the same lines and ticks give the same transitions with the same keys, so that after a crash the log
 * is read again and nothing is told twice. It looks at no clock and does no I/O.
 *
 * Called by consumers/alerts (the stream), and by the try-outs of rules on given lines and on the past.
 */
import type { BatchView } from '#model/batch-view.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
import type { NewTransition } from '#metadata/alert-records.ts';
import type { AlertRule } from './alert-rule.ts';
import type { KnownBefore } from './condition-state.ts';
import type { AlertsConfig } from './config.ts';
import { EvaluatedRules, failedIncidentOf, groupIncidentOf } from './evaluated-rules.ts';
import type { EvaluatedRule } from './evaluated-rules.ts';
import { headOf, readState, restoreRule, saveRule, unreadable } from './evaluator-state.ts';
import type { RestoredSample, SavedRule, SavedState } from './evaluator-state.ts';
import { endOf, transitionOf } from './incident-transitions.ts';
import { BatchScratch, LineBatch } from './line-batch.ts';
import type { RuleGroup } from './rule-group.ts';
import { countsOf, groupStatesOf, ruleStateOf } from './rule-states.ts';
import type { EvaluatorCounts, GroupState, RuleState } from './rule-states.ts';
import type { JudgedGroup, RunningRule } from './running-rule.ts';
import { SamplePool } from './sample-pool.ts';
import { WakeHeap } from './wake-heap.ts';

export type { EvaluatorCounts, GroupState, RuleState } from './rule-states.ts';

/** Bounds, by the names of their settings: a whole `AlertsConfig` fits. */
export type EvaluatorLimits = Pick<
  AlertsConfig,
  | 'lateness'
  | 'max_groups_per_rule'
  | 'max_buckets'
  | 'max_keys_per_group'
  | 'max_state_bytes'
  | 'max_kept_samples'
  | 'samples_per_tick'
  | 'group_retention'
  | 'max_known_patterns'
  | 'learn_patterns'
  | 'learn_sources'
  | 'minimum_silence'
  | 'forget_silent_after'
  | 'anomaly_trees'
  | 'anomaly_sample_windows'
  | 'anomaly_grow_interval'
  | 'duration_attribute'
>;

/** A transition to record; see alert-records.ts. */
export type Transition = NewTransition;

export interface EvaluatorOptions {
  readonly limits: EvaluatorLimits;
  /** Told once for each thing that people should know: a rule that failed, a rule over its bound of groups. */
  readonly onProblem?: ((problem: RuleProblem) => void) | undefined;
  /** Patterns of a tenant that the catalogue knew before that time; absent where there is no catalogue. */
  readonly patternsBefore?: ((tenant: string, beforeMs: number) => Iterable<KnownBefore>) | undefined;
}

export interface RuleProblem {
  readonly rule: AlertRule;
  readonly kind: 'failed' | 'too_many_groups';
  readonly reason: string;
}

interface WakeTarget {
  readonly entry: EvaluatedRule;
  readonly group: RuleGroup;
}

/** The memory of all rules is added up so often. */
const ticksPerMemoryCheck = 64;

export class Evaluator {
  readonly #options: EvaluatorOptions;
  readonly #rules: EvaluatedRules;
  readonly #samples: SamplePool;
  readonly #scratch = new BatchScratch();
  readonly #wakes = new WakeHeap<WakeTarget>(({ atMs, target }) => target.group.wakeMs === atMs);
  /** Rules with groups to be judged at the next tick. */
  #dirty = new Set<EvaluatedRule>();
  /** What the tick under way found. */
  #found: Transition[] = [];
  #tickMs = Number.NEGATIVE_INFINITY;
  /** The last tick, or before the first one since when rules are looked at. */
  #newestMs = Number.NEGATIVE_INFINITY;
  #ticks = 0;
  #lateMs = 0;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
    this.#samples = new SamplePool(options.limits);
    this.#rules = new EvaluatedRules(options, this.#samples, (entry) => {
      if (entry.running === undefined) this.#dirty.delete(entry);
      else this.#dirty.add(entry);
    });
  }

  /**
   * Puts these rules in place of those before. A rule whose evaluation did not change (filter, groups, condition, times)
   * keeps its state, whatever its version; the incidents of one that changed, was disabled or is gone resolve at the next
   * tick. A rule that cannot be compiled becomes `failed` with the reason; the others go on. `tickMs`: since when new rules
   * are looked at, usually the last tick.
   */
  setRules(rules: readonly AlertRule[], tickMs: number): void {
    this.#newestMs = Math.max(this.#newestMs, tickMs);
    this.#rules.set(rules, tickMs);
  }

  /** Looks at the lines of one frame; the view is borrowed. `receivedMs` is the frame's. */
  take(tenantName: string, view: BatchView, receivedMs: number): void {
    const tenant = this.#rules.tenants.get(tenantName);
    if (tenant === undefined || view.rowCount === 0) return;
    const { lateness: latenessMs } = this.#options.limits;
    // what a tick has passed comes after it, as where the clock was set back
    tenant.stream.take(view, Math.max(receivedMs, this.#newestMs));
    const times = { receivedMs, newestTickMs: this.#newestMs, latenessMs };
    const batch = new LineBatch(view, this.#scratch, times);
    this.#samples.beginBatch(view);
    const failed = new Map<EvaluatedRule, unknown>();
    tenant.index.match(view, ({ entry, input }, rows) => {
      if (entry.running === undefined || failed.has(entry)) return;
      try {
        entry.running.take(input, rows, batch);
        this.#dirty.add(entry);
      } catch (error) {
        failed.set(entry, error);
      }
    });
    this.#samples.beginBatch(undefined);
    for (const [entry, error] of failed) this.#rules.fail(entry, error, this.#newestMs);
  }

  /**
   * Judges what may have changed up to this time, and returns the changes of state, in the order of rule and group. Ticks
   * rise: one that does not lie after the last does nothing.
   */
  tick(tickMs: number): readonly Transition[] {
    if (!(tickMs > this.#tickMs)) return [];
    this.#tickMs = tickMs;
    this.#newestMs = Math.max(this.#newestMs, tickMs);
    this.#ticks++;
    for (const { stream } of this.#rules.tenants.values()) stream.tick(tickMs, this.#lateMs);
    for (let wake = this.#wakes.popDue(tickMs); wake !== undefined; wake = this.#wakes.popDue(tickMs)) {
      const { entry, group } = wake.target;
      group.wakeMs = Number.POSITIVE_INFINITY;
      entry.running?.mark(group);
      this.#dirty.add(entry);
    }
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const entry of dirty) this.#judge(entry, tickMs);
    if (this.#ticks % ticksPerMemoryCheck === 0) this.#checkMemory();
    this.#samples.nextTick();
    return this.#takeFound(tickMs);
  }

  #judge(entry: EvaluatedRule, tickMs: number): void {
    const { running } = entry;
    if (running === undefined) return;
    try {
      running.judgeMarked(tickMs, this.#lateMs > 0, (group, judged) => this.#visit(entry, running, group, judged));
      running.exchangeGroups(tickMs);
    } catch (error) {
      this.#rules.fail(entry, error, tickMs);
      return;
    }
    if (running.isDirty) this.#dirty.add(entry);
    if (entry.isToldOfGroups || (running.table?.linesWithoutGroup ?? 0) === 0) return;
    entry.isToldOfGroups = true;
    const { max_groups_per_rule: most } = this.#options.limits;
    const reason = `it has more than ${most} groups; the largest are judged (setting "alerts.max_groups_per_rule")`;
    this.#options.onProblem?.({ rule: entry.rule, kind: 'too_many_groups', reason });
  }

  #visit(entry: EvaluatedRule, running: RunningRule, group: RuleGroup, judged: JudgedGroup): void {
    const { events, nextMs, isForgotten, reason } = judged;
    for (const event of events) this.#tell(entry, running, group, event);
    if (isForgotten) {
      if (group.state !== 'ok') this.#found.push(endOf(groupIncidentOf(entry, running, group), this.#tickMs, reason));
    } else if (nextMs !== undefined && nextMs < group.wakeMs) {
      group.wakeMs = nextMs;
      this.#wakes.push({ atMs: nextMs, target: { entry, group } });
    }
  }

  #tell(entry: EvaluatedRule, running: RunningRule, group: RuleGroup, event: JudgedGroup['events'][number]): void {
    if (event === 'resolved' || event === 'cancelled') {
      this.#found.push(endOf(groupIncidentOf(entry, running, group), this.#tickMs, undefined, event));
      group.firedSamples = undefined;
      return;
    }
    const isNew = group.beganMs === this.#tickMs || (event === 'fired' && group.firedMs === this.#tickMs);
    if (isNew) group.lateMs = this.#lateMs;
    if (event !== 'pending') group.firedSamples = group.samples?.lines.map(({ sample }) => sample) ?? [];
    this.#found.push(transitionOf(groupIncidentOf(entry, running, group), event, this.#tickMs, group.turns));
  }

  /** What this tick found, together with the ends of rules that went since the last. */
  #takeFound(tickMs: number): Transition[] {
    const rules = this.#rules;
    const ended = rules.endings.map(({ incident, detail }) => endOf(incident, tickMs, detail));
    const failed = rules.failed.filter((entry) => rules.byId.get(entry.rule.id) === entry);
    const told = failed.map((entry) => transitionOf(failedIncidentOf(entry), 'failed', tickMs, 0));
    const found = [...ended, ...this.#found, ...told].map((transition) => ({ transition, place: placeOf(transition) }));
    rules.endings = [];
    rules.failed = [];
    this.#found = [];
    found.sort((a, b) => (a.place === b.place ? 0 : a.place < b.place ? -1 : 1));
    return found.map(({ transition }) => transition);
  }

  #checkMemory(): void {
    let total = 0;
    let largest: { readonly entry: EvaluatedRule; readonly bytes: number } | undefined;
    for (const entry of this.#rules.byId.values()) {
      const bytes = entry.running?.bytes ?? 0;
      total += bytes;
      if (bytes > (largest?.bytes ?? 0)) largest = { entry, bytes };
    }
    if (total <= this.#options.limits.max_state_bytes || largest === undefined) return;
    const held = `${Math.ceil(largest.bytes / 1_048_576)} MiB`;
    const error = new Error(`it holds the most, ${held}, of more than the setting "alerts.max_state_bytes" allows for all rules`);
    this.#rules.fail(largest.entry, error, this.#tickMs);
  }

  /**
   * How far the evaluator is behind the present when that is too much, else 0. While it is behind, incidents that fire
   * bear `lateMs`, and none resolves before it has caught up: each group tells at most one incident of the time missed.
   */
  setLate(lateMs: number): void {
    this.#lateMs = lateMs;
  }

  /** One entry a rule, enabled ones only. */
  ruleStates(): RuleState[] {
    return Array.from(this.#rules.byId.values(), (entry) => ruleStateOf(entry, this.#tickMs, this.#lateMs > 0));
  }

  /** Every group of a rule with its value at the last tick; empty for unknown rules. */
  groupStates(ruleId: string): GroupState[] {
    const running = this.#rules.byId.get(ruleId)?.running;
    return running === undefined ? [] : groupStatesOf(running, this.#tickMs);
  }

  /** Rules that would learn from the past of services, as the store has it. */
  rulesThatWantPast(): AlertRule[] {
    return [...this.#rules.byId.values()].flatMap(({ rule, running }) => (running?.condition.wantsPast === true ? [rule] : []));
  }

  /** Between two ticks; the state is to be saved before the next one is recorded. False where the rule no longer wants it. */
  learnPast(ruleId: string, past: readonly SeasonCounts[], isLast: boolean): boolean {
    const condition = this.#rules.byId.get(ruleId)?.running?.condition;
    if (condition?.wantsPast !== true) return false;
    condition.learnPast?.(past, isLast);
    return true;
  }

  counts(): EvaluatorCounts {
    return countsOf(this.#rules.byId.values());
  }

  /** The whole state as lines of JSON, without line ends in them; right after it was `restore`d all goes on as if never stopped. */
  *save(): Generator<string> {
    const tickMs = Number.isFinite(this.#tickMs) ? this.#tickMs : null;
    const { endings } = this.#rules;
    yield JSON.stringify(headOf({ tickMs, lateMs: this.#lateMs, ticks: this.#ticks, samplesTaken: this.#samples.takenInTick, endings }));
    for (const [tenant, { stream }] of this.#rules.tenants) yield JSON.stringify({ tenant, stream: stream.save() });
    for (const { running, evaluation } of this.#rules.byId.values()) {
      if (running !== undefined) yield JSON.stringify(saveRule(running, evaluation));
    }
  }

  /**
   * Takes a saved state up, after `setRules` with the rules as they are now. Rules that it does not have, or that changed
   * their evaluation since, stay as they are. Throws AppError `conflict` where the lines are not such a state, or of
   * another version; then its rules begin anew. Returns the tick at which it was saved.
   */
  restore(lines: Iterable<string>): number {
    const state = readState(lines);
    const { head } = state;
    try {
      this.#restoreRules(state);
    } catch (error) {
      for (const { id } of state.rules) this.#rules.restart(id);
      throw unreadable(String(error));
    }
    this.#rules.endings.push(...head.endings);
    if (this.#ticks === 0) {
      this.#ticks = head.ticks;
      this.#lateMs = head.lateMs;
      this.#samples.takenInTick = head.samplesTaken;
    }
    const tickMs = head.tickMs ?? Number.NEGATIVE_INFINITY;
    this.#tickMs = Math.max(this.#tickMs, tickMs);
    this.#newestMs = Math.max(this.#newestMs, tickMs);
    return tickMs;
  }

  #restoreRules({ tenants, rules }: SavedState): void {
    for (const { tenant, stream } of tenants) {
      const known = this.#rules.tenants.get(tenant)?.stream;
      // one that has heard of lines knows more than the saved one
      if (known !== undefined && !Number.isFinite(known.lastArrivalMs)) known.restore(stream);
    }
    const samples = rules.flatMap((rule) => this.#restoreRule(rule));
    for (const { put } of samples.sort((a, b) => a.order - b.order)) put(this.#samples);
  }

  #restoreRule(saved: SavedRule): RestoredSample[] {
    const entry = this.#rules.byId.get(saved.id);
    if (entry?.running === undefined || entry.evaluation !== saved.evaluation) return [];
    const running = entry.running.isUntouched ? entry.running : this.#rules.restart(saved.id)?.running;
    return running === undefined ? [] : restoreRule(running, saved);
  }
}

/** Sorts by rule and group; what is of one group stays in its order. */
const placeOf = ({ incident: { ruleId, group } }: Transition): string => `${ruleId} ${JSON.stringify(Object.values(group))}`;
