/**
 * LogQL text → expression, in time linear in its length. Grammar: grafana/loki, pkg/logql/syntax/syntax.y. Every refusal is
 * an AppError `query_syntax` (or `limit_exceeded`) in Loki's words.
 */
import type {
  BinaryExpression,
  BinaryOperator,
  Expression,
  Grouping,
  LogExpression,
  MetricExpression,
  RangeExpression,
  RangeOperation,
  Unwrap,
  VectorExpression,
  VectorMatching,
  VectorOperation,
} from './ast.ts';
import { rangeOperations, vectorOperations } from './ast.ts';
import { checkExpression } from './check.ts';
import { isUnwrap, parseLog, parseSelector, parseStages, parseUnwrap } from './log-parser.ts';
import { TokenReader } from './token-reader.ts';

export function parseLogQl(text: string): Expression {
  const reader = new TokenReader(text);
  const expression = parseAny(reader);
  if (reader.next.kind !== 'end') throw reader.unexpected('$end');
  checkExpression(expression);
  return expression;
}

/** A query that selects lines, as the label and tail endpoints take. */
export function parseLogExpression(text: string): LogExpression {
  const reader = new TokenReader(text);
  if (!startsLog(reader)) throw reader.unexpected('{');
  const expression = parseEnclosedLog(reader);
  if (reader.next.kind !== 'end') throw reader.unexpected('$end');
  checkExpression(expression);
  return expression;
}

function parseAny(reader: TokenReader): Expression {
  return startsLog(reader) ? parseEnclosedLog(reader) : parseBinary(reader, 0);
}

/** A selector behind any number of parentheses. */
function startsLog(reader: TokenReader): boolean {
  const start = reader.place;
  while (reader.isOperator('(')) reader.take();
  const isLog = reader.isOperator('{');
  reader.goTo(start);
  return isLog;
}

function parseEnclosedLog(reader: TokenReader): LogExpression {
  if (!reader.isOperator('(')) return parseLog(reader);
  return reader.nested(() => {
    reader.take();
    const log = parseEnclosedLog(reader);
    reader.expect(')');
    return { ...log, stages: [...log.stages, ...parseStages(reader)] };
  });
}

/** From weak to strong; `^` alone binds to the right. */
const precedence: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '>=', '<', '<='],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
];

function parseBinary(reader: TokenReader, level: number): MetricExpression {
  if (level === precedence.length) return parseUnary(reader);
  let left = parseBinary(reader, level + 1);
  while (isOneOf(reader, precedence[level])) {
    const operator = reader.take().text as BinaryOperator;
    const modifier = parseModifier(reader);
    const right = operator === '^' ? reader.nested(() => parseBinary(reader, level)) : parseBinary(reader, level + 1);
    left = { kind: 'binary', operator, left, right, ...modifier };
  }
  return left;
}

function isOneOf(reader: TokenReader, signs: readonly string[]): boolean {
  return (reader.next.kind === 'operator' || reader.next.kind === 'identifier') && signs.includes(reader.next.text);
}

/** `bool on (a) group_left (b)`. */
function parseModifier(reader: TokenReader): Pick<BinaryExpression, 'isBool' | 'matching'> {
  const isBool = reader.skip('bool');
  if (!reader.isWord('on', 'ignoring')) return { isBool };
  const on = reader.take().text === 'on';
  const labels = parseLabelList(reader);
  if (!reader.isWord('group_left', 'group_right')) return { isBool, matching: { on, labels, include: [] } };
  const group: VectorMatching['group'] = reader.take().text === 'group_left' ? 'left' : 'right';
  return { isBool, matching: { on, labels, group, include: reader.isOperator('(') ? parseLabelList(reader) : [] } };
}

function parseLabelList(reader: TokenReader): string[] {
  reader.expect('(');
  const labels: string[] = [];
  if (reader.skip(')')) return labels;
  do labels.push(reader.expectKind('identifier').text);
  while (reader.skip(','));
  reader.expect(')', ',');
  return labels;
}

function parseUnary(reader: TokenReader): MetricExpression {
  const { next } = reader;
  if (reader.isOperator('-', '+')) {
    reader.take();
    const { value } = reader.expectKind('number');
    return { kind: 'number', value: next.text === '-' ? -value : value };
  }
  if (next.kind === 'number') return { kind: 'number', value: reader.take().value };
  if (reader.isOperator('(')) {
    return reader.nested(() => {
      reader.take();
      const inner = parseBinary(reader, 0);
      reader.expect(')');
      return inner;
    });
  }
  if (next.kind !== 'identifier') throw reader.unexpected();
  return reader.nested(() => parseFunction(reader));
}

const isOneOfNames = <T extends string>(names: readonly T[], name: string): name is T => (names as readonly string[]).includes(name);

function parseFunction(reader: TokenReader): MetricExpression {
  const { text: name } = reader.next;
  if (isOneOfNames(rangeOperations, name)) return parseRangeAggregation(reader, name);
  if (isOneOfNames(vectorOperations, name)) return parseVectorAggregation(reader, name);
  if (name === 'label_replace') return parseLabelReplace(reader);
  if (name === 'vector') {
    reader.take();
    reader.expect('(');
    const value = parseNumber(reader);
    reader.expect(')');
    return { kind: 'vector-of', value };
  }
  throw reader.unexpected();
}

function parseNumber(reader: TokenReader): number {
  const isNegative = reader.skip('-');
  const { value } = reader.expectKind('number');
  return isNegative ? -value : value;
}

function parseRangeAggregation(reader: TokenReader, operation: RangeOperation): RangeExpression {
  reader.take();
  reader.expect('(');
  const parameter = parseParameter(reader);
  const range = parseRange(reader);
  reader.expect(')');
  return { kind: 'range', operation, ...parameter, ...range, ...parseGrouping(reader) };
}

/** The number before the operand, with its comma. */
function parseParameter(reader: TokenReader): { readonly parameter?: number } {
  const isNumber = reader.next.kind === 'number' && reader.second.text === ',';
  if (!isNumber) return {};
  const { value } = reader.take();
  reader.take();
  return { parameter: value };
}

type Range = Pick<RangeExpression, 'log' | 'unwrap' | 'rangeMs' | 'offsetMs'>;

/** A selector, its stages, an unwrap and a range, which may stand behind the selector or behind all; and parentheses. */
function parseRange(reader: TokenReader): Range {
  if (reader.isOperator('(')) return reader.nested(() => parseEnclosedRange(reader));
  const matchers = parseSelector(reader);
  const early = reader.isOperator('[') ? parseWindow(reader) : undefined;
  const stages = parseStages(reader);
  const unwrap = parseOptionalUnwrap(reader);
  return { log: { kind: 'log', matchers, stages }, ...unwrap, ...(early ?? parseWindow(reader)) };
}

/** `({…} | json | unwrap x)[5m]` or `({…}[5m])`. */
function parseEnclosedRange(reader: TokenReader): Range {
  reader.take();
  const start = reader.place;
  const log = parseEnclosedLog(reader);
  if (reader.isOperator('[')) {
    reader.goTo(start);
    const range = parseRange(reader);
    reader.expect(')');
    return range;
  }
  const unwrap = parseOptionalUnwrap(reader);
  if (reader.isOperator('[')) {
    const window = parseWindow(reader);
    reader.expect(')');
    return { log, ...unwrap, ...window };
  }
  reader.expect(')', '|');
  return { log, ...unwrap, ...parseWindow(reader) };
}

function parseOptionalUnwrap(reader: TokenReader): { readonly unwrap?: Unwrap } {
  return isUnwrap(reader) ? { unwrap: parseUnwrap(reader) } : {};
}

/** `[5m] offset 1h`. */
function parseWindow(reader: TokenReader): Pick<Range, 'rangeMs' | 'offsetMs'> {
  reader.expect('[');
  const rangeMs = reader.expectKind('duration').value * 1000;
  reader.expect(']');
  if (!reader.skip('offset')) return { rangeMs: roundMs(rangeMs), offsetMs: 0 };
  const isNegative = reader.skip('-');
  const offsetMs = roundMs(reader.expectKind('duration').value * 1000);
  return { rangeMs: roundMs(rangeMs), offsetMs: isNegative ? -offsetMs : offsetMs };
}

/** To nanoseconds: parts of a second do not add up exactly. */
const roundMs = (ms: number): number => Math.round(ms * 1e6) / 1e6;

function parseGrouping(reader: TokenReader): { readonly grouping?: Grouping } {
  if (!reader.isWord('by', 'without')) return {};
  const without = reader.take().text === 'without';
  return { grouping: { without, labels: parseLabelList(reader) } };
}

function parseVectorAggregation(reader: TokenReader, operation: VectorOperation): VectorExpression {
  reader.take();
  const before = parseGrouping(reader);
  reader.expect('(', ...(before.grouping ? [] : ['by', 'without']));
  const parameter = parseParameter(reader);
  const operand = parseBinary(reader, 0);
  reader.expect(')');
  const after = before.grouping === undefined ? parseGrouping(reader) : before;
  return { kind: 'vector', operation, ...parameter, operand, ...after };
}

function parseLabelReplace(reader: TokenReader): MetricExpression {
  reader.take();
  reader.expect('(');
  const operand = parseBinary(reader, 0);
  const texts: string[] = [];
  for (let index = 0; index < 4; index++) {
    reader.expect(',');
    texts.push(reader.expectKind('string').text);
  }
  reader.expect(')');
  const [target, replacement, source, pattern] = texts;
  return { kind: 'label-replace', operand, target, replacement, source, pattern };
}
