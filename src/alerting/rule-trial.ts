/**
 * One rule on lines of the past: the evaluator of the stream, with ticks of our own making. Lines count at the time of
 * their event, in its order; late arrival is not played again. Pure; `take` and `finish` are steps, so that their caller
 * may pause between any two.
 */
import { AppError } from '#base/errors.ts';
import type { AlertState } from '#metadata/alert-records.ts';
import type { BatchView } from '#model/batch-view.ts';
import { rowRange } from '#model/row-range.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import type { KnownBefore } from './condition-state.ts';
import type { AlertsConfig } from './config.ts';
import { Evaluator } from './evaluator.ts';
import type { Transition } from './evaluator.ts';
import { TrialSeries } from './trial-series.ts';
import type { TrialGroup } from './trial-series.ts';

export interface TrialOptions {
  readonly tenant: string;
  readonly body: AlertRuleBody;
  readonly config: AlertsConfig;
  /** Since when lines are given: before `fromMs`, so that windows are full there. */
  readonly warmUpFromMs: number;
  /** What is asked about. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Patterns that were known before `warmUpFromMs`. */
  readonly knownPatterns?: readonly KnownBefore[] | undefined;
}

export interface TrialIncident {
  readonly group: Readonly<Record<string, string>>;
  pendingMs?: number;
  firedMs?: number;
  resolvedMs?: number;
  /** The value furthest beyond the threshold. */
  peak?: number;
  detail?: string;
}

export interface TrialResult {
  /** Those that fired and were not over before `fromMs`, in the order in which they fired; at most `backtest_max_incidents`. */
  readonly incidents: readonly TrialIncident[];
  readonly totalIncidents: number;
  readonly series: readonly TrialGroup[];
  readonly totalGroups: number;
  readonly stepMs: number;
  /** How far it was judged. */
  readonly endMs: number;
}

const nsPerMs = 1_000_000n;
/** Ticks further apart mean to the evaluator that nobody was listening. */
const longestStepMs = 20_000;

export class RuleTrial {
  readonly #options: TrialOptions;
  readonly #evaluator: Evaluator;
  readonly #rule: AlertRule;
  readonly #tickStepMs: number;
  readonly #series: TrialSeries;
  readonly #open = new Map<string, TrialIncident>();
  readonly #incidents: TrialIncident[] = [];
  #totalIncidents = 0;
  #totalGroups = 0;
  #nextTickMs: number;
  #problem: string | undefined;

  constructor(options: TrialOptions) {
    const { tenant, body, config, warmUpFromMs, fromMs, toMs } = options;
    this.#options = options;
    const limits = { ...config, lateness: Math.max(config.lateness, config.tick) };
    const { knownPatterns } = options;
    this.#evaluator = new Evaluator({
      limits,
      onProblem: ({ reason }) => (this.#problem ??= reason),
      patternsBefore: knownPatterns && (() => knownPatterns),
    });
    this.#rule = { id: 'trial', tenant, version: 1, updatedMs: fromMs, updatedBy: '', body: { ...body, enabled: true } };
    const ticks = Math.ceil((toMs - warmUpFromMs) / config.tick);
    const longest = Math.max(1, Math.floor(longestStepMs / config.tick));
    this.#tickStepMs = config.tick * Math.min(longest, Math.max(1, Math.ceil(ticks / config.backtest_max_ticks)));
    this.#nextTickMs = (Math.floor(warmUpFromMs / this.#tickStepMs) + 1) * this.#tickStepMs;
    this.#series = new TrialSeries({ fromMs, toMs, tickMs: this.#tickStepMs, config, isWorse: isFurther(body) });
    this.#evaluator.setRules([this.#rule], this.#nextTickMs - this.#tickStepMs);
    this.#mustWork();
  }

  get wantsPast(): boolean {
    return this.#evaluator.rulesThatWantPast().length > 0;
  }

  /** The past of services before `warmUpFromMs`, and at last that this was all. Before any line. */
  learnPast(past: readonly SeasonCounts[], isLast: boolean): void {
    this.#evaluator.learnPast(this.#rule.id, past, isLast);
  }

  /** Lines in the order of their times, none before those of earlier calls. */
  *take(view: BatchView): Generator<void> {
    let row = 0;
    while (row < view.rowCount) {
      const firstMs = millisecondsOf(view.ts[row]);
      while (this.#nextTickMs <= firstMs) {
        this.#tick();
        yield;
      }
      const end = rowAt(view.ts, BigInt(this.#nextTickMs) * nsPerMs, row);
      this.#evaluator.take(this.#options.tenant, rowRange(view, row, end), millisecondsOf(view.ts[end - 1]));
      row = end;
      yield;
    }
  }

  /** Goes on without lines up to the time. */
  *finish(toMs: number): Generator<void> {
    while (this.#nextTickMs <= toMs) {
      this.#tick();
      yield;
    }
  }

  result(): TrialResult {
    const { backtest_max_incidents: maxIncidents } = this.#options.config;
    return {
      incidents: this.#incidents.slice(0, maxIncidents),
      totalIncidents: this.#totalIncidents,
      series: this.#series.groups(),
      totalGroups: this.#totalGroups,
      stepMs: this.#series.stepMs,
      endMs: this.#nextTickMs - this.#tickStepMs,
    };
  }

  #tick(): void {
    const tickMs = this.#nextTickMs;
    for (const transition of this.#evaluator.tick(tickMs)) this.#note(transition);
    this.#mustWork();
    if (tickMs >= this.#options.fromMs && this.#series.isWanted(tickMs)) {
      const groups = this.#evaluator.groupStates(this.#rule.id);
      this.#totalGroups = Math.max(this.#totalGroups, groups.length);
      this.#series.note(tickMs, groups);
      this.#notePeaks(groups);
    }
    this.#nextTickMs += this.#tickStepMs;
  }

  #mustWork(): void {
    const [state] = this.#evaluator.ruleStates();
    if (state?.state !== 'failed') return;
    throw new AppError('bad_request', `the rule cannot be evaluated: ${state.reason ?? this.#problem ?? 'unknown reason'}`);
  }

  #note({ incident, event }: Transition): void {
    const known = this.#open.get(incident.id);
    const found = known ?? { group: incident.group };
    if (known === undefined) this.#open.set(incident.id, found);
    if (event.kind === 'pending') found.pendingMs = event.atMs;
    if (event.kind === 'fired' && found.firedMs === undefined) this.#fired(found, event.atMs);
    if (incident.detail !== undefined) found.detail = incident.detail;
    this.#peak(found, event.value ?? incident.value);
    if (event.kind !== 'resolved' && event.kind !== 'cancelled') return;
    this.#open.delete(incident.id);
    if (found.firedMs === undefined) return;
    found.resolvedMs = event.atMs;
    if (event.atMs < this.#options.fromMs) this.#forget(found);
  }

  #fired(incident: TrialIncident, atMs: number): void {
    incident.firedMs = atMs;
    this.#totalIncidents++;
    this.#series.keep(incident.group);
    if (this.#incidents.length <= this.#options.config.backtest_max_incidents) this.#incidents.push(incident);
  }

  /** It was over before what is asked about. */
  #forget(incident: TrialIncident): void {
    const place = this.#incidents.indexOf(incident);
    if (place >= 0) this.#incidents.splice(place, 1);
    this.#totalIncidents--;
  }

  #notePeaks(
    groups: readonly { readonly group: Readonly<Record<string, string>>; readonly state: AlertState; readonly value: number | undefined }[],
  ): void {
    if (this.#open.size === 0) return;
    const byGroup = new Map([...this.#open.values()].map((incident) => [JSON.stringify(incident.group), incident]));
    for (const { group, state, value } of groups) {
      if (state === 'ok') continue;
      const incident = byGroup.get(JSON.stringify(group));
      if (incident !== undefined) this.#peak(incident, value);
    }
  }

  #peak(incident: TrialIncident, value: number | undefined): void {
    if (value === undefined) return;
    if (incident.peak === undefined || isFurther(this.#options.body)(value, incident.peak)) incident.peak = value;
  }
}

/** Whether a value lies further beyond the threshold than another. */
function isFurther({ condition }: AlertRuleBody): (value: number, than: number) => boolean {
  const first = 'conditions' in condition ? condition.conditions[0] : condition;
  const isBelow = ('operator' in first && first.operator.startsWith('<')) || first.kind === 'absence';
  return isBelow ? (value, than) => value < than : (value, than) => value > than;
}

function millisecondsOf(ns: bigint): number {
  return Number(ns / nsPerMs);
}

/** The first row from `start` on whose time is not before. */
function rowAt(ts: BigInt64Array, beforeNs: bigint, start: number): number {
  let [low, high] = [start, ts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ts[middle] < beforeNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
