/** A panel's question to the API, and its answer as series and ranks. Pure. */
import type { AnswerOf, BodyOf } from '../../api/client.ts';
import type { ChartSeries } from '../../design/chart.tsx';
import { isLevelName, levelNames } from '../../design/levels.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import { metricParts } from './dashboard.ts';
import type { Panel } from './dashboard.ts';

export type AggregateAnswer = AnswerOf<'aggregateA'>;

export interface PanelSeries {
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Groups that are left out, since only the largest are shown. */
  readonly leftOut: number;
}

export interface Rank {
  /** Values of the fields of `groupBy`. */
  readonly group: readonly string[];
  readonly value: number;
}

/** Kinds that show a course of time. */
export const isOverTime = ({ kind }: Pick<Panel, 'kind'>): boolean => kind === 'series' || kind === 'bars' || kind === 'heat';

export function questionOf(
  panel: Panel,
  { fromMs, toMs }: SettledRange,
  variables: Readonly<Record<string, string>>,
  intervalMs: number,
): BodyOf<'aggregateA'> {
  const filters = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  return {
    ...(panel.query === '' ? {} : { query: panel.query }),
    ...(Object.keys(filters).length === 0 ? {} : { filters }),
    time_range: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
    metric: panel.metric,
    ...(panel.kind === 'number' ? {} : { group_by: [...panel.groupBy] }),
    ...(isOverTime(panel) ? { interval: `${intervalMs / 1000}s` } : {}),
  };
}

/** Lines without a level come last. */
const rankOfLevel = (level: string): number => (isLevelName(level) ? levelNames.indexOf(level) : levelNames.length);
const groupGlue = ' · ';
/** Metrics whose missing steps mean nothing happened, not that nothing is known. */
const countsNothing = new Set(['count', 'rate', 'sum', 'distinct']);

export function groupName(group: readonly string[]): string {
  return group.map((value) => (value === '' ? '(none)' : value)).join(groupGlue) || 'all';
}

/** The largest groups as series over all time steps of the range. */
export function seriesOf(panel: Panel, { buckets }: AggregateAnswer, { fromMs, toMs }: SettledRange, intervalMs: number): PanelSeries {
  const first = Math.floor(fromMs / intervalMs) * intervalMs;
  const times = Array.from({ length: Math.max(1, Math.ceil((toMs - first) / intervalMs)) }, (_, index) => first + index * intervalMs);
  const empty = countsNothing.has(metricParts(panel.metric).kind) ? 0 : null;
  const found = new Map<string, { values: (number | null)[]; weight: number }>();
  for (const { time, group, value } of buckets) {
    const name = groupName(panel.groupBy.map((field) => group[field] ?? ''));
    let one = found.get(name);
    if (one === undefined) found.set(name, (one = { values: times.map(() => empty), weight: 0 }));
    const index = Math.round((Date.parse(time ?? '') - first) / intervalMs);
    if (!(index in one.values) || value === null) continue;
    one.values[index] = value;
    one.weight += Math.abs(value);
  }
  const byLevel = panel.groupBy.length === 1 && panel.groupBy[0] === 'level';
  const ordered = [...found].toSorted(([a, one], [b, other]) =>
    byLevel ? rankOfLevel(a) - rankOfLevel(b) : other.weight - one.weight || (a < b ? -1 : 1),
  );
  const shown = ordered.slice(0, byLevel ? undefined : panel.limit);
  const series = shown.map(([name, { values }], index) => ({
    name,
    values,
    colour: colourOf(name, index, byLevel, panel.kind === 'bars'),
  }));
  return { times, series, leftOut: ordered.length - shown.length };
}

function colourOf(name: string, index: number, byLevel: boolean, fills: boolean): string {
  if (byLevel) return `var(--${fills ? 'fill' : 'level'}-${isLevelName(name) ? name.toLowerCase() : 'none'})`;
  return index < 8 ? `var(--series-${index + 1})` : 'var(--series-others)';
}

/** Groups by their value, the largest first; those without one are left out. */
export function ranksOf(panel: Panel, { buckets }: AggregateAnswer): readonly Rank[] {
  return buckets
    .flatMap(({ group, value }) => (value === null ? [] : [{ group: panel.groupBy.map((field) => group[field] ?? ''), value }]))
    .filter(({ group, value }) => (value !== 0 || panel.kind === 'table') && !(panel.kind === 'top' && group.every((one) => one === '')))
    .toSorted((a, b) => b.value - a.value);
}
