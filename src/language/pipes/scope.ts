/** What names mean at a place of a pipeline: fields of lines and what was parsed out of them, or columns of a table. */
import type { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { resolveField } from '../fields.ts';
import { querySyntaxError } from '../query-text.ts';
import type { Span } from '../ast.ts';
import type { ColumnName } from './nodes.ts';
import type { LineValue, OutputColumn, Ref, ValueType } from './plan-nodes.ts';

/** Gives out the numbers of values; the same value of lines has one number. */
export class Values {
  readonly lineValues: (LineValue | undefined)[] = [];
  readonly #known = new Map<string, Ref>();

  /** A value that a step makes. */
  made(type: ValueType): Ref {
    this.lineValues.push(undefined);
    return Object.freeze({ id: this.lineValues.length - 1, type });
  }

  ofLine(value: LineValue, type: ValueType): Ref {
    const key = JSON.stringify(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.lineValues.push(value);
    const ref = Object.freeze({ id: this.lineValues.length - 1, type });
    this.#known.set(key, ref);
    return ref;
  }

  field(name: string): Ref {
    const { kind } = resolveField(name);
    return this.ofLine({ kind: 'field', field: name }, kind === 'time' || kind === 'level' ? kind : 'text');
  }
}

export interface Scope {
  readonly rows: 'lines' | 'table';
  /** Columns that stages before have made. */
  readonly columns: readonly OutputColumn[];
}

/** The value of a name. In a table that has no such column, throws AppError `query_unsupported` with its place. */
export function valueOf(name: ColumnName, { rows, columns }: Scope, values: Values, text: string): Ref {
  const column = columns.find((known) => known.name === name.name);
  if (column !== undefined) return column.value;
  if (rows === 'lines') return values.field(name.name);
  throw unknownColumn(name, columns, text);
}

export function unknownColumn({ name, span }: ColumnName, columns: readonly OutputColumn[], text: string): AppError {
  const names = columns.map((known) => known.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `it has ${names.map((known) => `"${known}"`).join(', ')}` : `did you mean "${nearest}"?`;
  return unsupportedAt(text, `the table has no column "${name.slice(0, 80)}"; ${advice}`, span, nearest);
}

/** AppError `query_unsupported` with its place. */
export function unsupportedAt(text: string, message: string, span: Span | undefined, suggestion?: string): AppError {
  const details = suggestion === undefined ? {} : { suggestion };
  const { start, end } = span ?? { start: text.length, end: text.length };
  return querySyntaxError(text, message, { position: start, length: end - start, code: 'query_unsupported', details });
}
