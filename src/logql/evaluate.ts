/**
 * Metric queries over a grid of times. What a range aggregation counts is read by whoever calls; everything above it is
 * computed here. `needs` tells the reader how little will do: where a sum keeps only some labels, lines may be counted by
 * those alone.
 */
import type { LabelReplaceExpression, MetricExpression, RangeExpression } from './ast.ts';
import { combineResults } from './binary-operations.ts';
import { compileRegex } from './regex.ts';
import { expandGroups } from './replacements.ts';
import type { Grid, Result, Series } from './series.ts';
import { aggregateSeries } from './vector-functions.ts';

export interface LabelNeeds {
  /** Labels that suffice; absent: all. */
  readonly only?: readonly string[];
  /** Labels that are named somewhere in the query: structured metadata is told by these alone. */
  readonly named: ReadonlySet<string>;
}

export type ReadRange = (expression: RangeExpression, needs: LabelNeeds) => Promise<readonly Series[]>;

/** Range aggregations whose sums over series are the aggregation of all their samples together. */
const additive: readonly string[] = ['rate', 'count_over_time', 'bytes_rate', 'bytes_over_time', 'sum_over_time'];

export async function evaluate(expression: MetricExpression, grid: Grid, readRange: ReadRange): Promise<Result> {
  const named = new Set(namedLabels(expression));
  const run = async (node: MetricExpression, only?: readonly string[]): Promise<Result> => {
    switch (node.kind) {
      case 'number':
        return { kind: 'scalar', value: node.value };
      case 'vector-of':
        return series([{ labels: new Map(), values: new Array<number>(grid.steps).fill(node.value) }]);
      case 'range':
        return series(await readRange(node, { named, ...(only ? { only } : {}) }));
      case 'vector': {
        const sufficient =
          node.operation === 'sum' && node.grouping?.without !== true && isAdditive(node.operand)
            ? (node.grouping?.labels ?? [])
            : undefined;
        const operand = await run(node.operand, sufficient);
        return series(aggregateSeries(node, seriesOf(operand, grid), grid));
      }
      case 'binary': {
        const left = await run(node.left);
        return combineResults(node, left, await run(node.right));
      }
      case 'label-replace':
        return series(replaceLabels(node, seriesOf(await run(node.operand), grid)));
      default:
        return node satisfies never;
    }
  };
  return run(expression);
}

const series = (found: readonly Series[]): Result => ({ kind: 'series', series: found });

const isAdditive = (node: MetricExpression): boolean => node.kind === 'range' && additive.includes(node.operation);

/** A number counts as a series without labels. */
export function seriesOf(result: Result, { steps }: Grid): readonly Series[] {
  return result.kind === 'series' ? result.series : [{ labels: new Map(), values: new Array<number>(steps).fill(result.value) }];
}

function namedLabels(node: MetricExpression): string[] {
  switch (node.kind) {
    case 'range':
      return [...(node.grouping?.labels ?? [])];
    case 'vector':
      return [...(node.grouping?.labels ?? []), ...namedLabels(node.operand)];
    case 'binary':
      return [...(node.matching?.labels ?? []), ...(node.matching?.include ?? []), ...namedLabels(node.left), ...namedLabels(node.right)];
    case 'label-replace':
      return [node.source, ...namedLabels(node.operand)];
    default:
      return [];
  }
}

function replaceLabels({ target, replacement, source, pattern }: LabelReplaceExpression, found: readonly Series[]): Series[] {
  const { expression, captureNames } = compileRegex(pattern, 'whole');
  return found.map(({ labels, values }) => {
    const match = expression.exec(labels.get(source) ?? '');
    if (match === null) return { labels, values };
    const value = expandGroups(replacement, match, captureNames);
    const changed = new Map(labels);
    if (value === '') changed.delete(target);
    else changed.set(target, value);
    return { labels: changed, values };
  });
}

/** Every range aggregation of the query. */
export function rangesOf(node: MetricExpression): RangeExpression[] {
  switch (node.kind) {
    case 'range':
      return [node];
    case 'vector':
    case 'label-replace':
      return rangesOf(node.operand);
    case 'binary':
      return [...rangesOf(node.left), ...rangesOf(node.right)];
    default:
      return [];
  }
}
