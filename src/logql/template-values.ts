/** Values of templates and how they are printed: as Go prints them. */
import type { JsonTree } from './json-text.ts';
import { formatGoTime } from './go-time.ts';
import { printNumber } from './quantities.ts';

/** A moment. */
export class TemplateTime {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }
}

export type TemplateValue = string | number | boolean | undefined | TemplateTime | readonly TemplateValue[] | TemplateMap;
export type TemplateMap = ReadonlyMap<string, TemplateValue>;

/** What a function was given that it cannot use. */
export class TemplateError extends Error {}

export function printValue(value: TemplateValue): string {
  if (value === undefined) return '<no value>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return printNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (value instanceof TemplateTime) return formatGoTime(value.ns, '2006-01-02 15:04:05.999999999 -0700 MST');
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  return `map[${[...(value as TemplateMap)].map(([key, entry]) => `${key}:${printValue(entry)}`).join(' ')}]`;
}

export function isTrue(value: TemplateValue): boolean {
  if (value === undefined || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return value instanceof Map ? value.size > 0 : true;
}

export function numberOf(value: TemplateValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  // as sprig: what is no number counts as 0
  const number = typeof value === 'string' ? Number(value.trim() === '' ? 0 : value) : 0;
  return Number.isNaN(number) ? 0 : number;
}

export const textOf = (value: TemplateValue): string => (value === undefined ? '' : printValue(value));

export function timeOf(value: TemplateValue): TemplateTime {
  if (value instanceof TemplateTime) return value;
  if (typeof value === 'number') return new TemplateTime(BigInt(Math.trunc(value)) * 1_000_000_000n);
  throw new TemplateError(`expected a time, not ${printValue(value)}`);
}

export function memberOf(value: TemplateValue, name: string): TemplateValue {
  if (value instanceof Map) return (value as TemplateMap).get(name);
  throw new TemplateError(`can't evaluate field ${name} in ${printValue(value)}`);
}

export function valueOfJson(tree: JsonTree): TemplateValue {
  switch (tree.kind) {
    case 'object':
      return new Map(tree.members.map(([key, member]) => [key, valueOfJson(member)]));
    case 'array':
      return tree.elements.map(valueOfJson);
    case 'number':
      return Number(tree.text);
    case 'boolean':
      return tree.text === 'true';
    case 'null':
      return undefined;
    default:
      return tree.text;
  }
}
