/** Operators between numbers and series, with the matching rules of Prometheus (prometheus.io/docs/prometheus/latest/querying/operators). */
import type { BinaryExpression, BinaryOperator, CompareOperator, VectorMatching } from './ast.ts';
import { meaningError } from './errors.ts';
import { comparison } from './label-filters.ts';
import { labelsKey } from './line-labels.ts';
import type { LabelSet } from './line-labels.ts';
import { omitLabels, pickLabels } from './series.ts';
import type { Result, Series, Values } from './series.ts';

const comparisons: readonly string[] = ['==', '!=', '>', '>=', '<', '<='] satisfies CompareOperator[];
const isComparison = (operator: BinaryOperator): operator is CompareOperator => comparisons.includes(operator);

export function combineResults(expression: BinaryExpression, left: Result, right: Result): Result {
  const { operator, isBool } = expression;
  if (operator === 'and' || operator === 'or' || operator === 'unless') {
    if (left.kind === 'scalar' || right.kind === 'scalar') {
      throw meaningError(
        `unexpected literal for ${left.kind === 'scalar' ? 'left' : 'right'} leg of logical/set binary operation (${operator})`,
      );
    }
    return { kind: 'series', series: combineSets(operator, left.series, right.series, expression.matching) };
  }
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    return {
      kind: 'scalar',
      value: isComparison(operator) ? Number(comparison(operator)(left.value, right.value)) : calculate(operator, left.value, right.value),
    };
  }
  if (right.kind === 'scalar')
    return {
      kind: 'series',
      series: withScalar((left as Result & { kind: 'series' }).series, (value) => operate(operator, isBool, value, right.value, value)),
    };
  if (left.kind === 'scalar')
    return { kind: 'series', series: withScalar(right.series, (value) => operate(operator, isBool, left.value, value, value)) };
  return { kind: 'series', series: combineSeries(expression, left.series, right.series) };
}

type Arithmetic = Exclude<BinaryOperator, CompareOperator | 'and' | 'or' | 'unless'>;

function calculate(operator: Arithmetic, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? Number.NaN : a / b;
    case '%':
      return b === 0 ? Number.NaN : a % b;
    case '^':
      return a ** b;
    default:
      return operator satisfies never;
  }
}

/** Undefined where a comparison filters the sample out; one that stays keeps `kept`. */
function operate(
  operator: Exclude<BinaryOperator, 'and' | 'or' | 'unless'>,
  isBool: boolean,
  a: number,
  b: number,
  kept: number,
): number | undefined {
  if (!isComparison(operator)) return calculate(operator, a, b);
  const holds = comparison(operator)(a, b);
  return isBool ? Number(holds) : holds ? kept : undefined;
}

function withScalar(series: readonly Series[], change: (value: number) => number | undefined): Series[] {
  return withoutEmpty(
    series.map(({ labels, values }) => ({ labels, values: values.map((value) => (value === undefined ? undefined : change(value))) })),
  );
}

const withoutEmpty = (series: readonly Series[]): Series[] => series.filter(({ values }) => values.some((value) => value !== undefined));

function matchedLabels(labels: LabelSet, matching: VectorMatching | undefined): LabelSet {
  if (matching === undefined) return labels;
  return matching.on ? pickLabels(labels, matching.labels) : omitLabels(labels, matching.labels);
}

const matchKey = (labels: LabelSet, matching: VectorMatching | undefined): string => labelsKey(matchedLabels(labels, matching));

function combineSeries({ operator, isBool, matching }: BinaryExpression, left: readonly Series[], right: readonly Series[]): Series[] {
  const manyIsRight = matching?.group === 'right';
  const [many, one] = manyIsRight ? [right, left] : [left, right];
  const ones = byKey(one, matching, manyIsRight ? 'left' : 'right');
  if (matching?.group === undefined) byKey(many, matching, 'left');
  const results: Series[] = [];
  for (const { labels, values } of many) {
    const other = ones.get(matchKey(labels, matching));
    if (other === undefined) continue;
    const combined: Values = values.map((value, step) => {
      const otherValue = other.values[step];
      if (value === undefined || otherValue === undefined) return undefined;
      const [a, b] = manyIsRight ? [otherValue, value] : [value, otherValue];
      return operate(operator as '+', isBool, a, b, a);
    });
    results.push({ labels: resultLabels(labels, other.labels, matching), values: combined });
  }
  return withoutEmpty(results);
}

function byKey(series: readonly Series[], matching: VectorMatching | undefined, side: 'left' | 'right'): Map<string, Series> {
  const found = new Map<string, Series>();
  for (const one of series) {
    const key = matchKey(one.labels, matching);
    if (found.has(key)) {
      throw meaningError(
        `found duplicate series on the ${side} hand-side; many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    found.set(key, one);
  }
  return found;
}

function resultLabels(many: LabelSet, one: LabelSet, matching: VectorMatching | undefined): LabelSet {
  if (matching?.group === undefined) return matchedLabels(many, matching);
  return new Map([...omitLabels(many, matching.include), ...pickLabels(one, matching.include)]);
}

function combineSets(
  operator: 'and' | 'or' | 'unless',
  left: readonly Series[],
  right: readonly Series[],
  matching: VectorMatching | undefined,
): Series[] {
  const presence = (series: readonly Series[]): Map<string, boolean[]> => {
    const present = new Map<string, boolean[]>();
    for (const { labels, values } of series) {
      const key = matchKey(labels, matching);
      const known = present.get(key);
      present.set(
        key,
        values.map((value, step) => value !== undefined || known?.[step] === true),
      );
    }
    return present;
  };
  const filtered = (series: readonly Series[], others: Map<string, boolean[]>, wanted: boolean): Series[] =>
    series.map(({ labels, values }) => {
      const present = others.get(matchKey(labels, matching));
      return { labels, values: values.map((value, step) => ((present?.[step] === true) === wanted ? value : undefined)) };
    });
  if (operator !== 'or') return withoutEmpty(filtered(left, presence(right), operator === 'and'));
  return merged([...left, ...withoutEmpty(filtered(right, presence(left), false))]);
}

/** Series of the same labels are one. */
function merged(series: readonly Series[]): Series[] {
  const found = new Map<string, Series>();
  for (const { labels, values } of series) {
    const key = labelsKey(labels);
    const known = found.get(key);
    found.set(key, known === undefined ? { labels, values } : { labels, values: values.map((value, step) => known.values[step] ?? value) });
  }
  return [...found.values()];
}
