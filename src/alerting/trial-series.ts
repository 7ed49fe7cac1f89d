/** Values and states of groups over the time of a trial, as a chart shows them: a bounded number of points of a bounded number of groups. */
import type { AlertState } from '#metadata/alert-records.ts';
import type { AlertsConfig } from './config.ts';
import type { GroupState } from './evaluator.ts';

export interface TrialPoint {
  readonly timeMs: number;
  readonly value: number | undefined;
  readonly state: AlertState;
}

export interface TrialGroup {
  readonly group: Readonly<Record<string, string>>;
  readonly points: readonly TrialPoint[];
}

export interface TrialSeriesOptions {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tickMs: number;
  readonly config: Pick<AlertsConfig, 'backtest_max_points' | 'backtest_max_series'>;
  readonly isWorse: (value: number, than: number) => boolean;
}

interface Series {
  readonly group: Readonly<Record<string, string>>;
  readonly points: TrialPoint[];
}

const rank: Readonly<Record<AlertState, number>> = { ok: 0, late_data: 1, no_data: 2, pending: 3, firing: 4, failed: 5 };
/** Groups that are looked at between two points, all in all. */
const groupsPerPoint = 1000;
/** Groups are kept beyond those of the answer, for one of them may have an incident later. */
const spareFactor = 4;

export class TrialSeries {
  /** Time between points. */
  readonly stepMs: number;
  readonly #options: TrialSeriesOptions;
  readonly #series = new Map<string, Series>();
  readonly #withIncidents = new Set<string>();
  #ticksBetween = 1;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: TrialSeriesOptions) {
    const { fromMs, toMs, tickMs, config } = options;
    this.#options = options;
    this.stepMs = tickMs * Math.max(1, Math.ceil((toMs - fromMs) / tickMs / config.backtest_max_points));
  }

  /** Whether the groups of this tick are to be noted: every tick where they are few, each point where they are many. */
  isWanted(tickMs: number): boolean {
    return tickMs - this.#lastMs >= Math.min(this.stepMs, this.#ticksBetween * this.#options.tickMs);
  }

  note(tickMs: number, groups: readonly GroupState[]): void {
    const ticksPerPoint = this.stepMs / this.#options.tickMs;
    this.#ticksBetween = Math.max(1, Math.ceil((groups.length * ticksPerPoint) / groupsPerPoint));
    this.#lastMs = tickMs;
    const timeMs = Math.floor(tickMs / this.stepMs) * this.stepMs;
    for (const { group, state, value } of groups) {
      const series = this.#seriesOf(group);
      if (series !== undefined) this.#join(series.points, { timeMs, value, state });
    }
  }

  /** The group has an incident: its series is in the answer before others. */
  keep(group: Readonly<Record<string, string>>): void {
    const key = JSON.stringify(group);
    if (this.#withIncidents.size < this.#options.config.backtest_max_series) this.#withIncidents.add(key);
  }

  groups(): TrialGroup[] {
    const all = [...this.#series].map(([key, { group, points }]) => ({ group, points, hasIncident: this.#withIncidents.has(key) }));
    const sorted = all.sort((a, b) => Number(b.hasIncident) - Number(a.hasIncident));
    return sorted.slice(0, this.#options.config.backtest_max_series).map(({ group, points }) => ({ group, points }));
  }

  #seriesOf(group: Readonly<Record<string, string>>): Series | undefined {
    const key = JSON.stringify(group);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const hasRoom = this.#series.size < this.#options.config.backtest_max_series * spareFactor;
    if (!hasRoom && !this.#withIncidents.has(key)) return undefined;
    const series: Series = { group, points: [] };
    this.#series.set(key, series);
    return series;
  }

  #join(points: TrialPoint[], point: TrialPoint): void {
    const last = points.at(-1);
    if (last === undefined || last.timeMs !== point.timeMs) points.push(point);
    else if (this.#isWorse(point, last)) points[points.length - 1] = point;
  }

  #isWorse(point: TrialPoint, than: TrialPoint): boolean {
    if (rank[point.state] !== rank[than.state]) return rank[point.state] > rank[than.state];
    if (point.value === undefined || than.value === undefined) return than.value === undefined;
    return this.#options.isWorse(point.value, than.value);
  }
}
