/** Conditions over the values that stages have made; what names none of them is a condition on the line. */
import { AppError } from '#base/errors.ts';
import { boundsOf, levelSpan, maxSeverity, networkTest, rangeTest, timeSpan, unsupported } from '../comparisons.ts';
import { canonicalRegex, checkPieces, conditionOf, isPatternId, levelCondition, timeCondition } from '../conditions.ts';
import { quantityOf } from '../quantities.ts';
import { withFixedTimes } from '../query-times.ts';
import { resolveEdge } from '../time-spans.ts';
import type { Bounds } from '../comparisons.ts';
import type { FieldNode, QueryNode } from '../ast.ts';
import type { TimeEdge } from '../time-spans.ts';
import type { ColumnTest, PipeCondition, Ref } from './plan-nodes.ts';
import { unknownColumn, unsupportedAt } from './scope.ts';
import type { Scope } from './scope.ts';

export interface ConditionContext {
  readonly scope: Scope;
  /** The whole query, for errors. */
  readonly text: string;
  readonly nowMs: number;
}

/** True where the condition names no value that a stage has made: it is one on the line, whatever stands between. */
export function isLineCondition(node: QueryNode, { rows, columns }: Scope): boolean {
  if (rows === 'table') return false;
  if (node.kind === 'and' || node.kind === 'or') return node.children.every((child) => isLineCondition(child, { rows, columns }));
  if (node.kind === 'not') return isLineCondition(node.child, { rows, columns });
  return !('field' in node) || !columns.some(({ name }) => name === node.field);
}

/** Throws AppError `query_unsupported` with its place where a condition on lines asks a field for what it does not have. */
export function checkLineCondition(node: QueryNode, text: string): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      for (const child of node.children) checkLineCondition(child, text);
      return;
    case 'not':
      return checkLineCondition(node.child, text);
    default:
      return placed(node, text, () => void conditionOf(node));
  }
}

function lineCondition(node: QueryNode, { text, nowMs }: ConditionContext): PipeCondition {
  checkLineCondition(node, text);
  return { kind: 'line', node: withFixedTimes(node, nowMs) };
}

/** What fails there is said with the place of the node. */
function placed<T>(node: QueryNode, text: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw unsupportedAt(text, thrown.message, 'span' in node ? node.span : undefined, thrown.details['suggestion'] as string | undefined);
  }
}

/** Throws AppError `query_unsupported` with its place. */
export function pipeCondition(node: QueryNode, context: ConditionContext): PipeCondition {
  if (isLineCondition(node, context.scope)) return lineCondition(node, context);
  switch (node.kind) {
    case 'and':
    case 'or':
      return { kind: node.kind, children: node.children.map((child) => pipeCondition(child, context)) };
    case 'not':
      return { kind: 'not', child: pipeCondition(node.child, context) };
    case 'all':
      return { kind: 'and', children: [] };
    default:
      return 'field' in node ? columnCondition(node, context) : refuseWord(node, context);
  }
}

function refuseWord(node: Exclude<QueryNode, FieldNode>, { text, scope: { columns } }: ConditionContext): never {
  const example = `${columns[0]?.name ?? 'column'}:value`;
  const span = 'span' in node ? node.span : undefined;
  throw unsupportedAt(text, `a condition on a table names its columns, as in ${example}`, span);
}

function columnCondition(node: FieldNode, { scope, text, nowMs }: ConditionContext): PipeCondition {
  const column = scope.columns.find(({ name }) => name === node.field);
  // in rows that are lines, any other field is the line's own
  if (column === undefined && scope.rows === 'lines') return lineCondition(node, { scope, text, nowMs });
  if (column === undefined) throw unknownColumn({ name: node.field, ...(node.span ? { span: node.span } : {}) }, scope.columns, text);
  const { value } = column;
  const tests = placed(node, text, () => testsOf(node, value, nowMs)).map((test): PipeCondition => ({ kind: 'test', value, test }));
  return tests.length === 1 ? tests[0] : { kind: 'or', children: tests };
}

/** Any of the tests must pass. */
function testsOf(node: FieldNode, value: Ref, nowMs: number): ColumnTest[] {
  switch (value.type) {
    case 'text':
      return textTests(node);
    case 'number':
      return numberTests(node);
    case 'level':
      return levelTests(node);
    case 'time':
      return timeTests(node, nowMs);
    case 'pattern':
      return patternTests(node);
    case 'template':
      throw unsupported(node.field, 'the text of patterns cannot be searched here; search for the text before "| patterns"');
    default:
      return value.type satisfies never;
  }
}

function textTests(node: FieldNode): ColumnTest[] {
  switch (node.kind) {
    case 'field-equals':
      return node.values.map((value) => ({ op: 'equals', value }));
    case 'field-prefix':
      return [{ op: 'starts-with', prefix: node.prefix }];
    case 'field-wildcard':
      return [{ op: 'like', pieces: checkPieces(node.pieces) }];
    case 'field-regex':
      return [{ op: 'regex', pattern: canonicalRegex(node.pattern) }];
    case 'field-network':
      return [{ op: 'equals', value: node.network }, networkTest(node.network)];
    case 'field-exists':
      return [{ op: 'given' }];
    case 'field-compare':
    case 'field-range':
      return [rangeTest(node.field, boundsOf(node))];
    default:
      return node satisfies never;
  }
}

function numberTests(node: FieldNode): ColumnTest[] {
  const numberOf = (text: string): number => {
    const number = quantityOf(node.field, text);
    if (number === undefined) throw unsupported(node.field, `"${node.field}" is a number; "${text}" is none`);
    return number;
  };
  const bound = (given: Bounds['from']) => (given === undefined ? undefined : { value: numberOf(given.value), included: given.included });
  switch (node.kind) {
    case 'field-equals':
      return node.values.map(numberOf).map((value) => ({ op: 'number', from: { value, included: true }, to: { value, included: true } }));
    case 'field-compare':
    case 'field-range': {
      const bounds = boundsOf(node);
      const [from, to] = [bound(bounds.from), bound(bounds.to)];
      return [{ op: 'number', ...(from ? { from } : {}), ...(to ? { to } : {}) }];
    }
    case 'field-exists':
      return [{ op: 'number' }];
    default:
      throw noParts(node);
  }
}

function levelTests(node: FieldNode): ColumnTest[] {
  switch (node.kind) {
    case 'field-equals':
      return node.values.map((value) => ({ op: 'level', ...levelSpan(node.field, value) }));
    case 'field-compare':
    case 'field-range': {
      const found = levelCondition(node.field, boundsOf(node));
      return found.kind === 'level' ? [{ op: 'level', from: found.from, to: found.to }] : [];
    }
    case 'field-exists':
      return [{ op: 'level', from: 1, to: maxSeverity }];
    default:
      throw noParts(node);
  }
}

function timeTests(node: FieldNode, nowMs: number): ColumnTest[] {
  const test = ({ from, to }: { readonly from?: TimeEdge; readonly to?: TimeEdge }): ColumnTest => ({
    op: 'time',
    ...(from ? { fromNs: resolveEdge(from, nowMs) } : {}),
    ...(to ? { toNs: resolveEdge(to, nowMs) } : {}),
  });
  switch (node.kind) {
    case 'field-equals':
      return node.values.map((value) => test(timeSpan(node.field, value)));
    case 'field-compare':
    case 'field-range':
      return [test(timeCondition(node.field, boundsOf(node)))];
    case 'field-exists':
      return [{ op: 'time' }];
    default:
      throw noParts(node);
  }
}

function patternTests(node: FieldNode): ColumnTest[] {
  if (node.kind === 'field-exists') return [{ op: 'given' }];
  if (node.kind !== 'field-equals' || !node.values.every((value) => isPatternId('pattern', value)))
    throw unsupported(node.field, `"${node.field}" is the id of a pattern: 16 hexadecimal digits`);
  return node.values.map((value) => ({ op: 'pattern', id: value.toLowerCase() }));
}

function noParts({ field }: FieldNode): AppError {
  return unsupported(field, `"${field}" has no parts to search for; compare it with a whole value`);
}
