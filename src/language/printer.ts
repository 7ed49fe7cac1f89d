/**
 * AST → query text. `parseQuery(printQuery(node))` equals a canonical node but for spans, and equal canonical nodes
 * print alike, so the text also serves as a cache key.
 */
import { parseNetwork } from './addresses.ts';
import { isComparable } from './comparisons.ts';
import { operatorOf, plainFieldName, plainValue } from './query-text.ts';
import type { QueryNode, RangeBound } from './ast.ts';

const precedence = { or: 1, and: 2, not: 3 } as const;

/** The canonical text of a query; all lines print as `*`. */
export function printQuery(node: QueryNode): string {
  switch (node.kind) {
    case 'all':
      return '*';
    case 'and':
      return node.children.map((child) => printWithin(child, precedence.and)).join(' AND ');
    case 'or':
      return node.children.map((child) => printWithin(child, precedence.or)).join(' OR ');
    case 'not':
      return `NOT ${printWithin(node.child, precedence.not)}`;
    case 'word':
      return printWord(node.text);
    case 'phrase':
      return quote(node.text);
    case 'prefix':
      return printPrefix(node.text);
    case 'wildcard':
      return printPieces(node.pieces);
    case 'regex':
      return printRegexText(node.pattern);
    case 'field-equals':
      return `${printField(node.field)}:${printValues(node.values)}`;
    case 'field-prefix':
      return `${printField(node.field)}:${printPrefix(node.prefix)}`;
    case 'field-wildcard':
      return `${printField(node.field)}:${printPieces(node.pieces)}`;
    case 'field-regex':
      return `${printField(node.field)}:${printRegexText(node.pattern)}`;
    case 'field-network':
      return `${printField(node.field)}:${node.network}`;
    case 'field-exists':
      return `${printField(node.field)}:*`;
    case 'field-compare':
      return plainFieldName.test(node.field) && isComparable(node.field, node.value)
        ? `${node.field}${node.operator}${printValue(node.value)}`
        : `${printField(node.field)}:${node.operator}${printValue(node.value)}`;
    case 'field-range': {
      const { from, to } = node;
      return `${printField(node.field)}:${from.included ? '[' : '{'}${printBound(from)} TO ${printBound(to)}${to.included ? ']' : '}'}`;
    }
    default:
      return node satisfies never;
  }
}

function printWithin(node: QueryNode, outer: number): string {
  const text = printQuery(node);
  const isWeaker = (node.kind === 'or' || node.kind === 'and') && precedence[node.kind] < outer;
  return isWeaker ? `(${text})` : text;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function printWord(text: string): string {
  return operatorOf(text) === undefined ? printPlain(text).replace(/^[-/!+]/, '\\$&') : `\\${text}`;
}

/** A piece of a word; what has a meaning between words is escaped by printWord. */
function printPlain(text: string): string {
  return text.replace(/[\s()"\\*:<>^~|]/g, '\\$&');
}

function printPieces(pieces: readonly string[]): string {
  return pieces
    .map(printPlain)
    .join('*')
    .replace(/^[-/!+[{]/, '\\$&');
}

/** The lexer makes every slash of a pattern from `\/`. */
function printRegexText(pattern: string): string {
  return `/${pattern.replaceAll('/', '\\/')}/`;
}

function printPrefix(text: string): string {
  return plainValue.test(text) ? `${text}*` : `${quote(text)}*`;
}

function printField(field: string): string {
  return plainFieldName.test(field) && field !== '_exists_' ? field : quote(field);
}

function printValue(value: string): string {
  if (parseNetwork(value) !== undefined) return quote(value);
  return plainValue.test(value) && operatorOf(value) === undefined ? value : quote(value);
}

function printValues(values: readonly string[]): string {
  return values.length === 1 ? printValue(values[0]) : `(${values.map(printValue).join(' OR ')})`;
}

function printBound({ value }: RangeBound): string {
  return value === 'TO' ? quote(value) : printValue(value);
}
