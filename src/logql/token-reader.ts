/** A query's tokens one after the other, and what a parser says where the next one is another than it could be. */
import { AppError } from '#base/errors.ts';
import { syntaxError } from './errors.ts';
import { tokenize } from './lexer.ts';
import type { Token, TokenKind } from './lexer.ts';

/** Deeper queries are nobody's; a bound on recursion. */
const maxDepth = 128;
/** As Loki: a longer query is refused before it is read. */
export const maxQueryChars = 131_072;

export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    if (text.length > maxQueryChars)
      throw new AppError('limit_exceeded', `parse error : the query is longer than ${maxQueryChars} characters`);
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  get next(): Token {
    return this.#tokens[this.#at];
  }

  /** The one behind the next. */
  get second(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)];
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Where the parser is, for `goTo`. */
  get place(): number {
    return this.#at;
  }

  goTo(place: number): void {
    this.#at = place;
  }

  isOperator(...signs: readonly string[]): boolean {
    return this.next.kind === 'operator' && signs.includes(this.next.text);
  }

  isWord(...words: readonly string[]): boolean {
    return this.next.kind === 'identifier' && words.includes(this.next.text);
  }

  /** Takes the sign or word if it comes next. */
  skip(text: string): boolean {
    const isNext = (this.next.kind === 'operator' || this.next.kind === 'identifier') && this.next.text === text;
    if (isNext) this.#at++;
    return isNext;
  }

  expect(sign: string, ...others: readonly string[]): void {
    if (!this.skip(sign)) throw this.unexpected(sign, ...others);
  }

  expectKind(kind: TokenKind): Token {
    if (this.next.kind !== kind) throw this.unexpected(tokenNames[kind]);
    return this.take();
  }

  /** Loki's words: `syntax error: unexpected $end, expecting } or ,`. */
  unexpected(...expected: readonly string[]): AppError {
    const list = expected.length === 0 ? '' : `, expecting ${expected.join(' or ')}`;
    return this.errorAt(this.next, `syntax error: unexpected ${nameOf(this.next)}${list}`);
  }

  errorAt({ start }: Token, problem: string): AppError {
    return syntaxError(this.#text, start, problem);
  }

  /** Runs a rule that can contain itself. */
  nested<T>(rule: () => T): T {
    if (++this.#depth > maxDepth) throw this.errorAt(this.next, `the query is nested deeper than ${maxDepth}`);
    const result = rule();
    this.#depth--;
    return result;
  }
}

const tokenNames: Readonly<Record<TokenKind, string>> = {
  identifier: 'IDENTIFIER',
  string: 'STRING',
  number: 'NUMBER',
  duration: 'DURATION',
  bytes: 'BYTES',
  flag: 'FUNCTION_FLAG',
  operator: 'operator',
  end: '$end',
};

function nameOf({ kind, text }: Token): string {
  if (kind === 'operator') return text;
  return kind === 'end' ? '$end' : kind === 'identifier' ? `IDENTIFIER "${text}"` : `${tokenNames[kind]} ${JSON.stringify(text)}`;
}
