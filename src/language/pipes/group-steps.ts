/** What makes a table of rows: stats, top, rate and patterns, all as one kind of step. */
import { aggregateName, functionName, groupName } from './nodes.ts';
import { unsupportedAt, valueOf } from './scope.ts';
import type { Span } from '../ast.ts';
import type { Aggregate, Group, PatternsStage, RateStage, StatsStage, TopStage } from './nodes.ts';
import type { GroupKey, GroupStep, Measure, OrderKey, OutputColumn, Ref, Step, ValueType } from './plan-nodes.ts';
import type { Scope, Values } from './scope.ts';

export interface GroupParts {
  readonly scope: Scope;
  readonly values: Values;
  readonly text: string;
  readonly weighted: boolean;
}

export interface MadeTable {
  readonly steps: readonly Step[];
  readonly columns: readonly OutputColumn[];
}

type Spanned<S> = S & { readonly span?: Span };

/** Groups in the order of their keys. */
export function groupStep({ aggregates, by }: StatsStage, parts: GroupParts): MadeTable {
  checkBins(by, parts);
  const keys = by.map((group) => keyOf(group, parts));
  const measures = aggregates.map((aggregate) => measureOf(aggregate, parts));
  return {
    steps: [{ kind: 'group', keys, measures, order: ascending(keys), weighted: parts.weighted }],
    columns: [
      ...by.map((group, i) => ({ name: groupName(group), value: keys[i].out })),
      ...aggregates.map((aggregate, i) => ({ name: aggregateName(aggregate), value: measures[i].out })),
    ],
  };
}

export function rateStep({ by, span }: Spanned<RateStage>, parts: GroupParts): MadeTable {
  return groupStep({ kind: 'stats', aggregates: [{ function: 'rate', ...(span ? { span } : {}) }], by }, parts);
}

/** The most frequent first, with their share of all in percent. */
export function topSteps({ columns, count }: TopStage, parts: GroupParts): MadeTable {
  const keys = columns.map((column) => keyOf({ kind: 'field', column }, parts));
  const counted = countMeasure(parts);
  const share = { out: parts.values.made('number'), of: counted.out };
  const order = [{ value: counted.out, descending: true }, ...ascending(keys)];
  return {
    steps: [
      { kind: 'group', keys, measures: [counted], share, order, weighted: parts.weighted },
      { kind: 'limit', count },
    ],
    columns: [
      ...columns.map(({ name }, i) => ({ name, value: keys[i].out })),
      { name: 'count', value: counted.out },
      { name: 'share', value: share.out },
    ],
  };
}

/** Kinds of lines by the templates of their messages. */
export function patternsStep({ span }: Spanned<PatternsStage>, parts: GroupParts): MadeTable {
  const { scope, values, text } = parts;
  if (scope.rows === 'table') throw unsupportedAt(text, 'lines have patterns, the rows of a table have none', span);
  const pattern = values.made('pattern');
  const time = values.field('timestamp');
  const counted = countMeasure(parts);
  const share = { out: values.made('number'), of: counted.out };
  const first: Measure = { out: values.made('time'), function: 'min', value: time };
  const last: Measure = { out: values.made('time'), function: 'max', value: time };
  const step: GroupStep = {
    kind: 'group',
    keys: [{ kind: 'value', out: pattern, value: values.ofLine({ kind: 'pattern' }, 'pattern') }],
    measures: [counted, first, last],
    share,
    order: [
      { value: counted.out, descending: true },
      { value: pattern, descending: false },
    ],
    weighted: parts.weighted,
  };
  return {
    steps: [step],
    columns: [
      { name: 'pattern', value: pattern },
      { name: 'text', value: { id: pattern.id, type: 'template' } },
      { name: 'count', value: counted.out },
      { name: 'share', value: share.out },
      { name: 'first', value: first.out },
      { name: 'last', value: last.out },
    ],
  };
}

const countMeasure = ({ values }: GroupParts): Measure => ({ out: values.made('number'), function: 'count' });

const ascending = (keys: readonly GroupKey[]): OrderKey[] => keys.map(({ out }) => ({ value: out, descending: false }));

function checkBins(by: readonly Group[], { scope, text }: GroupParts): void {
  const bins = by.filter((group) => group.kind === 'bin');
  if (bins.length > 0 && scope.rows === 'table')
    throw unsupportedAt(text, 'the rows of a table have no time that could be binned', bins[0].span);
  if (bins.length > 1) throw unsupportedAt(text, 'there is one bin of time', bins[1].span);
}

function keyOf(group: Group, { scope, values, text }: GroupParts): GroupKey {
  if (group.kind === 'bin') return { kind: 'bin', out: values.made('time'), intervalMs: group.intervalMs };
  const value = valueOf(group.column, scope, values, text);
  if (value.type === 'template') throw unsupportedAt(text, 'group by the id of the pattern, not by its text', group.column.span);
  return { kind: 'value', out: values.made(value.type), value };
}

function measureOf(aggregate: Aggregate, { scope, values, text }: GroupParts): Measure {
  const { function: name, percentile, field, span } = aggregate;
  const ofLines = name === 'rate' || name === 'error_rate' || name === 'first' || name === 'last';
  if (ofLines && scope.rows === 'table')
    throw unsupportedAt(text, `${functionName(aggregate)} is of lines, not of the rows of a table`, span);
  if (name === 'error_rate') return { out: values.made('number'), function: name, value: values.field('level') };
  const value = field === undefined ? undefined : valueOf(field, scope, values, text);
  const type = value === undefined ? 'number' : typeOf(name, value);
  if (type === undefined) throw unsupportedAt(text, `${functionName(aggregate)} takes numbers; "${field?.name}" is none`, span);
  return { out: values.made(type), function: name, ...(percentile === undefined ? {} : { percentile }), ...(value ? { value } : {}) };
}

/** The type of what the function makes of such values; undefined where it takes none of them. */
function typeOf(name: Aggregate['function'], { type }: Ref): ValueType | undefined {
  const isNumber = type === 'text' || type === 'number';
  switch (name) {
    case 'count':
    case 'distinct':
    case 'rate':
    case 'error_rate':
      return 'number';
    case 'first':
    case 'last':
      return type === 'template' ? undefined : type;
    case 'min':
    case 'max':
      return isNumber ? 'number' : type === 'time' || type === 'level' ? type : undefined;
    case 'sum':
    case 'avg':
    case 'percentile':
      return isNumber ? 'number' : undefined;
    default:
      return name satisfies never;
  }
}
