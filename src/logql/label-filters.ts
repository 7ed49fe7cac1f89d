/** `| status >= 500 and (method="GET" or took > 1s)`: filters on the labels of a line. */
import type { CompareOperator, LabelFilter } from './ast.ts';
import { compileAddresses } from './address-filter.ts';
import { labelTest } from './label-tests.ts';
import type { LineLabels } from './line-labels.ts';
import { parseSeconds, parseSize } from './quantities.ts';

export type LabelPredicate = (labels: LineLabels) => boolean;

/** Error of a value that is no number, duration or size: as in Loki, the line stays, with the error as a label. */
export const labelFilterError = 'LabelFilterErr';

export function compileLabelFilter(filter: LabelFilter): LabelPredicate {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const [left, right] = [compileLabelFilter(filter.left), compileLabelFilter(filter.right)];
      return filter.kind === 'and' ? (labels) => left(labels) && right(labels) : (labels) => left(labels) || right(labels);
    }
    case 'text': {
      const { name } = filter.matcher;
      const passes = labelTest(filter.matcher);
      return (labels) => passes(labels.get(name));
    }
    case 'number':
      return quantityFilter(filter, parseFloatStrictly);
    case 'duration':
      return quantityFilter(filter, parseSeconds);
    case 'bytes':
      return quantityFilter(filter, parseSize);
    case 'address': {
      const { matches } = compileAddresses(filter.network);
      const wanted = filter.operator === '=';
      return (labels) => labels.has(filter.name) && matches(labels.get(filter.name)) === wanted;
    }
    default:
      return filter satisfies never;
  }
}

/** As Go's ParseFloat: the whole text. */
export function parseFloatStrictly(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function quantityFilter(
  { name, operator, value: wanted }: LabelFilter & { kind: 'number' | 'duration' | 'bytes' },
  read: (text: string) => number | undefined,
): LabelPredicate {
  const compare = comparison(operator);
  return (labels) => {
    if (labels.error !== '') return true;
    const text = labels.get(name);
    if (text === '') return false;
    const value = read(text);
    if (value === undefined) {
      labels.fail(labelFilterError, `cannot read ${JSON.stringify(text)} of label "${name}"`);
      return true;
    }
    return compare(value, wanted);
  };
}

export function comparison(operator: CompareOperator): (a: number, b: number) => boolean {
  switch (operator) {
    case '==':
      return (a, b) => a === b;
    case '!=':
      return (a, b) => a !== b;
    case '>':
      return (a, b) => a > b;
    case '>=':
      return (a, b) => a >= b;
    case '<':
      return (a, b) => a < b;
    case '<=':
      return (a, b) => a <= b;
    default:
      return operator satisfies never;
  }
}
