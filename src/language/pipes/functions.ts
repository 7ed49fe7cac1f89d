/** The functions of `stats`: their names, and whether they take a field. */
import { nearestName } from '#base/nearest-name.ts';
import type { Aggregate, PlainFunction } from './nodes.ts';

interface FunctionFacts {
  readonly field: 'none' | 'optional' | 'required';
}

const functions: Readonly<Record<PlainFunction, FunctionFacts>> = {
  count: { field: 'optional' },
  rate: { field: 'none' },
  error_rate: { field: 'none' },
  distinct: { field: 'required' },
  sum: { field: 'required' },
  avg: { field: 'required' },
  min: { field: 'required' },
  max: { field: 'required' },
  first: { field: 'required' },
  last: { field: 'required' },
};

/** Names that other languages have for the same. */
const foreignNames: Readonly<Record<string, string>> = {
  dc: 'distinct',
  count_distinct: 'distinct',
  uniq: 'distinct',
  mean: 'avg',
  average: 'avg',
  median: 'p50',
  percentile: 'p99',
  quantile: 'p99',
  earliest: 'first',
  latest: 'last',
  total: 'sum',
};

export const functionNames: readonly string[] = [...Object.keys(functions), 'p50', 'p95', 'p99'];

/** The function of a name, in any case; `p99.9` is a percentile. */
export function functionOf(text: string): Pick<Aggregate, 'function' | 'percentile'> | undefined {
  const name = text.toLowerCase();
  if (Object.hasOwn(functions, name)) return { function: name as PlainFunction };
  const percentile = Number(/^p(\d{1,2}(?:\.\d{1,3})?)$/.exec(name)?.[1] ?? 0);
  return percentile > 0 ? { function: 'percentile', percentile } : undefined;
}

export function fieldRule(name: Aggregate['function']): FunctionFacts['field'] {
  return name === 'percentile' ? 'required' : functions[name].field;
}

/** What was probably meant. */
export function nearestFunction(text: string): string | undefined {
  const name = text.toLowerCase();
  return Object.hasOwn(foreignNames, name) ? foreignNames[name] : nearestName(name, functionNames);
}
