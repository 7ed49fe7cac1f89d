/** Characters of the query text that lexer and printer must agree on, and its syntax error. */
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';

/** A field name that needs no quotes; at least its last character must not be a hyphen. */
export const plainFieldName = /^[\p{L}_@$](?:[\p{L}\p{N}_.@$/-]*[\p{L}\p{N}_.@$/])?$/u;
/** Values and prefixes that are printed without quotes. */
export const plainValue = /^[\p{L}\p{N}_@.][\p{L}\p{N}_@./-]*$/u;

const operators: ReadonlyMap<string, 'and' | 'or' | 'not'> = new Map([
  ['AND', 'and'],
  ['OR', 'or'],
  ['NOT', 'not'],
  ['&&', 'and'],
  ['||', 'or'],
]);

/** The operator that a word is. */
export function operatorOf(word: string): 'and' | 'or' | 'not' | undefined {
  return operators.get(word);
}

/** Lucene's weight of a term, where the term ends. */
export const boost = /\^\d+(?:\.\d+)?(?=[\s)]|$)/y;
/** Lucene's mark of a fuzzy word. */
export const fuzzyEnd = /[\p{L}\p{N}]~(?:\d+(?:\.\d+)?)?$/u;
/** A backslash makes these stand for themselves; before anything else it is a backslash. */
export const escapable = /^[\s!-/:-@[-`{-~]$/;

export interface SyntaxErrorFacts {
  /** UTF-16 offset into the query. */
  readonly position: number;
  readonly length: number;
  readonly expected?: string;
  readonly code?: ErrorCode;
  readonly details?: Readonly<Record<string, unknown>>;
}

const shownChars = 24;

/**
 * AppError `query_syntax` (or the code given) with details {position, length, expected}; the message names the
 * character, counted from 1, and shows the text that starts there.
 */
export function querySyntaxError(query: string, message: string, facts: SyntaxErrorFacts): AppError {
  const { position, length, expected, code = 'query_syntax', details } = facts;
  const rest = query.slice(position, position + shownChars).toWellFormed();
  const shown =
    position >= query.length ? 'at the end' : `at character ${position + 1}, "${rest}${query.length > position + shownChars ? '…' : ''}"`;
  return new AppError(code, `${message} (${shown})`, {
    details: { ...details, position, length, ...(expected === undefined ? {} : { expected }) },
  });
}
