/**
 * One rule as it is evaluated: its condition, its groups and where each of them stands. Lines mark the groups to be
 * judged at the next tick; between times only groups whose time has come are. Used by the evaluator alone.
 */
import { listedNames } from '#base/listed-names.ts';
import type { QueryNode } from '#language/ast.ts';
import { parseQuery } from '#language/parser.ts';
import { allOf } from '#language/ast.ts';
import type { AlertRule, Condition, SimpleCondition } from './alert-rule.ts';
import { createConditionState } from './condition-kinds.ts';
import { groupFieldsOf } from './condition-groups.ts';
import { noGroup } from './condition-state.ts';
import type { ConditionContext, ConditionState, KnownBefore, StreamKnowledge, Verdict } from './condition-state.ts';
import type { EvaluatorLimits } from './evaluator.ts';
import { GroupTable } from './group-table.ts';
import type { LineBatch } from './line-batch.ts';
import type { RuleGroup } from './rule-group.ts';
import { forgetGroup, newGroup } from './rule-group.ts';
import type { SamplePool } from './sample-pool.ts';
import { KeptSamples } from './sample-pool.ts';
import { advance, nextStepMs, timingOf } from './state-machine.ts';
import type { AlertTiming, Moment, ProgressEvent } from './state-machine.ts';

const defaultSampleLines = 5;

export const sampleLinesOf = ({ body }: AlertRule): number => body.sample_lines ?? defaultSampleLines;

/** Longer values of a field are cut: a group's values are kept and shown. */
const maxValueChars = 256;
/** Of the matching lines of a batch, the last ones are looked at for samples. */
const maxOfferedRows = 64;
/** A group that comes in for a smaller one has at least so long to show lines. */
const newcomerMs = 60_000;
const ruleBytes = 1800;
/** Besides what the condition and the table hold of it. */
const groupBytes = 450;
const nothing: readonly QueryNode[] = [];

export interface RunningRuleOptions {
  readonly rule: AlertRule;
  readonly limits: EvaluatorLimits;
  readonly samples: SamplePool;
  readonly stream: StreamKnowledge;
  readonly patternsBefore: ((beforeMs: number) => Iterable<KnownBefore>) | undefined;
  readonly beganMs: number;
}

/** What the evaluator does with a group that was judged. */
export interface JudgedGroup {
  readonly events: readonly ProgressEvent[];
  /** When to judge it again if no line comes. */
  readonly nextMs: number | undefined;
  readonly isForgotten: boolean;
  /** Why an incident ends that the condition did not end. */
  readonly reason: string | undefined;
}

export class RunningRule {
  rule: AlertRule;
  readonly fields: readonly string[];
  readonly condition: ConditionState;
  readonly timing: AlertTiming;
  /** Undefined without groups: the one group is number 0. */
  readonly table: GroupTable | undefined;
  readonly groups: (RuleGroup | undefined)[];
  /** Since when it is looked at. */
  beganMs: number;
  /** No line was given to it, and no tick. */
  isUntouched = true;
  /** Groups to be judged at the next tick. */
  #dirty: RuleGroup[] = [];
  /** By number, whether the group is among them. */
  readonly #isDirty: boolean[] = [];
  readonly #limits: EvaluatorLimits;
  readonly #samples: SamplePool;
  /** By input: whether its lines are shown. */
  readonly #isShown: readonly boolean[];
  /** The longest window: before so much time nothing means nothing. */
  readonly #reachMs: number;

  /** Throws AppError for what cannot be evaluated. */
  constructor({ rule, limits, samples, stream, patternsBefore, beganMs }: RunningRuleOptions) {
    this.rule = rule;
    this.beganMs = beganMs;
    this.fields = groupFieldsOf(rule.body);
    this.timing = timingOf(rule.body);
    this.#limits = limits;
    this.#samples = samples;
    this.#reachMs = reachOf(rule.body.condition);
    this.table = this.fields.length === 0 ? undefined : new GroupTable(limits.max_groups_per_rule);
    this.condition = createConditionState(rule.body.condition, (simple) => this.#contextOf(simple, { stream, patternsBefore }));
    this.#isShown = this.condition.inputs.map((_, input) => this.condition.sampleInputs?.includes(input) ?? true);
    // an array that is made with its one element takes no more room than that
    this.groups = this.table === undefined ? [newGroup(0)] : [];
    this.mark(this.groups[0]);
  }

  #contextOf(simple: SimpleCondition, known: Pick<ConditionContext, 'stream' | 'patternsBefore'>): ConditionContext {
    const limits = this.#limits;
    const own = [this.rule.body.filter, simple.filter];
    return {
      ...known,
      query: (further) => joinQueries([...own, further]),
      beganMs: () => this.beganMs,
      latenessMs: limits.lateness,
      limits: {
        maxBuckets: limits.max_buckets,
        maxKeysPerGroup: limits.max_keys_per_group,
        maxKnownPatterns: limits.max_known_patterns,
        learnPatternsMs: limits.learn_patterns,
        learnSourcesMs: limits.learn_sources,
        minimumSilenceMs: limits.minimum_silence,
        forgetSilentMs: limits.forget_silent_after,
        anomaly: {
          trees: limits.anomaly_trees,
          sampleWindows: limits.anomaly_sample_windows,
          growIntervalMs: limits.anomaly_grow_interval,
          durationAttributes: listedNames(limits.duration_attribute),
        },
      },
      groupOf: (group) => this.table?.valuesOf(group) ?? [],
    };
  }

  /** The queries of the condition's inputs. Once they are in the index nobody needs them, and their memory is given back. */
  takeInputs(): readonly QueryNode[] {
    const { inputs } = this.condition;
    (this.condition as { inputs: readonly QueryNode[] }).inputs = nothing;
    return inputs;
  }

  get groupCount(): number {
    return this.table?.size ?? 1;
  }

  get bytes(): number {
    return ruleBytes + this.condition.bytes + (this.table?.bytes ?? 0) + this.groups.length * groupBytes;
  }

  get isDirty(): boolean {
    return this.#dirty.length > 0;
  }

  valuesOf(group: RuleGroup): readonly string[] {
    return this.table?.valuesOf(group.number) ?? [];
  }

  /** Gives the condition lines of one of its inputs. */
  take(input: number, rows: Uint32Array, batch: LineBatch): void {
    this.isUntouched = false;
    const groups = this.table === undefined ? batch.zeros(rows.length) : this.#groupsOf(this.table, rows, batch);
    const { view, timesMs, fields } = batch;
    this.condition.take(input, { view, rows, timesMs, groups, fields });
    if (this.table === undefined) this.mark(this.groups[0]);
    if (this.#isShown[input]) this.#offer(rows, groups);
  }

  /** Groups of the rows, each marked. */
  #groupsOf(table: GroupTable, rows: Uint32Array, batch: LineBatch): Uint32Array {
    const { fields } = batch;
    const groups = batch.numbers(rows.length);
    const column = this.fields.length === 1 ? fields.dictionary(this.fields[0]) : undefined;
    for (let i = 0; i < rows.length; i++) {
      const number =
        column === undefined
          ? table.numberOf(this.fields.map((field) => groupValue(fields.text(rows[i], field))))
          : table.numberOfOne(groupValue(column.values[column.indexes[rows[i]]]));
      groups[i] = number;
      if (number === noGroup || this.#isDirty[number]) continue;
      const group = this.groups[number];
      if (group === undefined) this.#open(number);
      else this.mark(group);
    }
    return groups;
  }

  #open(number: number): RuleGroup {
    const group = newGroup(number);
    this.groups[number] = group;
    this.mark(group);
    return group;
  }

  /** Of a saved state; without groups the one that is there. */
  addGroup(values: readonly string[], size: number): RuleGroup {
    return this.table === undefined ? (this.groups[0] as RuleGroup) : this.#open(this.table.add(values, size));
  }

  /** To be judged at the next tick. */
  mark(group: RuleGroup | undefined): void {
    if (group === undefined || this.#isDirty[group.number]) return;
    this.#isDirty[group.number] = true;
    this.#dirty.push(group);
  }

  #offer(rows: Uint32Array, groups: Uint32Array): void {
    const limit = sampleLinesOf(this.rule);
    if (limit === 0 || !this.#samples.hasRoom(true)) return;
    const offered = this.table === undefined ? limit : maxOfferedRows;
    for (let i = Math.max(0, rows.length - offered); i < rows.length; i++) {
      const group = groups[i] === noGroup ? undefined : this.groups[groups[i]];
      if (group === undefined) continue;
      const isUrgent = group.isMet || group.samples === undefined || group.samples.lines.length === 0;
      if (this.#samples.hasRoom(isUrgent)) this.#samples.take((group.samples ??= new KeptSamples()), rows[i], limit);
    }
  }

  /** Judges what is marked; `visit` is told of each group. */
  judgeMarked(tickMs: number, isLate: boolean, visit: (group: RuleGroup, judged: JudgedGroup) => void): void {
    this.isUntouched = false;
    const marked = this.#dirty;
    this.#dirty = [];
    const moment = { tickMs, isLate, knowsSilenceAtMs: this.beganMs + this.#reachMs };
    for (const group of marked) {
      // given up meanwhile
      if (this.groups[group.number] !== group) continue;
      this.#isDirty[group.number] = false;
      const judged = this.#judge(group, moment);
      visit(group, judged);
      if (judged.isForgotten) this.drop(group);
    }
  }

  #judge(group: RuleGroup, moment: Moment): JudgedGroup {
    const { tickMs } = moment;
    const verdict = this.condition.judge(group.number, tickMs, group.isMet);
    group.value = verdict.value;
    group.judgedMs = tickMs;
    const changeMs = this.condition.nextChangeMs(group.number, tickMs);
    if (this.#isOver(verdict, changeMs)) return { events: [], nextMs: undefined, isForgotten: true, reason: verdict.detail };
    const events = advance(group, verdict, this.timing, moment);
    // what was found stays with an incident that ends, where there is nothing new to say
    if (verdict.isMet || (events.length > 0 && (verdict.detail !== undefined || !events.every(isEnd)))) group.detail = verdict.detail;
    const reason = this.#reasonToForget(group, verdict, changeMs, tickMs);
    const stepMs = earliest(changeMs, nextStepMs(group, this.timing, moment));
    const endMs = group.keptUntilMs > tickMs ? group.keptUntilMs : this.#retentionEndMs(group);
    const nextMs = endMs !== undefined && endMs > tickMs ? earliest(stepMs, endMs) : stepMs;
    return { events, nextMs: nextMs === undefined ? undefined : Math.max(nextMs, tickMs + 1), isForgotten: reason !== undefined, reason };
  }

  /** The condition itself has forgotten the group: what it watched is no longer expected, whatever the rule says of no data. */
  #isOver(verdict: Verdict, changeMs: number | undefined): boolean {
    return this.table !== undefined && this.condition.keepsSilentGroups === true && !verdict.hasData && changeMs === undefined;
  }

  /** Why the group may go; undefined where it stays. */
  #reasonToForget(group: RuleGroup, verdict: Verdict, changeMs: number | undefined, tickMs: number): string | undefined {
    if (this.table === undefined || verdict.hasData || changeMs !== undefined) return undefined;
    if (group.state === 'ok') {
      const mayGo = tickMs >= group.quietUntilMs && tickMs >= group.keptUntilMs;
      return mayGo ? 'nothing is known of it any more' : undefined;
    }
    const endMs = this.#retentionEndMs(group);
    if (endMs !== undefined && tickMs >= endMs)
      return 'no line came for so long that the group was forgotten (setting "alerts.group_retention")';
    return undefined;
  }

  #retentionEndMs({ emptySinceMs }: RuleGroup): number | undefined {
    if (this.table === undefined || emptySinceMs === undefined || this.condition.keepsSilentGroups === true) return undefined;
    return emptySinceMs + this.#limits.group_retention;
  }

  /** Lets groups in that became larger than the smallest of those that are ok. */
  exchangeGroups(tickMs: number): void {
    this.table?.exchange(
      tickMs,
      (number) => this.groups[number]?.state === 'ok',
      (number) => this.drop(this.groups[number] as RuleGroup),
      (number) => {
        this.#open(number).keptUntilMs = tickMs + Math.max(this.#reachMs, newcomerMs);
      },
    );
  }

  drop(group: RuleGroup): void {
    this.condition.drop(group.number);
    this.table?.drop(group.number);
    this.groups[group.number] = undefined;
    this.#isDirty[group.number] = false;
    forgetGroup(group, this.#samples);
  }

  /** Value at the tick, judged again where that was longer ago. */
  valueAt(group: RuleGroup, tickMs: number): number | undefined {
    if (group.judgedMs === tickMs || !Number.isFinite(tickMs)) return group.value;
    return this.condition.judge(group.number, tickMs, group.isMet).value;
  }
}

const groupValue = (value: string): string => (value.length > maxValueChars ? value.slice(0, maxValueChars).toWellFormed() : value);

const isEnd = (event: ProgressEvent): boolean => event === 'resolved' || event === 'cancelled';

function joinQueries(texts: readonly (string | undefined)[]): QueryNode {
  return allOf(texts.flatMap((text) => (text === undefined || text.trim() === '' ? [] : [parseQuery(text)])));
}

function reachOf(condition: Condition): number {
  if (condition.kind === 'all' || condition.kind === 'any') return Math.max(...condition.conditions.map(reachOf));
  return 'window_ms' in condition ? condition.window_ms : 0;
}

const earliest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
