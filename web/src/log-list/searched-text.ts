/** What of a message a query has searched for, as an expression that finds it: the marks in lists and panels. */
import { resolveField } from '#language/fields.ts';
import type { QueryNode } from '#language/ast.ts';

const word = String.raw`[\p{L}\p{N}]`;
const between = String.raw`[^\p{L}\p{N}]+`;

/**
 * Words, phrases, beginnings and wildcards that a message must have; undefined where there are none. Expressions of the query
 * are left out: they are RE2's, and the browser's might take for ever over the same.
 */
export function searchedText(query: QueryNode | undefined): RegExp | undefined {
  const patterns = query === undefined ? [] : [...new Set(patternsOf(query))].filter((pattern) => pattern !== '');
  return patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'giu');
}

function patternsOf(node: QueryNode): string[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.children.flatMap(patternsOf);
    case 'word':
    case 'phrase':
      return [whole(tokensPattern(node.text))];
    case 'prefix':
      return [beginning(tokensPattern(node.text))];
    case 'wildcard':
      return [wildcard(node.pieces)];
    case 'field-equals':
      return isMessage(node.field) ? node.values.map((value) => whole(tokensPattern(value))) : [];
    case 'field-prefix':
      return isMessage(node.field) ? [beginning(tokensPattern(node.prefix))] : [];
    case 'field-wildcard':
      return isMessage(node.field) ? [wildcard(node.pieces)] : [];
    default:
      return [];
  }
}

const isMessage = (field: string): boolean => resolveField(field).kind === 'message';
const whole = (pattern: string): string => (pattern === '' ? '' : `(?<!${word})${pattern}(?!${word})`);
const beginning = (pattern: string): string => (pattern === '' ? '' : `(?<!${word})${pattern}${word}*`);

/** The text's tokens with anything but letters and digits between them. */
function tokensPattern(text: string): string {
  return (text.match(/[\p{L}\p{N}]+/gu) ?? []).join(between);
}

function wildcard(pieces: readonly string[]): string {
  const parts = pieces.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return parts.every((part) => part === '') ? '' : parts.join(`${word}*`);
}
