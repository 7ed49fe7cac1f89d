/**
 * Regular expressions of LogQL, which are RE2's, as JavaScript's: the tree that the query language reads has no flags, names
 * and escapes left, so both mean the same. They run in linear time (`#platform/linear-regex.ts`).
 */
import { AppError } from '#base/errors.ts';
import { lastCodePoint, rangesOf } from '#language/code-points.ts';
import type { CodePointSet } from '#language/code-points.ts';
import { parseRegex, RegexError } from '#language/regex-syntax.ts';
import type { Assertion, RegexNode } from '#language/regex-syntax.ts';
import { compileLinearRegex } from '#platform/linear-regex.ts';
import { meaningError } from './errors.ts';

/** Classes such as `\pL` are some ten thousand characters where they are spelt out. */
const maxPrintedChars = 500_000;

export interface CompiledRegex {
  /** Stateless: without the flags g and y. */
  readonly expression: RegExp;
  /** Names of the groups, in their order; undefined for those without. */
  readonly captureNames: readonly (string | undefined)[];
}

/** `whole`: the value from its beginning to its end, `.` being any character; `part`: anywhere, `.` being none that ends a line. */
export function compileRegex(pattern: string, extent: 'whole' | 'part'): CompiledRegex {
  try {
    const tree = parseRegex(extent === 'whole' ? pattern : `(?-s)${pattern}`, true);
    const isMultiLine = hasLineAssertion(tree);
    const printed = printJs(tree);
    const names: (string | undefined)[] = [];
    collectNames(tree, names);
    return {
      expression: compileLinearRegex(extent === 'whole' ? `^(?:${printed})$` : printed, isMultiLine ? 'm' : '', maxPrintedChars),
      captureNames: names,
    };
  } catch (thrown) {
    if (thrown instanceof RegexError) throw meaningError(`error parsing regexp: ${thrown.message}: \`${pattern}\``);
    if (thrown instanceof AppError && thrown.code === 'bad_request') throw meaningError(`error parsing regexp: ${thrown.message}`);
    throw thrown;
  }
}

function hasLineAssertion(node: RegexNode): boolean {
  const assertions = new Set<Assertion>();
  collectAssertions(node, assertions);
  const hasLine = assertions.has('line-start') || assertions.has('line-end');
  if (hasLine && (assertions.has('text-start') || assertions.has('text-end'))) {
    throw new RegexError('ends of lines and ends of the text cannot stand in one expression');
  }
  return hasLine;
}

function collectAssertions(node: RegexNode, found: Set<Assertion>): void {
  if (node.kind === 'assert') found.add(node.assertion);
  for (const child of childrenOf(node)) collectAssertions(child, found);
}

function collectNames(node: RegexNode, names: (string | undefined)[]): void {
  if (node.kind === 'capture') names.push(node.name);
  for (const child of childrenOf(node)) collectNames(child, names);
}

function childrenOf(node: RegexNode): readonly RegexNode[] {
  if (node.kind === 'concat' || node.kind === 'alternate') return node.parts;
  return node.kind === 'repeat' || node.kind === 'capture' ? [node.child] : [];
}

const assertionTexts: Readonly<Record<Assertion, string>> = {
  'text-start': '^',
  'text-end': '$',
  'line-start': '^',
  'line-end': '$',
  'word-boundary': '\\b',
  'no-word-boundary': '\\B',
};

function printJs(node: RegexNode): string {
  switch (node.kind) {
    case 'set':
      return printSet(node.set);
    case 'assert':
      return assertionTexts[node.assertion];
    case 'concat':
      return node.parts.map((part) => (part.kind === 'alternate' ? `(?:${printJs(part)})` : printJs(part))).join('');
    case 'alternate':
      return node.parts.map(printJs).join('|');
    case 'repeat':
      return `(?:${printJs(node.child)})${printCount(node.min, node.max)}${node.isLazy ? '?' : ''}`;
    // names are told by their order: a name of RE2 need not be one of JavaScript
    case 'capture':
      return `(${printJs(node.child)})`;
    default:
      return node satisfies never;
  }
}

function printCount(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}

const lastBmp = 0xffff;

/** Code points beyond the first plane are two units of JavaScript's texts. */
function printSet(set: CodePointSet): string {
  const single: string[] = [];
  const pairs: string[] = [];
  for (const [from, to] of rangesOf(set)) {
    if (from <= lastBmp) single.push(range(from, Math.min(to, lastBmp)));
    if (to > lastBmp) pairs.push(...pairRanges(Math.max(from, lastBmp + 1), to));
  }
  const parts = [...pairs, ...(single.length > 0 ? [`[${single.join('')}]`] : [])];
  if (parts.length === 0) return '[]';
  return parts.length === 1 ? parts[0] : `(?:${parts.join('|')})`;
}

function pairRanges(from: number, to: number): string[] {
  if (from === lastBmp + 1 && to === lastCodePoint) return ['[\\ud800-\\udbff][\\udc00-\\udfff]'];
  const [high, low] = [(point: number) => 0xd800 + ((point - 0x10000) >> 10), (point: number) => 0xdc00 + ((point - 0x10000) & 0x3ff)];
  if (high(from) === high(to)) return [`${unit(high(from))}[${range(low(from), low(to))}]`];
  const first = `${unit(high(from))}[${range(low(from), 0xdfff)}]`;
  const last = `${unit(high(to))}[${range(0xdc00, low(to))}]`;
  const between = high(to) - high(from) > 1 ? [`[${range(high(from) + 1, high(to) - 1)}][\\udc00-\\udfff]`] : [];
  return [first, ...between, last];
}

const range = (from: number, to: number): string => (from === to ? unit(from) : `${unit(from)}-${unit(to)}`);
const unit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
