/**
 * LogQL → what the store can answer of it, and what is left to do line by line. Selectors, line filters on the line as it
 * came, and filters on labels that are stored become a query; from the first stage that parses or changes a line on, only
 * line filters do, as long as nothing has changed the line.
 */
import { allLines, allOf, anyOf, leaf, notOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import type { LabelFilter, LabelMatcher, LineFilterStage, LogExpression, Stage } from '#logql/ast.ts';
import { labelTest } from '#logql/label-tests.ts';
import { anyLabelFields, mayBeRenamed, streamLabelFields } from './label-fields.ts';
import type { LabelField, RenamedEntries } from './label-fields.ts';
import { unknownLevel } from './line-streams.ts';

export interface LineSelection {
  /** Lines that the pipeline can keep: all of those that it keeps, and where `rest` is empty no others. */
  readonly where: QueryNode;
  /** Stages that are left. */
  readonly rest: readonly Stage[];
}

const noLines: QueryNode = notOf(allLines);

export function selectLines({ matchers, stages }: LogExpression, renamed: RenamedEntries): LineSelection {
  const nodes = matchers.map((matcher) => matcherNode(matcher, streamLabelFields(matcher.name, renamed)));
  const rest: Stage[] = [];
  let hasChangedLine = false;
  for (const stage of stages) {
    const node = hasChangedLine ? undefined : nodeOfStage(stage, rest.length > 0, renamed);
    if (node === undefined) rest.push(stage);
    else nodes.push(node);
    hasChangedLine ||= changesLine(stage);
  }
  return { where: allOf(nodes), rest };
}

export function selectStreams(matchers: readonly LabelMatcher[], renamed: RenamedEntries): QueryNode {
  return allOf(matchers.map((matcher) => matcherNode(matcher, streamLabelFields(matcher.name, renamed))));
}

/** Labels that are looked for under names of entries that are not their own. */
export function hasRenamedLabels({ matchers, stages }: LogExpression): boolean {
  return matchers.some(({ name }) => mayBeRenamed(name)) || stages.some((stage) => stage.kind === 'label-filter');
}

const changesLine = ({ kind }: Stage): boolean => kind === 'line-format' || kind === 'decolorize' || kind === 'unpack';

/** Undefined where lines must be looked at one by one. */
function nodeOfStage(stage: Stage, isBehindOthers: boolean, renamed: RenamedEntries): QueryNode | undefined {
  switch (stage.kind) {
    case 'line-filter':
      return lineFilterNode(stage);
    case 'label-filter':
      return isBehindOthers ? undefined : labelFilterNode(stage.filter, renamed);
    // no line has an error before it is parsed
    case 'drop':
      return !isBehindOthers && stage.labels.every(({ name }) => isErrorLabel(name)) ? allLines : undefined;
    default:
      return undefined;
  }
}

const isErrorLabel = (name: string): boolean => name === '__error__' || name === '__error_details__';

function lineFilterNode({ operator, terms }: LineFilterStage): QueryNode | undefined {
  if (terms.some(({ isAddress }) => isAddress) || operator === '|>' || operator === '!>') return undefined;
  const isRegex = operator === '|~' || operator === '!~';
  const found = terms.map(({ text }) => (text === '' ? allLines : lineRegex(isRegex ? `(?-s)${text}` : literalPattern(text))));
  const any = found.includes(allLines) ? allLines : anyOf(found as [QueryNode, ...QueryNode[]]);
  return operator.startsWith('!') ? notOf(any) : any;
}

const lineRegex = (pattern: string): QueryNode => leaf({ kind: 'field-regex', field: '@line', pattern });

const literalPattern = (text: string): string => text.toWellFormed().replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');

function labelFilterNode(filter: LabelFilter, renamed: RenamedEntries): QueryNode | undefined {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const [left, right] = [labelFilterNode(filter.left, renamed), labelFilterNode(filter.right, renamed)];
      if (left === undefined || right === undefined) return undefined;
      return filter.kind === 'and' ? allOf([left, right]) : anyOf([left, right]);
    }
    case 'text': {
      const { matcher } = filter;
      if (isErrorLabel(matcher.name)) return labelTest(matcher)('') ? allLines : noLines;
      // a second value of a name of the stream is told only when all labels are known
      if (matcher.name.endsWith('_extracted')) return undefined;
      return matcherNode(matcher, anyLabelFields(matcher.name, renamed));
    }
    default:
      return undefined;
  }
}

function matcherNode(matcher: LabelMatcher, fields: readonly LabelField[]): QueryNode {
  const { operator } = matcher;
  const isNegated = operator === '!=' || operator === '!~';
  const positive: LabelMatcher = isNegated ? { ...matcher, operator: operator === '!=' ? '=' : '=~' } : matcher;
  const node = firstValueNode(positive, fields);
  return isNegated ? notOf(node) : node;
}

/** The first field that has a value passes; where none has one, the empty value passes. */
function firstValueNode(matcher: LabelMatcher, [field, ...others]: readonly LabelField[]): QueryNode {
  const passes = labelTest(matcher);
  const here = valueNode(matcher, field);
  if (field.kind === 'detected-level') return here;
  if (others.length === 0) return passes('') ? anyOf([here, notOf(hasValue(field))]) : here;
  return anyOf([here, allOf([notOf(hasValue(field)), firstValueNode(matcher, others)])]);
}

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** The field has a value, which passes. */
function valueNode(matcher: LabelMatcher, field: LabelField): QueryNode {
  const passes = labelTest(matcher);
  if (field.kind !== 'field') {
    const names = severities.filter((name) => passes(name.toLowerCase()));
    const named = names.length === 0 ? noLines : leaf({ kind: 'field-equals', field: 'level', values: names });
    return field.kind === 'detected-level' && passes(unknownLevel) ? anyOf([named, notOf(hasValue(field))]) : named;
  }
  const values = matcher.operator === '=' ? [matcher.value] : alternativesOf(matcher.value);
  if (values === undefined) return leaf({ kind: 'field-regex', field: field.field, pattern: `^(?:${matcher.value})$` });
  const given = values.filter((value) => value !== '').map((value) => value.toWellFormed());
  return given.length === 0 ? noLines : leaf({ kind: 'field-equals', field: field.field, values: given });
}

/** `a|b|c`, as Grafana writes several values: an index answers those at once. */
function alternativesOf(pattern: string): string[] | undefined {
  return /^[\w\- /:@,]*(?:\|[\w\- /:@,]*)*$/.test(pattern) ? [...new Set(pattern.split('|'))] : undefined;
}

function hasValue(field: LabelField): QueryNode {
  if (field.kind !== 'field') return leaf({ kind: 'field-exists', field: 'level' });
  const isEntry = field.field.includes('.');
  return isEntry ? leaf({ kind: 'field-regex', field: field.field, pattern: '.' }) : leaf({ kind: 'field-exists', field: field.field });
}
