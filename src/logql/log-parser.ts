/** Selectors of streams and the stages of a pipeline. */
import type {
  CompareOperator,
  Extraction,
  LabelAssignment,
  LabelChoice,
  LabelFilter,
  LabelMatcher,
  LineFilterOperator,
  LineFilterStage,
  LineFilterTerm,
  LogfmtStage,
  LogExpression,
  MatchOperator,
  Stage,
  Unwrap,
} from './ast.ts';
import type { TokenReader } from './token-reader.ts';

const matchOperators: readonly string[] = ['=', '!=', '=~', '!~'] satisfies MatchOperator[];
const lineOperators: readonly string[] = ['|=', '!=', '|~', '!~', '|>', '!>'] satisfies LineFilterOperator[];
const conversions: readonly string[] = ['bytes', 'duration', 'duration_seconds'];

/** `{…}` and stages, up to what is neither; `unwrap` ends them. */
export function parseLog(reader: TokenReader): LogExpression {
  return { kind: 'log', matchers: parseSelector(reader), stages: parseStages(reader) };
}

export function parseSelector(reader: TokenReader): LabelMatcher[] {
  reader.expect('{');
  const matchers: LabelMatcher[] = [];
  if (reader.skip('}')) return matchers;
  do matchers.push(parseMatcher(reader));
  while (reader.skip(','));
  reader.expect('}', ',');
  return matchers;
}

export function parseMatcher(reader: TokenReader): LabelMatcher {
  const name = reader.expectKind('identifier').text;
  if (!reader.isOperator(...matchOperators)) throw reader.unexpected(...matchOperators);
  const operator = reader.take().text as MatchOperator;
  return { name, operator, value: reader.expectKind('string').text };
}

export function parseStages(reader: TokenReader): Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    if (reader.isOperator(...lineOperators)) stages.push(parseLineFilter(reader));
    else if (reader.isOperator('|') && !isUnwrap(reader)) {
      reader.take();
      stages.push(parseStage(reader));
    } else return stages;
  }
}

export const isUnwrap = (reader: TokenReader): boolean => reader.isOperator('|') && reader.second.text === 'unwrap';

/** `| unwrap bytes(size) | __error__=""`. */
export function parseUnwrap(reader: TokenReader): Unwrap {
  reader.expect('|');
  reader.expect('unwrap');
  const name = reader.expectKind('identifier').text;
  const isConversion = conversions.includes(name) && reader.skip('(');
  const label = isConversion ? reader.expectKind('identifier').text : name;
  if (isConversion) reader.expect(')');
  const filters: LabelFilter[] = [];
  while (reader.skip('|')) filters.push(parseLabelFilter(reader));
  return { label, ...(isConversion ? { conversion: name as NonNullable<Unwrap['conversion']> } : {}), filters };
}

function parseLineFilter(reader: TokenReader): LineFilterStage {
  const operator = reader.take().text as LineFilterOperator;
  const terms = [parseLineTerm(reader)];
  while (reader.skip('or')) terms.push(parseLineTerm(reader));
  return { kind: 'line-filter', operator, terms };
}

function parseLineTerm(reader: TokenReader): LineFilterTerm {
  if (!reader.skip('ip')) return { text: reader.expectKind('string').text, isAddress: false };
  return { text: parseCallOfText(reader), isAddress: true };
}

/** `("…")` */
function parseCallOfText(reader: TokenReader): string {
  reader.expect('(');
  const { text } = reader.expectKind('string');
  reader.expect(')');
  return text;
}

/** What stands behind the `|`. */
function parseStage(reader: TokenReader): Stage {
  const { next, second } = reader;
  // `| unpack != "x"` is the stage with a line filter behind it
  const isLabel = second.kind === 'operator' && comparisons[second.text] !== undefined && !lineOperators.includes(second.text);
  if (next.kind !== 'identifier' || isLabel) return { kind: 'label-filter', filter: parseLabelFilter(reader) };
  const parse = stageParsers[next.text];
  if (parse === undefined) return { kind: 'label-filter', filter: parseLabelFilter(reader) };
  reader.take();
  return parse(reader);
}

const stageParsers: Readonly<Record<string, (reader: TokenReader) => Stage>> = {
  json: (reader) => ({ kind: 'json', extractions: parseExtractions(reader) }),
  logfmt: parseLogfmt,
  pattern: (reader) => ({ kind: 'pattern', pattern: reader.expectKind('string').text }),
  regexp: (reader) => ({ kind: 'regexp', pattern: reader.expectKind('string').text }),
  unpack: () => ({ kind: 'unpack' }),
  decolorize: () => ({ kind: 'decolorize' }),
  line_format: (reader) => ({ kind: 'line-format', template: reader.expectKind('string').text }),
  label_format: (reader) => ({ kind: 'label-format', assignments: parseList(reader, parseAssignment) }),
  drop: (reader) => ({ kind: 'drop', labels: parseList(reader, parseChoice) }),
  keep: (reader) => ({ kind: 'keep', labels: parseList(reader, parseChoice) }),
};

function parseList<T>(reader: TokenReader, parseOne: (reader: TokenReader) => T): T[] {
  const list = [parseOne(reader)];
  while (reader.skip(',')) list.push(parseOne(reader));
  return list;
}

function parseLogfmt(reader: TokenReader): LogfmtStage {
  const flags = new Set<string>();
  while (reader.next.kind === 'flag') {
    if (reader.next.text !== '--strict' && reader.next.text !== '--keep-empty') throw reader.unexpected('--strict', '--keep-empty');
    flags.add(reader.take().text);
  }
  return {
    kind: 'logfmt',
    strict: flags.has('--strict'),
    keepEmpty: flags.has('--keep-empty'),
    extractions: parseExtractions(reader),
  };
}

function parseExtractions(reader: TokenReader): Extraction[] {
  return reader.next.kind === 'identifier' && !reader.isWord('or', 'and') ? parseList(reader, parseExtraction) : [];
}

function parseExtraction(reader: TokenReader): Extraction {
  const label = reader.expectKind('identifier').text;
  return { label, source: reader.skip('=') ? reader.expectKind('string').text : label };
}

function parseAssignment(reader: TokenReader): LabelAssignment {
  const label = reader.expectKind('identifier').text;
  reader.expect('=');
  const { kind, text } = reader.next;
  if (kind !== 'identifier' && kind !== 'string') throw reader.unexpected('IDENTIFIER', 'STRING');
  reader.take();
  return { label, from: { kind: kind === 'identifier' ? 'label' : 'template', text } };
}

function parseChoice(reader: TokenReader): LabelChoice {
  const isMatched = reader.second.kind === 'operator' && matchOperators.includes(reader.second.text);
  if (!isMatched) return { name: reader.expectKind('identifier').text };
  const matcher = parseMatcher(reader);
  return { name: matcher.name, matcher };
}

/** `or` binds less than `and`, a comma and standing side by side, which are the same. */
export function parseLabelFilter(reader: TokenReader): LabelFilter {
  let left = parseConjunction(reader);
  while (reader.skip('or')) left = { kind: 'or', left, right: parseConjunction(reader) };
  return left;
}

function parseConjunction(reader: TokenReader): LabelFilter {
  let left = parseSingleFilter(reader);
  for (;;) {
    const isSideBySide = (reader.next.kind === 'identifier' && !reader.isWord('or', 'and')) || reader.isOperator('(');
    if (!isSideBySide && !reader.skip('and') && !reader.skip(',')) return left;
    left = { kind: 'and', left, right: parseSingleFilter(reader) };
  }
}

const comparisons: Readonly<Record<string, CompareOperator | '=~' | '!~'>> = {
  '=': '==',
  '==': '==',
  '!=': '!=',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
  '=~': '=~',
  '!~': '!~',
};

function parseSingleFilter(reader: TokenReader): LabelFilter {
  if (reader.isOperator('(')) {
    return reader.nested(() => {
      reader.take();
      const filter = parseLabelFilter(reader);
      reader.expect(')');
      return filter;
    });
  }
  const { next, second, place } = reader;
  if (next.kind !== 'identifier') throw reader.unexpected('IDENTIFIER', '(');
  const operator = second.kind === 'operator' ? comparisons[second.text] : undefined;
  const name = reader.take().text;
  if (operator === undefined) throw reader.unexpected('=', '!=', '=~', '!~', '>', '>=', '<', '<=', '==');
  const sign = reader.take().text;
  if (reader.next.kind === 'string' && matchOperators.includes(sign)) {
    reader.goTo(place);
    return { kind: 'text', matcher: parseMatcher(reader) };
  }
  if (operator === '=~' || operator === '!~') throw reader.unexpected('STRING');
  if (reader.isWord('ip') && (sign === '=' || sign === '!=')) {
    reader.take();
    return { kind: 'address', name, operator: sign, network: parseCallOfText(reader) };
  }
  return parseQuantityFilter(reader, name, operator);
}

function parseQuantityFilter(reader: TokenReader, name: string, operator: CompareOperator): LabelFilter {
  const sign = reader.isOperator('-', '+') ? reader.take().text : '';
  const { kind } = reader.next;
  if (kind !== 'number' && kind !== 'duration' && kind !== 'bytes') throw reader.unexpected('NUMBER', 'DURATION', 'BYTES', 'STRING');
  const { value, text } = reader.take();
  const signed = sign === '-' ? -value : value;
  if (kind === 'number') return { kind, name, operator, value: signed };
  return { kind, name, operator, value: signed, text: sign === '-' ? `-${text}` : text };
}
