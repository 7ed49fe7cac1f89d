/**
 * What is being typed at a place of the query, and what could be there: a field's name or one of its values. The rest of
 * the query tells by which lines candidates are ranked.
 */
import { plainFieldName, plainValue } from '#language/query-text.ts';
import { printQuery } from '#language/printer.ts';
import { leaf } from '#language/ast.ts';
import { tryParse } from './edit-filters.ts';

export interface CompletionPoint {
  /** Values of this field; undefined: names of fields (and recent words). */
  readonly field: string | undefined;
  /** What has been typed of it, without quotes. */
  readonly prefix: string;
  /** What a chosen candidate takes the place of. */
  readonly from: number;
  readonly to: number;
  /** The query without the term that is being typed: the lines that candidates are counted in. */
  readonly rest: string;
}

const fieldName = String.raw`(?:"((?:[^"\\]|\\.)+)"|([\p{L}_@$][\p{L}\p{N}_.@$/-]*))`;
/** `field:`, `field>=`, then perhaps a list of values, then what is typed. */
const valuePattern = new RegExp(
  String.raw`(?:^|[\s(!+-])(${fieldName}(?::(?:>=|<=|>|<)?|>=|<=|>|<)(\((?:[^()"]|"(?:[^"\\]|\\.)*")*[\s(])?)(?:(")((?:[^"\\]|\\.)*)|([^\s()"]*))$`,
  'u',
);
const namePattern = /(?:^|[\s(!+-])([\p{L}_@$][\p{L}\p{N}_.@$/-]*)$/u;

/** Undefined where nothing can be completed: within a phrase, behind a blank. */
export function completionAt(text: string, position: number): CompletionPoint | undefined {
  const before = text.slice(0, position);
  return valueAt(text, before) ?? nameAt(text, before);
}

function valueAt(text: string, before: string): CompletionPoint | undefined {
  const match = valuePattern.exec(before);
  if (match === null) return undefined;
  const [, head, quotedName, name, list = '', quote = '', quoted, bare] = match;
  const typed = quoted ?? bare;
  const from = before.length - quote.length - typed.length;
  const to = endOfValue(text, before.length, quote !== '');
  const start = from - head.length;
  const end = list === '' ? to : closingParenthesis(text, to);
  return {
    field: name ?? quotedName.replace(/\\(.)/g, '$1'),
    prefix: typed.replace(/\\(.)/g, '$1'),
    from,
    to,
    rest: restOf(text, start, end),
  };
}

function nameAt(text: string, before: string): CompletionPoint | undefined {
  const match = namePattern.exec(before);
  if (match === null || isInPhrase(before)) return undefined;
  const [, typed] = match;
  const from = before.length - typed.length;
  const to = from + (/^[\p{L}\p{N}_.@$/-]+/u.exec(text.slice(from))?.[0].length ?? typed.length);
  return { field: undefined, prefix: typed, from, to, rest: restOf(text, from, to) };
}

function isInPhrase(before: string): boolean {
  return (before.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1;
}

function endOfValue(text: string, position: number, isQuoted: boolean): number {
  const rest = text.slice(position);
  const length = isQuoted ? (/^(?:[^"\\]|\\.)*"/.exec(rest)?.[0].length ?? 0) : (/^[^\s()"]*/.exec(rest)?.[0].length ?? 0);
  return position + length;
}

function closingParenthesis(text: string, position: number): number {
  const close = text.indexOf(')', position);
  return close < 0 ? text.length : close + 1;
}

/** A rest that cannot be read is no selection: candidates are counted in all lines then. */
function restOf(text: string, start: number, end: number): string {
  const rest = `${text
    .slice(0, start)
    .replace(/[-!+]$/, '')
    .replace(/\b(?:AND|OR|NOT)\s*$/, '')} ${text.slice(end).replace(/^\s*(?:AND|OR)\b/, '')}`.trim();
  return tryParse(rest) === undefined ? '' : rest;
}

/** A field's name as the beginning of a term. */
export function fieldInsert(name: string): string {
  return plainFieldName.test(name) && name !== '_exists_' ? `${name}:` : `"${name.replace(/["\\]/g, '\\$&')}":`;
}

/** A value as it stands behind the field's colon. */
export function valueInsert(value: string): string {
  if (plainValue.test(value)) return printQuery(leaf({ kind: 'field-equals', field: 'f', values: [value] })).slice('f:'.length);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
