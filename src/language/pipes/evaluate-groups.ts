/** Groups of rows and what is computed of them, in memory. */
import { firstErrorSeverity } from '#model/severity.ts';
import { isGiven, keyOf, numberOf } from './values.ts';
import type { GroupStep, Measure, Ref } from './plan-nodes.ts';
import type { PipeRow } from './evaluate.ts';
import type { PipeValue } from './values.ts';

export interface GroupContext {
  readonly rangeSeconds: number;
  value(row: PipeRow, value: Ref): PipeValue;
  timeNs(row: PipeRow): bigint;
}

/** In no order. Without keys there is one group, also of no rows. */
export function groupRows(step: GroupStep, rows: readonly PipeRow[], context: GroupContext): PipeRow[] {
  const groups = new Map<string, { readonly keys: readonly PipeValue[]; readonly rows: PipeRow[] }>();
  if (step.keys.length === 0) groups.set('', { keys: [], rows: [...rows] });
  else {
    for (const row of rows) {
      const keys = step.keys.map((key) =>
        key.kind === 'value' ? context.value(row, key.value) : binOf(context.timeNs(row), key.intervalMs),
      );
      const name = keyOf(keys);
      const group = groups.get(name) ?? { keys, rows: [] };
      group.rows.push(row);
      groups.set(name, group);
    }
  }
  const bin = step.keys.find((key) => key.kind === 'bin');
  const seconds = bin === undefined ? context.rangeSeconds : bin.intervalMs / 1000;
  const made = [...groups.values()].map(({ keys, rows: members }) => {
    const weighted = step.weighted ? members : members.map((row) => ({ ...row, weight: 1 }));
    return new Map<number, PipeValue>([
      ...step.keys.map(({ out }, i): [number, PipeValue] => [out.id, keys[i]]),
      ...step.measures.map((measure): [number, PipeValue] => [measure.out.id, measured(measure, weighted, context, seconds)]),
    ]);
  });
  addShares(step.share, made);
  return made.map((values) => ({ line: undefined, weight: 1, values }));
}

const nsPerMs = 1_000_000n;

function binOf(timeNs: bigint, intervalMs: number): bigint {
  const step = BigInt(intervalMs);
  return (timeNs / nsPerMs / step) * step * nsPerMs;
}

function addShares(share: GroupStep['share'], groups: readonly Map<number, PipeValue>[]): void {
  if (share === undefined) return;
  const total = groups.reduce((sum, values) => sum + Number(values.get(share.of.id)), 0);
  for (const values of groups) values.set(share.out.id, total === 0 ? null : (100 * Number(values.get(share.of.id))) / total);
}

const weightOf = (rows: readonly PipeRow[]): number => rows.reduce((sum, { weight }) => sum + weight, 0);
const wholeLines = (weight: number): number => Math.floor(weight + 0.5);

function measured(
  { function: name, value, percentile }: Measure,
  rows: readonly PipeRow[],
  context: GroupContext,
  seconds: number,
): PipeValue {
  const given = (ref: Ref): PipeRow[] => rows.filter((row) => isGiven(ref.type, context.value(row, ref)));
  if (value === undefined) return name === 'rate' ? weightOf(rows) / seconds : wholeLines(weightOf(rows));
  switch (name) {
    case 'count':
      return wholeLines(weightOf(given(value)));
    case 'distinct':
      return new Set(given(value).map((row) => keyOf([context.value(row, value)]))).size;
    case 'error_rate': {
      const errors = rows.filter((row) => Number(context.value(row, value)) >= firstErrorSeverity);
      return rows.length === 0 ? null : weightOf(errors) / weightOf(rows);
    }
    case 'first':
    case 'last':
      return edge(given(value), value, name === 'first', context);
    case 'min':
    case 'max':
      return extreme(
        given(value).map((row) => context.value(row, value)),
        value,
        name === 'min',
      );
    default:
      return ofNumbers(name, rows, value, context, percentile ?? 50);
  }
}

const noValue = (type: Ref['type']): PipeValue => (type === 'text' ? '' : type === 'level' ? 0 : null);

/** Rows are lines, newest first. */
function edge(rows: readonly PipeRow[], value: Ref, isFirst: boolean, context: GroupContext): PipeValue {
  const inOrder = [...rows].sort((a, b) => (a.line as number) - (b.line as number));
  const row = inOrder.at(isFirst ? -1 : 0);
  return row === undefined ? noValue(value.type) : context.value(row, value);
}

function extreme(values: readonly PipeValue[], { type }: Ref, isMin: boolean): PipeValue {
  const comparable = type === 'text' ? values.map((value) => numberOf(type, value)).filter((number) => number !== undefined) : values;
  return (
    comparable.reduce<PipeValue>((found, value) => {
      if (found === null || value === null) return found ?? value;
      return (isMin ? value < found : value > found) ? value : found;
    }, null) ?? (type === 'level' ? 0 : null)
  );
}

interface Weighed {
  readonly number: number;
  readonly weight: number;
}

function ofNumbers(name: string, rows: readonly PipeRow[], value: Ref, context: GroupContext, percentile: number): PipeValue {
  const numbers = rows.flatMap((row): Weighed[] => {
    const number = numberOf(value.type, context.value(row, value));
    return number === undefined ? [] : [{ number, weight: row.weight }];
  });
  if (numbers.length === 0) return null;
  const sum = numbers.reduce((total, { number, weight }) => total + number * weight, 0);
  if (name === 'sum') return sum;
  if (name === 'avg') return sum / numbers.reduce((total, { weight }) => total + weight, 0);
  return quantile(numbers, percentile / 100);
}

/** The number at which the share of the weight is reached; the engine estimates it by a digest of the numbers. */
function quantile(numbers: readonly Weighed[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a.number - b.number);
  const total = sorted.reduce((sum, { weight }) => sum + Math.round(weight), 0);
  let reached = 0;
  for (const { number, weight } of sorted) {
    reached += Math.round(weight);
    if (reached >= share * total) return number;
  }
  return sorted[sorted.length - 1].number;
}
