/** The stages' own grammar, but for `where`, which is a query. */
import { parseDurationMs } from '#base/units.ts';
import { fieldRule, functionNames, functionOf, nearestFunction } from './functions.ts';
import { defaultTopCount, functionName } from './nodes.ts';
import { splitTemplate } from './template.ts';
import type { Aggregate, ColumnName, Group, ParseStage, SortKey, Stage, StageKind } from './nodes.ts';
import type { StageReader } from './stage-reader.ts';

/** Behind the stage's name, up to where it can go on no further. */
export function parseStage(kind: Exclude<StageKind, 'where'>, reader: StageReader): Stage {
  switch (kind) {
    case 'fields':
    case 'dedup':
      return { kind, columns: reader.list(() => reader.column()) };
    case 'sort':
      reader.takeKeyword('by');
      return { kind, keys: reader.list(() => sortKey(reader)) };
    case 'limit':
      return { kind, count: reader.count('a number of rows, from 1') };
    case 'parse':
      return parseTemplate(reader);
    case 'stats': {
      const aggregates = reader.list(() => aggregate(reader));
      return { kind, aggregates, by: groups(reader) };
    }
    case 'top': {
      const count = reader.token.kind === 'number' ? reader.count('a number of rows, from 1') : defaultTopCount;
      if (!reader.takeKeyword('by')) throw reader.unexpected('by');
      return { kind, count, columns: reader.list(() => reader.column()) };
    }
    case 'rate':
      return { kind, by: groups(reader) };
    case 'patterns':
      return { kind };
    default:
      return kind satisfies never;
  }
}

function sortKey(reader: StageReader): SortKey {
  const isMinus = reader.isSign('-');
  if (isMinus) reader.next();
  const column = reader.column();
  const isDescending = reader.takeKeyword('desc');
  if (!isDescending) reader.takeKeyword('asc');
  return Object.freeze({ column, order: isDescending || isMinus ? 'desc' : 'asc' });
}

function aggregate(reader: StageReader): Aggregate {
  const { token } = reader;
  if (token.kind !== 'name') throw reader.unexpected('a function such as count() or p99(latency_ms)');
  const made = functionOf(token.text);
  if (made === undefined) {
    const nearest = nearestFunction(token.text);
    const advice = nearest === undefined ? `there are ${functionNames.join(', ')}` : `did you mean "${nearest}"?`;
    throw reader.error(`there is no function "${token.text.slice(0, 40)}"; ${advice}`, token, functionNames.join(', '), nearest);
  }
  reader.takeTerm();
  reader.next();
  const field = argument(reader, made);
  const span = { start: token.start, end: reader.lastEnd };
  const as = reader.alias();
  return Object.freeze({ ...made, ...(field ? { field } : {}), ...(as === undefined ? {} : { as }), span });
}

/** `(field)` or `()`; a function without field may be written without parentheses. */
function argument(reader: StageReader, made: Pick<Aggregate, 'function' | 'percentile'>): ColumnName | undefined {
  const rule = fieldRule(made.function);
  const name = functionName(made);
  if (!reader.isSign('(')) {
    if (rule === 'required') throw reader.error(`${name} needs a field: ${name}(latency_ms)`, reader.token, '(');
    return undefined;
  }
  reader.next();
  const isEmpty = reader.isSign(')');
  if (isEmpty && rule === 'required') throw reader.error(`${name} needs a field: ${name}(latency_ms)`, reader.token, 'a field');
  if (!isEmpty && rule === 'none') throw reader.error(`${name} takes no field`, reader.token, ')');
  const field = isEmpty ? undefined : reader.column('a field');
  reader.expectSign(')');
  return field;
}

function groups(reader: StageReader): readonly Group[] {
  return reader.takeKeyword('by') ? reader.list(() => group(reader)) : Object.freeze([]);
}

function group(reader: StageReader): Group {
  const bin = reader.isKeyword('bin') ? binOrName(reader) : undefined;
  const key = bin ?? ({ kind: 'field', column: reader.column('a field or bin(5m)') } as const);
  const as = reader.alias();
  return Object.freeze({ ...key, ...(as === undefined ? {} : { as }) });
}

/** `bin(5m)`, or a field of that name. */
function binOrName(reader: StageReader): Group {
  const { start, end } = reader.token;
  reader.takeTerm();
  reader.next();
  if (!reader.isSign('(')) return { kind: 'field', column: Object.freeze({ name: 'bin', span: { start, end } }) };
  reader.next();
  const { token } = reader;
  const intervalMs = token.kind === 'number' && !/^[\d.]+$/.test(token.text) ? parseDurationMs(token.text) : undefined;
  if (intervalMs === undefined || !Number.isSafeInteger(intervalMs) || intervalMs < 1)
    throw reader.error('a bin is a duration of whole milliseconds, such as bin(30s), bin(5m) or bin(1d)', token, 'a duration');
  reader.next();
  reader.expectSign(')');
  return { kind: 'bin', intervalMs, span: { start, end: reader.lastEnd } };
}

function parseTemplate(reader: StageReader): ParseStage {
  const { token } = reader;
  if (token.kind !== 'string') throw reader.unexpected('a "text with <name>s"');
  reader.next();
  const { texts, places } = splitTemplate(token.text);
  const named = places.filter(({ name }) => name !== undefined);
  if (named.length === 0) throw reader.error('the text has no place with a name, such as <user>', token, '<name>');
  if (texts.slice(1, -1).includes('')) throw reader.error('between two places there must be a text', token, 'a text between the places');
  const from = reader.takeKeyword('from') ? reader.column() : undefined;
  const { start } = reader.token;
  const renamed = reader.takeKeyword('as') ? reader.list(() => reader.column()) : undefined;
  if (renamed !== undefined && renamed.length !== named.length) {
    const message = `"as" names the places in their order: there are ${named.length}, not ${renamed.length}`;
    throw reader.error(message, { start, end: reader.lastEnd }, `${named.length} names`);
  }
  const names = renamed ?? named.map(({ name }) => columnOf(reader, name as string, token));
  const repeated = names.find(({ name }, i) => names.findIndex((other) => other.name === name) !== i);
  if (repeated !== undefined) throw reader.error(`two places are called "${repeated.name}"`, repeated.span ?? token, 'another name');
  let next = 0;
  const columns = places.map(({ name }) => (name === undefined ? undefined : names[next++]));
  return { kind: 'parse', texts: Object.freeze(texts), places: Object.freeze(columns), ...(from ? { from } : {}) };
}

/** A place has no span of its own: escapes move what is behind them. */
function columnOf(reader: StageReader, name: string, { start, end }: { readonly start: number; readonly end: number }): ColumnName {
  reader.takeTerm();
  return Object.freeze({ name, span: { start, end } });
}
