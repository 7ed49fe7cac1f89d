/**
 * The meaning of a query: a tree of simple conditions on columns. SQL and matcher are both compiled from it, so what a
 * word, a field or a level means is decided here, once. Specification: docs/specs/query-language.md.
 */
import { AppError } from '#base/errors.ts';
import { foldText, tokenize } from '#base/text-folding.ts';
import { boundsOf, levelSpan, maxSeverity, networkTest, rangeTest, timeSpan, unsupported } from './comparisons.ts';
import { resolveField } from './fields.ts';
import { compileRegex } from './regex-program.ts';
import { parseRegex, RegexError } from './regex-syntax.ts';
import { printRegex, requiredTokens } from './regex-text.ts';
import { tokenWildcard } from './token-wildcard.ts';
import type { FieldNode, QueryNode } from './ast.ts';
import type { Bounds } from './comparisons.ts';
import type { DictionaryColumnName, FieldTarget, IdColumnName, MapColumnName } from './fields.ts';
import type { RegexNode } from './regex-syntax.ts';
import type { RequiredToken } from './regex-text.ts';
import type { TimeEdge } from './time-spans.ts';

export interface Bound<T> {
  readonly value: T;
  readonly included: boolean;
}

/** How a value is tested. `present`: not empty, for an entry of a map: there; `given`: not empty. Texts are compared byte by byte. */
export type ValueTest =
  | { readonly op: 'equals'; readonly value: string }
  | { readonly op: 'starts-with'; readonly prefix: string }
  | { readonly op: 'present' }
  | { readonly op: 'given' }
  /** The value is a number (`numberOfValue`) in the range. */
  | { readonly op: 'number'; readonly from?: Bound<number>; readonly to?: Bound<number> }
  /** The value is an internet address in the range. */
  | { readonly op: 'address'; readonly from: Bound<string>; readonly to: Bound<string> }
  /** The pieces with anything between them. */
  | { readonly op: 'like'; readonly pieces: readonly string[] }
  /** Not empty, and the expression, in its canonical form, is found in it. */
  | { readonly op: 'regex'; readonly pattern: string }
  /** Not empty, and between the texts. */
  | { readonly op: 'text'; readonly from?: Bound<string>; readonly to?: Bound<string> };

export type Condition =
  | { readonly kind: 'true' | 'false' }
  | { readonly kind: 'and' | 'or'; readonly children: readonly Condition[] }
  | { readonly kind: 'not'; readonly child: Condition }
  /** The folded tokens stand in the message one after the other; the last may be the beginning of a token. */
  | { readonly kind: 'tokens'; readonly tokens: readonly string[]; readonly lastIsPrefix: boolean }
  /** A regular expression, in its canonical form, is found in the message as it is or folded; a matching line has all of `required`. */
  | {
      readonly kind: 'pattern';
      readonly text: 'message' | 'folded';
      readonly pattern: string;
      readonly required: readonly RequiredToken[];
    }
  | { readonly kind: 'column'; readonly column: DictionaryColumnName | IdColumnName | 'message' | 'line'; readonly test: ValueTest }
  | { readonly kind: 'entry'; readonly map: MapColumnName; readonly key: string; readonly test: ValueTest }
  /** Any attribute has the value. */
  | { readonly kind: 'any-attribute'; readonly value: string }
  | { readonly kind: 'tag'; readonly test: ValueTest }
  /** Severity number from `from` to `to`, both included. */
  | { readonly kind: 'level'; readonly from: number; readonly to: number }
  /** Event time from `from` to before `to`. */
  | { readonly kind: 'time'; readonly from?: TimeEdge; readonly to?: TimeEdge }
  | { readonly kind: 'skewed'; readonly value: boolean }
  /** The message has this template: 16 hexadecimal digits. */
  | { readonly kind: 'message-pattern'; readonly id: string };

/** What the caller knows about the lines that will be looked at, which makes the condition simpler and changes nothing else. */
export interface KnownFacts {
  /** Texts that no line has as its trace_id, span_id, service or host. */
  readonly absentNames?: ReadonlySet<string>;
}

/**
 * The meaning of a node. Throws AppError `query_unsupported` where it asks for something that does not exist, such as an
 * unknown level or a comparison of text.
 */
export function conditionOf(node: QueryNode, known: KnownFacts = {}): Condition {
  switch (node.kind) {
    case 'all':
      return { kind: 'true' };
    case 'and':
    case 'or':
      return { kind: node.kind, children: node.children.map((child) => conditionOf(child, known)) };
    case 'not':
      return { kind: 'not', child: conditionOf(node.child, known) };
    case 'word':
      return wordCondition(node.text, known);
    case 'phrase':
      return tokensCondition(node.text);
    case 'prefix':
      return prefixCondition(node.text);
    case 'field-equals':
      return oneOf(node.values.map((value) => equalsCondition(resolveField(node.field), node.field, value)));
    case 'field-prefix':
      return fieldTest(resolveField(node.field), node, { op: 'starts-with', prefix: node.prefix });
    case 'wildcard':
      return wildcardCondition(checkPieces(node.pieces));
    case 'regex':
      return regexCondition(node.pattern);
    case 'field-wildcard':
      return fieldTest(resolveField(node.field), node, { op: 'like', pieces: checkPieces(node.pieces) });
    case 'field-regex':
      return fieldTest(resolveField(node.field), node, { op: 'regex', pattern: canonicalRegex(node.pattern) });
    case 'field-network': {
      const target = resolveField(node.field);
      return oneOf([equalsCondition(target, node.field, node.network), fieldTest(target, node, networkTest(node.network))]);
    }
    case 'field-exists':
      return existsCondition(resolveField(node.field), node);
    case 'field-compare':
    case 'field-range':
      return boundsCondition(resolveField(node.field), node.field, boundsOf(node));
    default:
      return node satisfies never;
  }
}

/** True where a text has a token to search for; one of punctuation only is found in every message. */
export function hasTokens(text: string): boolean {
  return tokenize(foldText(text)).length > 0;
}

function oneOf(children: readonly Condition[]): Condition {
  if (children.length === 0) return { kind: 'false' };
  return children.length === 1 ? children[0] : { kind: 'or', children };
}

function tokensCondition(text: string): Condition {
  const tokens = tokenize(foldText(text));
  return tokens.length === 0 ? { kind: 'true' } : { kind: 'tokens', tokens, lastIsPrefix: false };
}

/** `pay*` is the beginning of a token, `pay-*` the whole token. */
function prefixCondition(text: string): Condition {
  const folded = foldText(text);
  const tokens = tokenize(folded);
  if (tokens.length === 0) return { kind: 'true' };
  return { kind: 'tokens', tokens, lastIsPrefix: folded.endsWith(tokens[tokens.length - 1]) };
}

/** The ids first. */
export const bareWordColumns = ['trace_id', 'span_id', 'service', 'host'] as const;

/** The texts that `conditionOf` compares with `bareWordColumns`, for a caller that can rule some out. */
export function wordsComparedWithNames(node: QueryNode): string[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return [...new Set(node.children.flatMap(wordsComparedWithNames))];
    case 'not':
      return wordsComparedWithNames(node.child);
    case 'word':
      return hasTokens(node.text) ? [node.text] : [];
    default:
      return [];
  }
}

function wordCondition(text: string, known: KnownFacts): Condition {
  const inMessage = tokensCondition(text);
  if (inMessage.kind === 'true') return inMessage;
  const compared = known.absentNames?.has(text) === true ? [] : bareWordColumns;
  const columns = compared.map((column) => ({ kind: 'column', column, test: { op: 'equals', value: text } }) as const);
  return { kind: 'or', children: [inMessage, { kind: 'any-attribute', value: text }, ...columns] };
}

function equalsCondition(target: FieldTarget, field: string, value: string): Condition {
  switch (target.kind) {
    case 'message':
      return hasTokens(value) ? tokensCondition(value) : { kind: 'column', column: 'message', test: { op: 'equals', value } };
    case 'level':
      return { kind: 'level', ...levelSpan(field, value) };
    case 'skewed':
      if (value !== 'true' && value !== 'false') throw unsupported(field, `"${field}" is true or false, not "${value}"`);
      return { kind: 'skewed', value: value === 'true' };
    case 'time':
      return { kind: 'time', ...timeSpan(field, value) };
    case 'property':
      return isPatternId(field, value) ? { kind: 'message-pattern', id: value.toLowerCase() } : valueTest(target, { op: 'equals', value });
    default:
      return valueTest(target, { op: 'equals', value });
  }
}

/** `pattern:3f2a…`, 16 hexadecimal digits, asks for lines of a template; with other values `pattern` is any name. */
export const isPatternId = (field: string, value: string): boolean => field === 'pattern' && /^[0-9a-f]{16}$/i.test(value);

function existsCondition(target: FieldTarget, node: FieldNode): Condition {
  switch (target.kind) {
    case 'level':
      return { kind: 'level', from: 1, to: maxSeverity };
    // every line has a time and a skew flag
    case 'time':
    case 'skewed':
      return { kind: 'true' };
    default:
      return fieldTest(target, node, { op: 'present' });
  }
}

function fieldTest(target: FieldTarget, node: FieldNode, test: ValueTest): Condition {
  switch (target.kind) {
    case 'message':
      return messageTest(node, test);
    case 'level':
    case 'skewed':
    case 'time':
      throw unsupported(node.field, `"${node.field}" has no parts to search for; name a whole value`);
    default:
      return valueTest(target, test);
  }
}

function messageTest(node: FieldNode, test: ValueTest): Condition {
  switch (test.op) {
    case 'starts-with':
      return prefixCondition(test.prefix);
    case 'like':
      return wildcardCondition(test.pieces);
    case 'regex':
      return node.kind === 'field-regex' ? regexCondition(node.pattern) : { kind: 'column', column: 'message', test };
    // a message is hardly ever an address
    case 'address':
      return { kind: 'false' };
    default:
      return { kind: 'column', column: 'message', test };
  }
}

/** Throws AppError `query_unsupported` with the reason. */
function readRegex(pattern: string): RegexNode {
  try {
    const node = parseRegex(pattern);
    compileRegex(node);
    return node;
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown;
    const shown = pattern.length > shownPatternChars ? `${pattern.slice(0, shownPatternChars).toWellFormed()}…` : pattern;
    throw new AppError('query_unsupported', `the regular expression "${shown}" cannot be used: ${thrown.message}`);
  }
}

const shownPatternChars = 100;

export function canonicalRegex(pattern: string): string {
  return printRegex(readRegex(pattern));
}

function regexCondition(pattern: string): Condition {
  const node = readRegex(pattern);
  return { kind: 'pattern', text: 'message', pattern: printRegex(node), required: requiredTokens(node) };
}

/** More stars than anyone writes, and few enough for every engine's patterns. */
const maxPieces = 32;

export function checkPieces(pieces: readonly string[]): readonly string[] {
  if (pieces.length <= maxPieces) return pieces;
  throw new AppError('query_unsupported', `a text has at most ${maxPieces - 1} wildcards; write "\\*" for the character itself`);
}

function wildcardCondition(pieces: readonly string[]): Condition {
  const wildcard = tokenWildcard(pieces);
  return wildcard === undefined ? { kind: 'true' } : { kind: 'pattern', text: 'folded', ...wildcard };
}

function valueTest(target: Exclude<FieldTarget, { kind: 'message' | 'level' | 'skewed' | 'time' }>, test: ValueTest): Condition {
  switch (target.kind) {
    case 'dictionary':
    case 'id':
      return { kind: 'column', column: target.column, test };
    case 'line':
      return { kind: 'column', column: 'line', test };
    case 'tags':
      return { kind: 'tag', test };
    case 'entry':
      return { kind: 'entry', map: target.map, key: target.key, test };
    case 'property':
      return propertyCondition(target.key, test);
    default:
      return target satisfies never;
  }
}

/**
 * The attribute, or where it has no text the resource entry: one value a line, the one that `compileFieldValue` groups by.
 * Whether an attribute is there at all is asked only for the empty text, because the engine reads all names for it.
 */
function propertyCondition(key: string, test: ValueTest): Condition {
  const entry = (map: MapColumnName, entryTest: ValueTest): Condition => ({ kind: 'entry', map, key, test: entryTest });
  const eitherHas = (entryTest: ValueTest): Condition => ({
    kind: 'or',
    children: [entry('attributes', entryTest), entry('resource', entryTest)],
  });
  const hasText: ValueTest = { op: 'given' };
  if (test.op === 'present' || test.op === 'given') return eitherHas(test);
  if (test.op === 'equals' && test.value === '') {
    return { kind: 'and', children: [eitherHas({ op: 'present' }), { kind: 'not', child: eitherHas(hasText) }] };
  }
  const inResource: Condition = { kind: 'and', children: [entry('resource', test), { kind: 'not', child: entry('attributes', hasText) }] };
  return { kind: 'or', children: [entry('attributes', test), inResource] };
}

function boundsCondition(target: FieldTarget, field: string, bounds: Bounds): Condition {
  switch (target.kind) {
    case 'level':
      return levelCondition(field, bounds);
    case 'time':
      return timeCondition(field, bounds);
    case 'message':
    case 'skewed':
      throw unsupported(field, `"${field}" cannot be compared; quote the text to search for it`);
    default:
      return valueTest(target, rangeTest(field, bounds));
  }
}

/** A name of a level spans several numbers: `>` begins behind it, `<=` ends with it. Lines without a level match nothing. */
export function levelCondition(field: string, { from, to }: Bounds): Condition & { kind: 'level' | 'false' } {
  const lowest = from && levelSpan(field, from.value);
  const highest = to && levelSpan(field, to.value);
  const first = lowest === undefined ? 1 : from?.included ? lowest.from : lowest.to + 1;
  const last = highest === undefined ? maxSeverity : to?.included ? highest.to : highest.from - 1;
  return first > last ? { kind: 'false' } : { kind: 'level', from: first, to: last };
}

/** A time spans what it leaves out, in the same way. */
export function timeCondition(field: string, { from, to }: Bounds): Condition & { kind: 'time' } {
  const earliest = from && timeSpan(field, from.value);
  const latest = to && timeSpan(field, to.value);
  return {
    kind: 'time',
    ...(earliest ? { from: from?.included ? earliest.from : earliest.to } : {}),
    ...(latest ? { to: to?.included ? latest.to : latest.from } : {}),
  };
}
