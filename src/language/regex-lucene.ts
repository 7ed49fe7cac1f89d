/**
 * A regular expression's tree as Lucene writes it, for OpenSearch's `regexp` over a `wildcard` field. Lucene's expressions match
 * the whole text and know no assertions, so the ends of the text are said by leaving out `.*`; other assertions cannot be said.
 * Syntax: org.apache.lucene.util.automaton.RegExp.
 */
import { onlyMember, rangesOf } from './code-points.ts';
import { RegexError } from './regex-syntax.ts';
import type { CodePointSet } from './code-points.ts';
import type { RegexNode } from './regex-syntax.ts';

/** Throws RegexError for what Lucene cannot say. */
export function luceneRegex(node: RegexNode): string {
  if (node.kind === 'alternate') return node.parts.map((part) => `(${luceneRegex(part)})`).join('|');
  const parts = node.kind === 'concat' ? node.parts : [node];
  if (parts.length < 2) return parts[0] === undefined || isEdge(parts[0]) ? '.*' : `.*${printPart(parts[0])}.*`;
  const inner = parts.slice(1, -1).map(printPart).join('');
  return `${printEdge(parts[0], 'text-start')}${inner}${printEdge(parts[parts.length - 1], 'text-end')}`;
}

const isEdge = (node: RegexNode): boolean => node.kind === 'assert' && (node.assertion === 'text-start' || node.assertion === 'text-end');

/** The first or last part, with anything outside of it but where it is that end of the text. */
function printEdge(node: RegexNode, end: 'text-start' | 'text-end'): string {
  if (node.kind === 'assert' && node.assertion === end) return '';
  if (node.kind === 'alternate') return `(${node.parts.map((part) => printEdge(part, end) || '()').join('|')})`;
  const part = printPart(node);
  return end === 'text-start' ? `.*${part}` : `${part}.*`;
}

function printPart(node: RegexNode): string {
  switch (node.kind) {
    case 'set':
      return printSet(node.set);
    case 'assert':
      throw new RegexError('line ends and word boundaries inside an expression cannot be searched in the archive');
    case 'concat':
      return node.parts.length === 0 ? '()' : node.parts.map(printPart).join('');
    case 'alternate':
      return `(${node.parts.map(printPart).join('|')})`;
    case 'repeat':
      return `(${printPart(node.child)})${printCount(node.min, node.max)}`;
    case 'capture':
      return printPart(node.child);
    default:
      return node satisfies never;
  }
}

function printCount(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}

function printSet(set: CodePointSet): string {
  const only = onlyMember(set);
  if (only !== undefined) return printCodePoint(only);
  if (set.length === 0) return '#';
  return `[${rangesOf(set)
    .map(([from, to]) => (from === to ? printCodePoint(from) : `${printCodePoint(from)}-${printCodePoint(to)}`))
    .join('')}]`;
}

/** A backslash makes any character literal but letters and digits. */
function printCodePoint(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  return /[\x21-\x2f:-@[-`{-~]/.test(char) ? `\\${char}` : char;
}
