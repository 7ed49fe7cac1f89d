/** Expression → LogQL text that means the same; with parentheses wherever they could matter. Also what format_query answers. */
import type {
  BinaryExpression,
  Expression,
  Extraction,
  Grouping,
  LabelFilter,
  LabelMatcher,
  LogExpression,
  RangeExpression,
  Stage,
  VectorExpression,
} from './ast.ts';
import { printMs, printNumber } from './quantities.ts';
import { quote } from './string-literals.ts';

export function printLogQl(expression: Expression): string {
  switch (expression.kind) {
    case 'log':
      return printLog(expression);
    case 'range':
      return printRange(expression);
    case 'vector':
      return printVector(expression);
    case 'binary':
      return printBinary(expression);
    case 'number':
      return printNumber(expression.value);
    case 'vector-of':
      return `vector(${printNumber(expression.value)})`;
    case 'label-replace': {
      const { operand, target, replacement, source, pattern } = expression;
      return `label_replace(${printLogQl(operand)}, ${[target, replacement, source, pattern].map(quote).join(', ')})`;
    }
    default:
      return expression satisfies never;
  }
}

function printLog({ matchers, stages }: LogExpression): string {
  return [printSelector(matchers), ...stages.map(printStage)].join(' ');
}

export const printSelector = (matchers: readonly LabelMatcher[]): string => `{${matchers.map(printMatcher).join(', ')}}`;

const printMatcher = ({ name, operator, value }: LabelMatcher): string => `${name}${operator}${quote(value)}`;

function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line-filter':
      return `${stage.operator} ${stage.terms.map(({ text, isAddress }) => (isAddress ? `ip(${quote(text)})` : quote(text))).join(' or ')}`;
    case 'json':
      return `| json${printExtractions(stage.extractions)}`;
    case 'logfmt':
      return `| logfmt${stage.strict ? ' --strict' : ''}${stage.keepEmpty ? ' --keep-empty' : ''}${printExtractions(stage.extractions)}`;
    case 'pattern':
    case 'regexp':
      return `| ${stage.kind} ${quote(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'line-format':
      return `| line_format ${quote(stage.template)}`;
    case 'label-format': {
      const assignments = stage.assignments.map(({ label, from }) => `${label}=${from.kind === 'label' ? from.text : quote(from.text)}`);
      return `| label_format ${assignments.join(', ')}`;
    }
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.labels.map(({ name, matcher }) => (matcher ? printMatcher(matcher) : name)).join(', ')}`;
    case 'label-filter':
      return `| ${printFilter(stage.filter)}`;
    default:
      return stage satisfies never;
  }
}

const printExtractions = (extractions: readonly Extraction[]): string =>
  extractions.length === 0 ? '' : ` ${extractions.map(({ label, source }) => `${label}=${quote(source)}`).join(', ')}`;

function printFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${printFilter(filter.left)} ${filter.kind} ${printFilter(filter.right)})`;
    case 'text':
      return printMatcher(filter.matcher);
    case 'number':
      return `${filter.name} ${filter.operator} ${printNumber(filter.value)}`;
    case 'duration':
    case 'bytes':
      return `${filter.name} ${filter.operator} ${filter.text}`;
    case 'address':
      return `${filter.name} ${filter.operator} ip(${quote(filter.network)})`;
    default:
      return filter satisfies never;
  }
}

function printRange({ operation, parameter, log, unwrap, rangeMs, offsetMs, grouping }: RangeExpression): string {
  const first = parameter === undefined ? '' : `${printNumber(parameter)}, `;
  const unwrapped = unwrap === undefined ? '' : ` ${printUnwrap(unwrap)}`;
  const offset = offsetMs === 0 ? '' : ` offset ${printMs(offsetMs)}`;
  return `${operation}(${first}${printLog(log)}${unwrapped} [${printMs(rangeMs)}]${offset})${printGrouping(grouping)}`;
}

function printUnwrap({ label, conversion, filters }: NonNullable<RangeExpression['unwrap']>): string {
  const value = conversion === undefined ? label : `${conversion}(${label})`;
  return [`| unwrap ${value}`, ...filters.map((filter) => `| ${printFilter(filter)}`)].join(' ');
}

const printGrouping = (grouping: Grouping | undefined): string =>
  grouping === undefined ? '' : ` ${grouping.without ? 'without' : 'by'} (${grouping.labels.join(', ')})`;

function printVector({ operation, parameter, operand, grouping }: VectorExpression): string {
  const first = parameter === undefined ? '' : `${printNumber(parameter)}, `;
  return `${operation}${printGrouping(grouping)}${grouping === undefined ? '' : ' '}(${first}${printLogQl(operand)})`;
}

function printBinary({ operator, left, right, isBool, matching }: BinaryExpression): string {
  const words = [operator as string];
  if (isBool) words.push('bool');
  if (matching !== undefined) {
    words.push(`${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')})`);
    if (matching.group !== undefined) words.push(`group_${matching.group} (${matching.include.join(', ')})`);
  }
  return `(${printLogQl(left)} ${words.join(' ')} ${printLogQl(right)})`;
}
