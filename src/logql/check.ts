/** What the grammar alone lets through and means nothing; in Loki's words. */
import type { Expression, LabelMatcher, LogExpression, RangeExpression, Stage, VectorExpression } from './ast.ts';
import { compileAddresses } from './address-filter.ts';
import { meaningError } from './errors.ts';
import { labelTest } from './label-tests.ts';
import { compilePattern } from './patterns.ts';
import { compileRegex } from './regex.ts';
import { parseTemplate } from './template.ts';
import { parsePath } from './json-paths.ts';

/** Throws AppError query_syntax. */
export function checkExpression(expression: Expression): void {
  switch (expression.kind) {
    case 'log':
      return checkLog(expression);
    case 'range':
      return checkRange(expression);
    case 'vector':
      return checkVector(expression);
    case 'binary':
      checkExpression(expression.left);
      return checkExpression(expression.right);
    case 'label-replace':
      compileRegex(expression.pattern, 'whole');
      return checkExpression(expression.operand);
    case 'number':
    case 'vector-of':
      return;
    default:
      return expression satisfies never;
  }
}

function checkLog({ matchers, stages }: LogExpression): void {
  const tests = matchers.map(labelTest);
  if (!tests.some((passes) => !passes(''))) {
    throw meaningError(
      'queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    );
  }
  stages.forEach(checkStage);
}

/** Compiles what a stage is made of, so that what is wrong with it is told before any line is read. */
function checkStage(stage: Stage): void {
  switch (stage.kind) {
    case 'line-filter':
      for (const { text, isAddress } of stage.terms) {
        if (isAddress) compileAddresses(text);
        else if (stage.operator === '|~' || stage.operator === '!~') compileRegex(text, 'part');
        else if (stage.operator === '|>' || stage.operator === '!>') compilePattern(text, 'filter');
      }
      if (stage.terms.some(({ isAddress }) => isAddress) && stage.operator !== '|=' && stage.operator !== '!=') {
        throw meaningError(`unsupported operator "${stage.operator}" for ip(): use |= or !=`);
      }
      return;
    case 'json':
      return stage.extractions.forEach(({ source }) => parsePath(source));
    case 'pattern':
      return void compilePattern(stage.pattern, 'parser');
    case 'regexp':
      return checkCaptures(stage.pattern);
    case 'line-format':
      return void parseTemplate(stage.template);
    case 'label-format':
      return checkAssignments(
        stage.assignments.map(({ label }) => label),
        stage,
      );
    case 'drop':
    case 'keep':
      return stage.labels.forEach(({ matcher }) => matcher && labelTest(matcher));
    case 'label-filter':
      return checkFilter(stage.filter);
    case 'logfmt':
    case 'unpack':
    case 'decolorize':
      return;
    default:
      return stage satisfies never;
  }
}

function checkFilter(filter: (Stage & { kind: 'label-filter' })['filter']): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      checkFilter(filter.left);
      return checkFilter(filter.right);
    case 'text':
      return void labelTest(filter.matcher);
    case 'address':
      return void compileAddresses(filter.network);
    default:
      return;
  }
}

function checkCaptures(pattern: string): void {
  const captureNames = compileRegex(pattern, 'part').captureNames.filter((name) => name !== undefined);
  if (captureNames.length === 0) throw meaningError('at least one named capture must be supplied');
  const twice = captureNames.find((name, index) => captureNames.indexOf(name) !== index);
  if (twice !== undefined) throw meaningError(`duplicate extracted label name '${twice}'`);
}

function checkAssignments(labels: readonly string[], stage: Stage & { kind: 'label-format' }): void {
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) throw meaningError(`multiple label name '${twice}' not allowed in a single format operation`);
  for (const { label, from } of stage.assignments) {
    if (label === '__error__') throw meaningError('__error__ cannot be formatted');
    if (from.kind === 'template') parseTemplate(from.text);
  }
}

const needUnwrap: readonly string[] = [
  'avg_over_time',
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'rate_counter',
  'first_over_time',
  'last_over_time',
];
const mayUnwrap: readonly string[] = [...needUnwrap, 'rate', 'absent_over_time'];
const mayGroup: readonly string[] = [
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'max_over_time',
  'min_over_time',
  'first_over_time',
  'last_over_time',
];

function checkRange({ operation, parameter, grouping, unwrap, log, rangeMs }: RangeExpression): void {
  if (rangeMs <= 0) throw meaningError('the range of an aggregation must be longer than 0');
  if (unwrap === undefined && needUnwrap.includes(operation)) {
    throw meaningError(`invalid aggregation ${operation} without unwrap`);
  }
  if (unwrap !== undefined && !mayUnwrap.includes(operation)) throw meaningError(`invalid aggregation ${operation} with unwrap`);
  if (grouping !== undefined && !mayGroup.includes(operation)) throw meaningError(`grouping not allowed for ${operation} aggregation`);
  if (operation === 'quantile_over_time' && parameter === undefined) {
    throw meaningError(`parameter required for operation ${operation}`);
  }
  if (operation !== 'quantile_over_time' && parameter !== undefined) {
    throw meaningError(`parameter ${parameter} not supported for operation ${operation}`);
  }
  checkLog(log);
  unwrap?.filters.forEach(checkFilter);
}

const needParameter: readonly string[] = ['topk', 'bottomk', 'approx_topk'];

function checkVector({ operation, parameter, operand, grouping }: VectorExpression): void {
  const needs = needParameter.includes(operation);
  if (needs && parameter === undefined) throw meaningError(`parameter required for operation ${operation}`);
  if (needs && (!Number.isInteger(parameter) || (parameter as number) <= 0)) {
    throw meaningError(`invalid parameter (must be greater than 0) ${operation}(${parameter}`);
  }
  if (!needs && parameter !== undefined) throw meaningError(`unsupported parameter for operation ${operation}(${parameter},`);
  if (grouping !== undefined && (operation === 'sort' || operation === 'sort_desc')) {
    throw meaningError(`grouping not allowed for ${operation} aggregation`);
  }
  checkExpression(operand);
}

/** Matchers of `match[]` and the like. */
export function checkMatchers(matchers: readonly LabelMatcher[]): void {
  matchers.forEach(labelTest);
}
