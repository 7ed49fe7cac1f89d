/** Values of rows in memory, and their order. */
import { utf8 } from '../byte-patterns.ts';
import { numberOfValue } from '../quantities.ts';
import type { ValueType } from './plan-nodes.ts';

/** Text, id of a pattern; number, level; time in nanoseconds; null for a number or time that is not there. */
export type PipeValue = string | number | bigint | null;

export const noPattern = '0'.repeat(16);

export function isGiven(type: ValueType, value: PipeValue): boolean {
  switch (type) {
    case 'text':
      return value !== '';
    case 'level':
      return value !== 0;
    case 'pattern':
    case 'template':
      return value !== noPattern;
    case 'number':
    case 'time':
      return value !== null;
    default:
      return type satisfies never;
  }
}

/** The number that a value is; undefined for none. */
export function numberOf(type: ValueType, value: PipeValue): number | undefined {
  if (type === 'text') return numberOfValue(value as string);
  return value === null ? undefined : Number(value);
}

/** A text that is equal exactly for equal lists of values. */
export function keyOf(values: readonly PipeValue[]): string {
  return JSON.stringify(values.map((value) => (typeof value === 'bigint' ? `${value}n` : value)));
}

/** What is missing comes last; of texts those that are numbers first, by their size; else byte by byte. */
export function compareBy(type: ValueType, a: PipeValue, b: PipeValue, descending: boolean): number {
  const sign = descending ? -1 : 1;
  const missing = type !== 'pattern' && Number(!isGiven(type, a)) - Number(!isGiven(type, b));
  if (missing !== 0 && missing !== false) return missing;
  if (type !== 'text') return sign * (isSame(a, b) ? 0 : (a as number) < (b as number) ? -1 : 1);
  const [x, y] = [numberOfValue(a as string), numberOfValue(b as string)];
  if (x === undefined || y === undefined) {
    const textual = Number(x === undefined) - Number(y === undefined);
    return textual !== 0 ? textual : sign * compareUtf8(a as string, b as string);
  }
  return sign * (x === y ? compareUtf8(a as string, b as string) : x - y);
}

const isSame = (a: PipeValue, b: PipeValue): boolean => a === b;

function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [utf8(a), utf8(b)];
  const shared = Math.min(x.length, y.length);
  for (let i = 0; i < shared; i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}
