/**
 * Query text → AST. Grammar and meaning: docs/specs/query-language.md.
 *
 *   query    = [ or ]
 *   or       = and { "OR" and }
 *   and      = unary { [ "AND" ] unary }
 *   unary    = { "NOT" | "-" | "!" | "+" } primary
 *   primary  = "(" or ")" | text | "/" regex "/" | field ":" value | field (">=" | ">" | "<=" | "<") value
 *   value    = text | "/" regex "/" | range | compare text | "(" or ")", with values as its primaries
 *
 * A run of punctuation is passed over where something else stands beside it. The parser throws AppError and nothing
 * else, takes time linear in the text, and its recursion is bounded by `query.max_depth`.
 */
import { AppError, invariant } from '#base/errors.ts';
import { allLines, allOf, anyOf, leaf, notOf } from './ast.ts';
import { isComparable, unclearComparison } from './comparisons.ts';
import { conditionOf } from './conditions.ts';
import { defaultQueryConfig } from './config.ts';
import { comparisonNode, existsNode, regexTextNode, textNode, valueNode } from './leaf-nodes.ts';
import { Lexer } from './lexer.ts';
import { querySyntaxError } from './query-text.ts';
import type { ComparisonOperator, FieldEqualsNode, FieldNode, QueryNode, Span, TextNode } from './ast.ts';
import type { QueryConfig } from './config.ts';
import type { FieldToken } from './leaf-nodes.ts';
import type { GroupToken, Token, ValueToken } from './lexer.ts';

/**
 * The canonical AST of a query; an empty text is all lines. Throws AppError `query_syntax` or `query_unsupported` with
 * details {position, length, expected}, or `limit_exceeded` with details {setting, limit}.
 */
export function parseQuery(text: string, config: QueryConfig = defaultQueryConfig): QueryNode {
  checkLength(text, config);
  const lexer = new Lexer(text.toWellFormed());
  const { node, end } = parseCondition(lexer, new TermBudget(config));
  if (end.kind === 'end') return node;
  const message = 'here lines are searched; pipes are answered by POST /v1/query. To search for "|", quote it';
  throw lexer.error(message, end.start, 1, { code: 'query_unsupported' });
}

/** Throws AppError `limit_exceeded`. */
export function checkLength(text: string, { max_length: limit }: QueryConfig): void {
  if (text.length > limit) throw overLimit(`the query has ${text.length} characters; the most is ${limit}`, 'max_length', limit);
}

/** Terms of one text, over all its conditions. */
export class TermBudget {
  readonly config: QueryConfig;
  #terms = 0;

  constructor(config: QueryConfig) {
    this.config = config;
  }

  /** Throws AppError `limit_exceeded`. */
  take(): void {
    const { max_terms: limit } = this.config;
    if (++this.#terms > limit) throw overLimit(`the query has more than ${limit} terms`, 'max_terms', limit);
  }
}

/**
 * The condition at the lexer's place, up to a pipe, behind which the lexer is then, or to the end. Throws as `parseQuery`, but
 * for names whose meaning is not known yet (`fields: 'unknown'`) not where a field is asked for what it does not have.
 */
export function parseCondition(
  lexer: Lexer,
  budget: TermBudget,
  fields: 'of-lines' | 'unknown' = 'of-lines',
): { readonly node: QueryNode; readonly end: ConditionEnd } {
  const parser = new Parser(lexer, budget, fields === 'of-lines');
  return { node: parser.parse(), end: parser.end };
}

export type ConditionEnd = Token & { readonly kind: 'end' | 'pipe' };

export function overLimit(message: string, setting: keyof QueryConfig, limit: number): AppError {
  return new AppError('limit_exceeded', `${message} (setting "query.${setting}")`, { details: { setting: `query.${setting}`, limit } });
}

const expectedTerm = 'a word, a "phrase", field:value or (';
const expectedValue = 'a value, a "quoted value", *, /regex/, [a TO b] or (a OR b)';

/** A term of punctuation only, which has nothing to search for. */
const nothing = undefined;
type Term = QueryNode | typeof nothing;

class Parser {
  readonly #lexer: Lexer;
  readonly #budget: TermBudget;
  /** Fields are those of lines, and what is asked of them must exist. */
  readonly #knowsFields: boolean;
  #token: Token | GroupToken;
  /** Set between the parentheses of `field:( … )`, where terms are its values. */
  #field: FieldToken | undefined;
  #depth = 0;

  constructor(lexer: Lexer, budget: TermBudget, knowsFields: boolean) {
    this.#lexer = lexer;
    this.#budget = budget;
    this.#knowsFields = knowsFields;
    this.#token = this.#lexer.readTerm();
  }

  parse(): QueryNode {
    if (isEnd(this.#token)) return allLines;
    const first = this.#token;
    const query = this.#or();
    if (this.#token.kind === 'close') throw this.#unexpected('this parenthesis closes nothing', 'the end of the query');
    if (query === nothing) throw this.#nothingToSearch(first);
    return query;
  }

  /** What ended the condition, once it is parsed. */
  get end(): ConditionEnd {
    invariant(isEnd(this.#token), 'a condition is parsed up to its end');
    return this.#token;
  }

  #advance(): void {
    this.#token = this.#field === undefined ? this.#lexer.readTerm() : this.#lexer.readGroupTerm();
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
    return this.#field === undefined ? anyOf(nodes) : anyValueOf(nodes);
  }

  #and(): Term {
    const nodes: QueryNode[] = [];
    for (let joinedBySpace = false; ; ) {
      const start = this.#token;
      const node = this.#unary();
      if (joinedBySpace) this.#checkSideBySide(nodes.at(-1), node, start);
      if (node !== nothing) nodes.push(node);
      const { kind } = this.#token;
      if (isEnd(this.#token) || kind === 'close' || kind === 'or') break;
      joinedBySpace = kind !== 'and';
      if (kind === 'and') this.#advance();
    }
    return nodes.length === 0 ? nothing : allOf(nodes);
  }

  /** `service:(a b)`: no line has two, so an OR was meant. */
  #checkSideBySide(left: Term, right: Term, at: Span): void {
    if (this.#field === undefined || left?.kind !== 'field-equals' || right?.kind !== 'field-equals') return;
    const { name } = this.#field;
    const many = conditionOf(right).kind;
    if (many !== 'tokens' && many !== 'tag') throw this.#error(`values for "${name}" are joined by OR`, at, 'OR or )');
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
      case 'regex':
      case 'range':
      case 'operator':
        return this.#field === undefined ? this.#text(token) : this.#groupValue(this.#field, token);
      case 'field':
      case 'compare':
        return this.#fieldTerm(token);
      case 'end':
      case 'pipe':
        throw this.#unexpected('the query ends where a term is expected', this.#expected);
      case 'close':
        throw this.#unexpected('a term is missing before this parenthesis', this.#expected);
      default:
        throw this.#unexpected(
          `a term is missing before this ${token.kind.toUpperCase()}; write "\\${token.kind.toUpperCase()}" for the word`,
          this.#expected,
        );
    }
  }

  get #expected(): string {
    return this.#field === undefined ? expectedTerm : 'a value';
  }

  #group(open: Span): Term {
    this.#enter(open);
    this.#advance();
    const isEmpty = this.#token.kind === 'close' && this.#field === undefined;
    const node = isEmpty ? nothing : this.#or();
    if (this.#token.kind !== 'close') throw this.#error('this parenthesis is not closed', open, ')');
    this.#advance();
    this.#depth--;
    return node;
  }

  #text(token: Token | GroupToken): Term {
    this.#advance();
    const node = this.#checked(
      token.kind === 'regex' ? regexTextNode(token) : token.kind === 'word' || token.kind === 'string' ? textNode(token) : nothing,
    );
    if (node !== nothing && node.kind !== 'all') this.#budget.take();
    return node;
  }

  #fieldTerm(token: FieldToken): QueryNode {
    const value = this.#lexer.readValue();
    if (value.kind === 'open') return this.#valueGroup(token, value);
    const node = this.#fieldNode(token, value);
    this.#advance();
    return node;
  }

  /** `field:( … )`: the same grammar, whose terms are values. */
  #valueGroup(token: FieldToken, open: Span): QueryNode {
    if (token.kind === 'compare' || isExists(token)) throw this.#missingValue(token);
    this.#field = token;
    this.#enter(open);
    this.#advance();
    const node = this.#or() as QueryNode;
    if (this.#token.kind !== 'close') throw this.#error('this parenthesis is not closed', open, ')');
    const { end } = this.#token;
    this.#field = undefined;
    this.#depth--;
    this.#advance();
    return node.kind === 'field-equals' ? leaf({ ...node, span: { start: token.start, end } }) : node;
  }

  #groupValue(field: FieldToken, token: ValueToken): QueryNode {
    const node = this.#fieldNode({ kind: 'field', name: field.name, quoted: true, start: token.start, end: token.start }, token);
    this.#advance();
    return node;
  }

  #fieldNode(token: FieldToken, value: ValueToken): QueryNode {
    this.#budget.take();
    if (value.kind === 'open' || value.kind === 'missing') throw this.#missingValue(token);
    if (isExists(token)) {
      const node = existsNode(token, value);
      if (node === undefined) throw this.#error('"_exists_:" is followed by the name of a field', value, 'a field name');
      return node;
    }
    if (token.kind === 'compare') return this.#comparison(token, token.operator, value);
    if (value.kind === 'operator') return this.#comparison({ ...token, end: value.end }, value.operator, this.#lexer.readValue());
    return this.#checked(valueNode(token, value));
  }

  #comparison(token: FieldToken, operator: ComparisonOperator, value: ValueToken): FieldNode {
    if (value.kind !== 'word' && value.kind !== 'string') throw this.#missingValue(token);
    if (value.pieces.length > 1) throw this.#error('a comparison takes a whole value, no wildcard', value, 'a value');
    const node = comparisonNode(token, operator, value);
    if (this.#knowsFields && token.kind === 'compare' && !isComparable(node.field, node.value)) {
      throw this.#placed(unclearComparison(node), { start: token.start, end: value.end });
    }
    return this.#checked(node);
  }

  /** What a node asks for must exist; said with its place. */
  #checked<N extends FieldNode | TextNode | QueryNode | typeof nothing>(node: N): N {
    try {
      if (node !== nothing && (this.#knowsFields || !('field' in node))) conditionOf(node);
      return node;
    } catch (thrown) {
      if (!(thrown instanceof AppError) || node === nothing || !('span' in node) || node.span === undefined) throw thrown;
      throw this.#placed(thrown, node.span);
    }
  }

  #enter(at: Span): void {
    const { max_depth: limit } = this.#budget.config;
    if (++this.#depth > limit) throw this.#placed(overLimit(`the query is nested deeper than ${limit}`, 'max_depth', limit), at);
  }

  #placed({ message, code, details }: AppError, { start, end }: Span): AppError {
    return querySyntaxError(this.#lexer.query, message, { position: start, length: end - start, code, details });
  }

  #error(message: string, at: Span, expected: string): AppError {
    return querySyntaxError(this.#lexer.query, message, { position: at.start, length: at.end - at.start, expected });
  }

  #unexpected(message: string, expected: string): AppError {
    return this.#error(message, this.#token, expected);
  }

  #missingValue(token: FieldToken): AppError {
    return this.#error(`a value must follow "${token.name}" without a space`, { start: token.end, end: token.end }, expectedValue);
  }

  #nothingToSearch(at: Span): AppError {
    return this.#error('there is no letter or digit to search for', at, this.#expected);
  }
}

function isEnd(token: Token | GroupToken): token is ConditionEnd {
  return token.kind === 'end' || token.kind === 'pipe';
}

function isExists(token: FieldToken): boolean {
  return token.kind === 'field' && token.name === '_exists_' && !token.quoted;
}

/** `(a OR b)` is one list of values. */
function anyValueOf(nodes: readonly [QueryNode, ...QueryNode[]]): QueryNode {
  const lists = nodes.filter((node): node is FieldEqualsNode => node.kind === 'field-equals');
  return lists.length === nodes.length ? leaf({ ...lists[0], values: lists.flatMap(({ values }) => values) }) : anyOf(nodes);
}
