/**
 * Query → one boolean ClickHouse expression over the columns of `#model/columns.ts`, with parameters. Values and names
 * from outside are always parameters, never SQL text. The expression is never NULL, so NOT is the exact complement, and
 * means the same on the memtable and on parts with and without indexes (test/language/trinity.test.ts).
 */
import { invariant } from '#base/errors.ts';
import { oddSpelling } from './addresses.ts';
import { maxSeverity } from './comparisons.ts';
import { bareWordColumns, conditionOf, wordsComparedWithNames } from './conditions.ts';
import { resolveField } from './fields.ts';
import { wildcardRegex } from './regex-text.ts';
import { messageSearchExpression } from './text-index.ts';
import { separatorClass } from './token-wildcard.ts';
import type { QueryNode } from './ast.ts';
import type { Bound, Condition, KnownFacts, ValueTest } from './conditions.ts';
import type { FieldTarget } from './fields.ts';
import type { TimeEdge } from './time-spans.ts';

export interface CompiledSql {
  readonly sql: string;
  /** Values of the placeholders `{name:Type}` in `sql`. */
  readonly params: Readonly<Record<string, string | number>>;
}

/** Gives out placeholders; the same value of the same type is one parameter. */
export class Params {
  readonly values: Record<string, string | number> = {};
  /** The expression is for lines that have no index: each is looked at. */
  readonly isScan: boolean;
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  constructor(prefix: string, isScan = false) {
    this.#prefix = prefix;
    this.isScan = isScan;
  }

  text(value: string): string {
    return this.#placeholder(value, 'String');
  }

  number(value: number): string {
    return this.#placeholder(value, 'UInt8');
  }

  float(value: number): string {
    return this.#placeholder(value, 'Float64');
  }

  /** Digits of a 64-bit integer. */
  integer(value: string): string {
    return this.#placeholder(value, 'Int64');
  }

  /** Digits of an unsigned 64-bit integer. */
  unsigned(value: string): string {
    return this.#placeholder(value, 'UInt64');
  }

  #placeholder(value: string | number, type: string): string {
    const key = `${type}:${value}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `${this.#prefix}${this.#names.size}`;
      this.#names.set(key, name);
      this.values[name] = value;
    }
    return `{${name}:${type}}`;
  }
}

/**
 * The condition of a query. `prefix` begins the parameters' names; give different ones to expressions used together.
 * Throws AppError `query_unsupported` for what does not exist.
 *
 * A bare word makes the engine read trace_id and span_id, some 50 MB per million lines and two thirds of the query's
 * time, mostly to find that no line has a word like "timeout" as its id. A caller may first ask `compileNameProbes`, which
 * the indexes answer, in the same snapshot, and where that finds no line pass its words as `known.absentNames`.
 */
export function compileSql(node: QueryNode, prefix = 'p', known: KnownFacts = {}): CompiledSql {
  return compiled(node, new Params(prefix), known);
}

/** The same for lines without indexes, as those of a memtable: means the same and is quicker there, and slower where there are indexes. */
export function compileScanSql(node: QueryNode, prefix = 'p'): CompiledSql {
  return compiled(node, new Params(prefix, true));
}

function compiled(node: QueryNode, params: Params, known: KnownFacts = {}): CompiledSql {
  return { sql: conditionSql(conditionOf(node, known), params), params: params.values };
}

/** The same for one condition among other SQL, whose parameters it shares. */
export function lineConditionSql(node: QueryNode, params: Params): string {
  return conditionSql(conditionOf(node), params);
}

/** Whether any line has one of the words as its trace_id, span_id, service or host. */
export interface NameProbes {
  readonly words: readonly string[];
  readonly condition: string;
  readonly params: CompiledSql['params'];
}

/** Undefined where the query compares no bare word with those columns. */
export function compileNameProbes(node: QueryNode, prefix = 'i'): NameProbes | undefined {
  const words = wordsComparedWithNames(node);
  if (words.length === 0) return undefined;
  const params = new Params(prefix);
  const list = words.map((word) => params.text(word)).join(', ');
  const condition = bareWordColumns.map((column) => `${column} IN (${list})`).join(' OR ');
  return { words, condition: `(${condition})`, params: params.values };
}

function conditionSql(condition: Condition, params: Params): string {
  switch (condition.kind) {
    case 'true':
      return '1';
    case 'false':
      return '0';
    case 'and':
      return `(${condition.children.map((child) => conditionSql(child, params)).join(' AND ')})`;
    case 'or': {
      const either = scannedProperty(condition.children);
      if (either !== undefined) return testSql(propertyValueSql(params.text(either.key)), either.test, params);
      return `(${condition.children.map((child) => conditionSql(child, params)).join(' OR ')})`;
    }
    case 'not':
      return `NOT ${conditionSql(condition.child, params)}`;
    case 'tokens':
      return tokensSql(condition.tokens, condition.lastIsPrefix, params);
    case 'pattern':
      return patternSql(condition, params);
    case 'column':
      return testSql(condition.column === 'line' ? lineSql : condition.column, condition.test, params);
    case 'entry':
      return entrySql(condition.map, params.text(condition.key), condition.test, params);
    case 'any-attribute':
      return `has(mapValues(attributes), ${params.text(condition.value)})`;
    case 'tag':
      return tagSql(condition.test, params);
    case 'level':
      return levelSql(condition.from, condition.to, params);
    case 'time':
      return timeSql(condition, params);
    case 'skewed':
      return `(skewed = ${params.number(condition.value ? 1 : 0)})`;
    case 'message-pattern':
      return `(pattern_id = ${params.unsigned(BigInt(`0x${condition.id}`).toString())})`;
    default:
      return condition satisfies never;
  }
}

/** Tests that no index answers. */
const scanningTests: ReadonlySet<ValueTest['op']> = new Set(['number', 'address', 'like', 'regex', 'text']);

/**
 * The attribute, or where it has no text the resource entry, as `propertyCondition` asks for it, where all values have to be
 * looked at: as one value they are tested once, as two in an OR they take twice the time (a range over 1 M lines 112 ms, 62 as one).
 */
function scannedProperty([inAttributes, otherwise]: readonly Condition[]): (Condition & { kind: 'entry' }) | undefined {
  if (inAttributes?.kind !== 'entry' || !scanningTests.has(inAttributes.test.op) || otherwise?.kind !== 'and') return undefined;
  const [inResource] = otherwise.children;
  const isOther = inResource.kind === 'entry' && inResource.map !== inAttributes.map && inResource.key === inAttributes.key;
  return isOther && inResource.test === inAttributes.test ? inAttributes : undefined;
}

/** mapContains would read the keys of all attributes; an empty attribute counts as none here. */
const propertyValueSql = (key: string): string => `if(notEmpty(attributes[${key}]), attributes[${key}], resource[${key}])`;

function tokensSql(tokens: readonly string[], lastIsPrefix: boolean, params: Params): string {
  if (!lastIsPrefix) return wholeTokensSql(tokens, params);
  // tokens are letters and digits, so they need no escaping in LIKE and in the regular expression
  const likePrefix = params.text(`%${tokens[tokens.length - 1]}%`);
  const pattern = params.text(`(?:^|${separatorClass})${tokens.join(`${separatorClass}+`)}`);
  const whole = tokens.length === 1 ? '' : `${wholeTokensSql(tokens.slice(0, -1), params)} AND `;
  // LIKE is answered from the index's dictionary, the expression then looks only at what is left
  return `(${whole}${messageSearchExpression} LIKE ${likePrefix} AND match(${messageSearchExpression}, ${pattern}))`;
}

/** Required tokens first: the text index finds the granules that have them, the expression looks at what is left. */
function patternSql({ text, pattern, required }: Condition & { kind: 'pattern' }, params: Params): string {
  const tokens = required.map((token) =>
    token.isWhole
      ? `hasToken(${messageSearchExpression}, ${params.text(token.text)})`
      : `${messageSearchExpression} LIKE ${params.text(`%${token.text}%`)}`,
  );
  const matched = `match(${text === 'message' ? 'message' : messageSearchExpression}, ${params.text(pattern)})`;
  return tokens.length === 0 ? matched : `(${[...tokens, matched].join(' AND ')})`;
}

/**
 * A phrase takes each text apart, which costs ten times what it takes to look for one of its words, so where all texts are looked
 * at that comes first (50 K lines without a match: 10 ms, 5 so). An index finds the lines of a phrase by all its words itself.
 */
function wholeTokensSql(tokens: readonly string[], params: Params): string {
  if (tokens.length === 1) return `hasToken(${messageSearchExpression}, ${params.text(tokens[0])})`;
  const phrase = `hasPhrase(${messageSearchExpression}, ${params.text(tokens.join(' '))})`;
  if (!params.isScan) return phrase;
  const longest = tokens.reduce((found, token) => (token.length > found.length ? token : found));
  return `(hasToken(${messageSearchExpression}, ${params.text(longest)}) AND ${phrase})`;
}

/** A test of a text. */
export function testSql(expression: string, test: ValueTest, params: Params): string {
  switch (test.op) {
    case 'equals':
      return `(${expression} = ${params.text(test.value)})`;
    case 'starts-with':
      return `startsWith(${expression}, ${params.text(test.prefix)})`;
    case 'present':
    case 'given':
      return `notEmpty(${expression})`;
    case 'number':
      return numberSql(`toFloat64OrNull(${expression})`, test, params);
    case 'address':
      return addressSql(expression, test, params);
    // not LIKE: over a value of a map the engine answers it from the text index of all values
    case 'like':
      return `match(${expression}, ${params.text(wildcardRegex(test.pieces))})`;
    case 'regex':
      return `(notEmpty(${expression}) AND match(${expression}, ${params.text(test.pattern)}))`;
    case 'text':
      return `(notEmpty(${expression})${boundsSql(expression, test, (value) => params.text(value))})`;
    default:
      return test satisfies never;
  }
}

/** Numbers are finite: an open end is closed by infinity, which also keeps out what is no number at all. */
function numberSql(number: string, test: ValueTest & { op: 'number' }, params: Params): string {
  const ends = `${test.from ? '' : ` AND ${number} > -inf`}${test.to ? '' : ` AND ${number} < inf`}`;
  const inRange = `${boundsSql(number, test, (value) => params.float(value))}${ends}`.slice(' AND '.length);
  return `ifNull(${inRange}, 0)`;
}

function addressSql(expression: string, test: ValueTest & { op: 'address' }, params: Params): string {
  const bounds = boundsSql(`toIPv6OrNull(${expression})`, test, (value) => `toIPv6(${params.text(value)})`).slice(' AND '.length);
  return `(ifNull(${bounds}, 0) AND NOT match(${expression}, '${oddSpelling.replaceAll('\\', '\\\\')}'))`;
}

/** ` AND x >= from AND x < to`, as far as there are bounds. */
function boundsSql<T>(
  expression: string,
  { from, to }: { readonly from?: Bound<T>; readonly to?: Bound<T> },
  placeholder: (value: T) => string,
): string {
  const lower = from === undefined ? '' : ` AND ${expression} ${from.included ? '>=' : '>'} ${placeholder(from.value)}`;
  const upper = to === undefined ? '' : ` AND ${expression} ${to.included ? '<=' : '<'} ${placeholder(to.value)}`;
  return `${lower}${upper}`;
}

function timeSql({ from, to }: Condition & { kind: 'time' }, params: Params): string {
  const lower = from === undefined ? [] : [`ts >= ${edgeSql(from, params)}`];
  const upper = to === undefined ? [] : [`ts < ${edgeSql(to, params)}`];
  return `(${[...lower, ...upper].join(' AND ')})`;
}

function edgeSql(edge: TimeEdge, params: Params): string {
  invariant('ns' in edge, 'times of a query are fixed (withFixedTimes) before it becomes SQL');
  return `fromUnixTimestamp64Nano(${params.integer(edge.ns)})`;
}

/** A missing entry reads as the empty text, hence the second condition where that would pass. */
function entrySql(map: string, key: string, test: ValueTest, params: Params): string {
  const present = `mapContains(${map}, ${key})`;
  if (test.op === 'present') return present;
  const tested = testSql(`${map}[${key}]`, test, params);
  return passesEmpty(test) ? `(${present} AND ${tested})` : tested;
}

function passesEmpty(test: Exclude<ValueTest, { op: 'present' }>): boolean {
  switch (test.op) {
    case 'equals':
      return test.value === '';
    case 'starts-with':
      return test.prefix === '';
    case 'given':
    case 'number':
    case 'address':
    case 'like':
    case 'regex':
    case 'text':
      return false;
    default:
      return test satisfies never;
  }
}

function tagSql(test: ValueTest, params: Params): string {
  switch (test.op) {
    case 'equals':
      // has() does not find the empty text in an Array(LowCardinality(String))
      return test.value === '' ? 'arrayExists(tag -> empty(tag), tags)' : `has(tags, ${params.text(test.value)})`;
    case 'present':
      return 'notEmpty(tags)';
    default:
      return `arrayExists(tag -> ${testSql('tag', test, params)}, tags)`;
  }
}

function levelSql(from: number, to: number, params: Params): string {
  if (to === maxSeverity) return `(level >= ${params.number(from)})`;
  return from === to ? `(level = ${params.number(from)})` : `(level BETWEEN ${params.number(from)} AND ${params.number(to)})`;
}

/**
 * SQL for a field's value as text, for grouping and `distinct`; the empty text where a line has none. Levels are shown
 * as TRACE … FATAL, tags joined by commas.
 */
export function compileFieldValue(field: string, prefix = 'f'): CompiledSql {
  const params = new Params(prefix);
  return { sql: fieldValueSql(resolveField(field), params), params: params.values };
}

/** SQL for a field's value as Nullable(Float64), NULL where it is no finite number; for sum, avg, min, max, percentiles. */
export function compileFieldNumber(field: string, prefix = 'n'): CompiledSql {
  const params = new Params(prefix);
  const target = resolveField(field);
  if (target.kind === 'level') return { sql: 'toNullable(toFloat64(level))', params: {} };
  const number = `toFloat64OrNull(${fieldValueSql(target, params)})`;
  return { sql: `if(isFinite(${number}), ${number}, NULL)`, params: params.values };
}

/** The line as it came. */
export const lineSql = 'if(notEmpty(raw), raw, message)';

const levelNameSql = "['', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][intDiv(level + 3, 4) + 1]";

/** SQL for a field's value as text, with parameters of `params`. */
export function fieldValueSql(target: FieldTarget, params: Params): string {
  switch (target.kind) {
    case 'dictionary':
    case 'id':
      return target.column;
    case 'message':
      return 'message';
    case 'line':
      return lineSql;
    case 'level':
      return levelNameSql;
    case 'skewed':
      return "if(skewed = 1, 'true', 'false')";
    case 'time':
      return 'toString(ts)';
    case 'tags':
      return "arrayStringConcat(tags, ',')";
    case 'entry':
      return `${target.map}[${params.text(target.key)}]`;
    case 'property':
      return propertyValueSql(params.text(target.key));
    default:
      return target satisfies never;
  }
}
