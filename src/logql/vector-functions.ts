/** Aggregations over the series of one moment, by their labels. */
import type { Grouping, VectorExpression, VectorOperation } from './ast.ts';
import { labelsKey } from './line-labels.ts';
import type { LabelSet } from './line-labels.ts';
import { variance } from './range-functions.ts';
import { noValues, omitLabels, pickLabels, SeriesByLabels } from './series.ts';
import type { Grid, Series } from './series.ts';

export function aggregateSeries({ operation, parameter = 0, grouping }: VectorExpression, series: readonly Series[], grid: Grid): Series[] {
  switch (operation) {
    case 'topk':
    case 'approx_topk':
      return selectSeries(series, grouping, grid, parameter, (a, b) => b - a);
    case 'bottomk':
      return selectSeries(series, grouping, grid, parameter, (a, b) => a - b);
    case 'sort':
      return sorted(series, (a, b) => a - b);
    case 'sort_desc':
      return sorted(series, (a, b) => b - a);
    default:
      return groupsOf(series, grouping).map(({ labels, item }) => ({
        labels,
        values: noValues(grid).map((_, step) => {
          const present = item.flatMap(({ values }) => values[step] ?? []);
          return present.length === 0 ? undefined : combine(operation, present);
        }),
      }));
  }
}

/** Labels of the group that a series belongs to; without a grouping there is one group. */
export function groupLabels(labels: LabelSet, grouping: Grouping | undefined): LabelSet {
  if (grouping === undefined) return new Map();
  return grouping.without ? omitLabels(labels, grouping.labels) : pickLabels(labels, grouping.labels);
}

function groupsOf(series: readonly Series[], grouping: Grouping | undefined) {
  const groups = new SeriesByLabels<Series[]>(() => []);
  for (const one of series) groups.of(groupLabels(one.labels, grouping)).push(one);
  return groups.entries();
}

type Combining = Exclude<VectorOperation, 'topk' | 'approx_topk' | 'bottomk' | 'sort' | 'sort_desc'>;

function combine(operation: Combining, values: readonly number[]): number {
  const sum = (): number => values.reduce((total, value) => total + value, 0);
  switch (operation) {
    case 'sum':
      return sum();
    case 'avg':
      return sum() / values.length;
    case 'min':
      return values.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least));
    case 'max':
      return values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most));
    case 'count':
      return values.length;
    case 'stdvar':
      return variance(values);
    case 'stddev':
      return Math.sqrt(variance(values));
    default:
      return operation satisfies never;
  }
}

/** The first few of each group at each step, with all their labels; at the same value by their labels. */
function selectSeries(
  series: readonly Series[],
  grouping: Grouping | undefined,
  grid: Grid,
  count: number,
  compare: (a: number, b: number) => number,
): Series[] {
  const kept = series.map(({ labels }) => ({ labels, key: labelsKey(labels), values: noValues(grid) }));
  const placeOf = new Map(series.map((one, index) => [one, index]));
  for (const { item } of groupsOf(series, grouping)) {
    for (let step = 0; step < grid.steps; step++) {
      const present = item.flatMap((one) => (one.values[step] === undefined ? [] : [placeOf.get(one) as number]));
      const valueOf = (place: number): number => series[place].values[step] as number;
      present.sort((a, b) => compare(valueOf(a), valueOf(b)) || (kept[a].key < kept[b].key ? -1 : 1));
      for (const place of present.slice(0, count)) kept[place].values[step] = valueOf(place);
    }
  }
  const selected = kept.filter(({ values }) => values.some((value) => value !== undefined));
  return grid.steps === 1 ? sorted(selected, compare) : selected.map(({ labels, values }) => ({ labels, values }));
}

/** By the value of the first step: only an instant query has an order. */
function sorted(series: readonly Series[], compare: (a: number, b: number) => number): Series[] {
  return [...series]
    .sort((a, b) => compare(a.values[0] ?? Number.NaN, b.values[0] ?? Number.NaN))
    .map(({ labels, values }) => ({ labels, values }));
}
