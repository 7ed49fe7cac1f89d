/**
 * Query text → AST. Grammar and meaning: docs/specs/query-language.md.
 *
 *   query    = [ or ]
 *   or       = and { "OR" and }
 *   and      = unary { [ "AND" ] unary }
 *   unary    = { "NOT" | "-" } primary
 *   primary  = "(" or ")" | word | phrase | word"*" | field ":" value | field (">=" | ">" | "<=" | "<") value
 *   value    = word | phrase | word"*" | "*" | "(" text { "OR" text } ")"
 *
 * A run of punctuation is passed over where something else stands beside it. The parser throws AppError and nothing
 * else, takes time linear in the text, and its recursion is bounded by `query.max_depth`.
 */
import { AppError } from '#base/errors.ts';
import { allLines, allOf, anyOf, leaf, notOf } from './ast.ts';
import { isComparable } from './comparisons.ts';
import { conditionOf, hasTokens } from './conditions.ts';
import { defaultQueryConfig } from './config.ts';
import { Lexer } from './lexer.ts';
import { querySyntaxError } from './query-text.ts';
import type { ComparisonOperator, FieldNode, QueryNode, Span } from './ast.ts';
import type { QueryConfig } from './config.ts';
import type { Token, ValueToken } from './lexer.ts';

/**
 * The canonical AST of a query; an empty text is all lines. Throws AppError `query_syntax` or `query_unsupported` with
 * details {position, length, expected}, or `limit_exceeded` with details {setting, limit}.
 */
export function parseQuery(text: string, config: QueryConfig = defaultQueryConfig): QueryNode {
  if (text.length > config.max_length) {
    throw overLimit(`the query has ${text.length} characters; the most is ${config.max_length}`, 'max_length', config.max_length);
  }
  return new Parser(text.toWellFormed(), config).parse();
}

function overLimit(message: string, setting: keyof QueryConfig, limit: number): AppError {
  return new AppError('limit_exceeded', `${message} (setting "query.${setting}")`, { details: { setting: `query.${setting}`, limit } });
}

const expectedTerm = 'a word, a "phrase", field:value or (';
const expectedValue = 'a value, a "quoted value", * or (a OR b)';

/** A term of punctuation only, which has nothing to search for. */
const nothing = undefined;
type Term = QueryNode | typeof nothing;

class Parser {
  readonly #lexer: Lexer;
  readonly #config: QueryConfig;
  #token: Token;
  #depth = 0;
  #terms = 0;

  constructor(text: string, config: QueryConfig) {
    this.#lexer = new Lexer(text);
    this.#config = config;
    this.#token = this.#lexer.readTerm();
  }

  parse(): QueryNode {
    if (this.#token.kind === 'end') return allLines;
    const first = this.#token;
    const query = this.#or();
    if (this.#token.kind === 'close') throw this.#unexpected('this parenthesis closes nothing', 'the end of the query');
    if (query === nothing) throw this.#nothingToSearch(first);
    return query;
  }

  #advance(): void {
    this.#token = this.#lexer.readTerm();
  }

  #or(): Term {
    const start = this.#token;
    const first = this.#and();
    if (this.#token.kind !== 'or') return first;
    if (first === nothing) throw this.#nothingToSearch(start);
    const nodes: [QueryNode, ...QueryNode[]] = [first];
    while (this.#token.kind === 'or') {
      this.#advance();
      const operandStart = this.#token;
      const operand = this.#and();
      if (operand === nothing) throw this.#nothingToSearch(operandStart);
      nodes.push(operand);
    }
    return anyOf(nodes);
  }

  #and(): Term {
    const nodes: QueryNode[] = [];
    for (;;) {
      const node = this.#unary();
      if (node !== nothing) nodes.push(node);
      const { kind } = this.#token;
      if (kind === 'end' || kind === 'close' || kind === 'or') break;
      if (kind === 'and') this.#advance();
    }
    return nodes.length === 0 ? nothing : allOf(nodes);
  }

  #unary(): Term {
    if (this.#token.kind !== 'not') return this.#primary();
    this.#enter(this.#token);
    this.#advance();
    const start = this.#token;
    const child = this.#unary();
    if (child === nothing) throw this.#nothingToSearch(start);
    this.#depth--;
    return notOf(child);
  }

  #primary(): Term {
    const token = this.#token;
    switch (token.kind) {
      case 'open':
        return this.#group(token);
      case 'punctuation':
        this.#advance();
        return nothing;
      case 'word':
      case 'string':
        return this.#text(token);
      case 'field':
      case 'compare':
        return this.#field(token);
      case 'end':
        throw this.#unexpected('the query ends where a term is expected', expectedTerm);
      case 'close':
        throw this.#unexpected('a term is missing before this parenthesis', expectedTerm);
      default:
        throw this.#unexpected(
          `a term is missing before this ${token.kind.toUpperCase()}; write "\\${token.kind.toUpperCase()}" for the word`,
          expectedTerm,
        );
    }
  }

  #group(open: Token): Term {
    this.#enter(open);
    this.#advance();
    const isEmpty = this.#token.kind === 'close';
    const node = isEmpty ? nothing : this.#or();
    if (this.#token.kind !== 'close') throw this.#error('this parenthesis is not closed', open, ')');
    this.#advance();
    this.#depth--;
    return node;
  }

  #text(token: Token & { kind: 'word' | 'string' }): Term {
    const { kind, text, star, start, end } = token;
    this.#advance();
    if (star && kind === 'word' && text === '') return allLines;
    if (!hasTokens(text)) return nothing;
    this.#countTerm();
    return leaf({ kind: star ? 'prefix' : kind === 'word' ? 'word' : 'phrase', text, span: { start, end } });
  }

  #field(token: Token & { kind: 'field' | 'compare' }): QueryNode {
    const value = this.#lexer.readValue();
    const node =
      token.kind === 'compare'
        ? this.#comparison(token, token.operator, value)
        : value.kind === 'operator'
          ? this.#comparison(token, value.operator, this.#lexer.readValue())
          : token.name === '_exists_' && !token.quoted
            ? this.#exists(token, value)
            : this.#fieldValue(token, value);
    this.#checkMeaning(node);
    this.#advance();
    return node;
  }

  #fieldValue(token: Token & { kind: 'field' | 'compare' }, value: ValueToken): FieldNode {
    const field = token.name;
    if (value.kind === 'open') return this.#valueList(token, value);
    if (value.kind === 'range') return this.#range(token, value);
    if (value.kind !== 'word' && value.kind !== 'string') throw this.#missingValue(token);
    this.#countTerm();
    const span = { start: token.start, end: value.end };
    if (!value.star) return leaf({ kind: 'field-equals', field, values: [value.text], span });
    return value.text === ''
      ? leaf({ kind: 'field-exists', field, span })
      : leaf({ kind: 'field-prefix', field, prefix: value.text, span });
  }

  #valueList(token: Token & { kind: 'field' | 'compare' }, open: Span): FieldNode {
    const values: string[] = [];
    for (;;) {
      const item = this.#lexer.readListItem();
      if (item.kind === 'end') throw this.#error('this parenthesis is not closed', open, ')');
      if ((item.kind !== 'word' && item.kind !== 'string') || item.star) {
        throw this.#error(`a list of values for "${token.name}" holds only texts joined by OR`, item, 'a value', 'query_unsupported');
      }
      this.#countTerm();
      values.push(item.text);
      const next = this.#lexer.readListItem();
      if (next.kind === 'close')
        return leaf({ kind: 'field-equals', field: token.name, values, span: { start: token.start, end: next.end } });
      if (next.kind === 'end') throw this.#error('this parenthesis is not closed', open, ')');
      if (next.kind !== 'or') throw this.#error(`values for "${token.name}" are joined by OR`, next, 'OR or )');
    }
  }

  #comparison(token: Token & { kind: 'field' | 'compare' }, operator: ComparisonOperator, value: ValueToken): FieldNode {
    if (value.kind !== 'word' && value.kind !== 'string') throw this.#missingValue(token);
    if (value.star) throw this.#error('a comparison takes a whole value, no wildcard', value, 'a value');
    if (token.kind === 'compare' && !isComparable(token.name, value.text)) {
      const message = `to compare with a text write ${token.name}:${operator}${value.text}; to search for these signs, quote them`;
      throw this.#error(message, { start: token.start, end: value.end }, 'a number', 'query_unsupported');
    }
    this.#countTerm();
    return leaf({ kind: 'field-compare', field: token.name, operator, value: value.text, span: { start: token.start, end: value.end } });
  }

  #range(token: Token & { kind: 'field' | 'compare' }, { from, to, end }: ValueToken & { kind: 'range' }): FieldNode {
    this.#countTerm();
    const field = token.name;
    const span = { start: token.start, end };
    if (from !== undefined && to !== undefined) return leaf({ kind: 'field-range', field, from, to, span });
    if (from !== undefined) return leaf({ kind: 'field-compare', field, operator: from.included ? '>=' : '>', value: from.value, span });
    if (to !== undefined) return leaf({ kind: 'field-compare', field, operator: to.included ? '<=' : '<', value: to.value, span });
    return leaf({ kind: 'field-exists', field, span });
  }

  #exists(token: Token, value: ValueToken): FieldNode {
    if ((value.kind !== 'word' && value.kind !== 'string') || value.star || value.text === '') {
      throw this.#error('"_exists_:" is followed by the name of a field', value.end > value.start ? value : token, 'a field name');
    }
    this.#countTerm();
    return leaf({ kind: 'field-exists', field: value.text, span: { start: token.start, end: value.end } });
  }

  /** What a node asks for must exist; said with its place. */
  #checkMeaning(node: FieldNode): void {
    try {
      conditionOf(node);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || node.span === undefined) throw thrown;
      const { start, end } = node.span;
      throw querySyntaxError(this.#lexer.query, thrown.message, {
        position: start,
        length: end - start,
        code: thrown.code,
        details: thrown.details,
      });
    }
  }

  #enter(token: Token): void {
    this.#depth++;
    if (this.#depth <= this.#config.max_depth) return;
    const error = overLimit(`the query is nested deeper than ${this.#config.max_depth}`, 'max_depth', this.#config.max_depth);
    throw querySyntaxError(this.#lexer.query, error.message, {
      position: token.start,
      length: token.end - token.start,
      code: error.code,
      details: error.details,
    });
  }

  #countTerm(): void {
    this.#terms++;
    if (this.#terms > this.#config.max_terms)
      throw overLimit(`the query has more than ${this.#config.max_terms} terms`, 'max_terms', this.#config.max_terms);
  }

  #error(message: string, at: Span, expected: string, code?: 'query_unsupported'): AppError {
    return querySyntaxError(this.#lexer.query, message, { position: at.start, length: at.end - at.start, expected, code });
  }

  #unexpected(message: string, expected: string): AppError {
    return this.#error(message, this.#token, expected);
  }

  #missingValue(token: Token & { kind: 'field' | 'compare' }): AppError {
    return this.#error(`a value must follow "${token.name}" without a space`, { start: token.end, end: token.end }, expectedValue);
  }

  #nothingToSearch(at: Span): AppError {
    return this.#error('there is no letter or digit to search for', at, expectedTerm);
  }
}
