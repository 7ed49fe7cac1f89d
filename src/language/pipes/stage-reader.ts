/** The tokens of one stage with what all stages have in common: names, lists, keywords and their errors. */
import type { AppError } from '#base/errors.ts';
import type { Span } from '../ast.ts';
import type { TermBudget } from '../parser.ts';
import { PipeLexer } from './lexer.ts';
import type { PipeToken } from './lexer.ts';
import { aggregateName } from './nodes.ts';
import type { ColumnName } from './nodes.ts';
import { functionOf } from './functions.ts';

export class StageReader {
  readonly #lexer: PipeLexer;
  readonly #budget: TermBudget;
  token: PipeToken;
  /** End of the token before. */
  lastEnd: number;

  constructor(query: string, position: number, budget: TermBudget) {
    this.#lexer = new PipeLexer(query, position);
    this.#budget = budget;
    this.lastEnd = position;
    this.token = this.#lexer.read();
  }

  next(): void {
    this.lastEnd = this.token.end;
    this.token = this.#lexer.read();
  }

  isSign(sign: string): boolean {
    return this.token.kind === 'sign' && this.token.text === sign;
  }

  isKeyword(word: string): boolean {
    return this.token.kind === 'name' && this.token.text.toLowerCase() === word;
  }

  /** Passes over the keyword where it stands here. */
  takeKeyword(word: string): boolean {
    const isHere = this.isKeyword(word);
    if (isHere) this.next();
    return isHere;
  }

  expectSign(sign: string): void {
    if (!this.isSign(sign)) throw this.unexpected(sign);
    this.next();
  }

  /** One or more, joined by commas. */
  list<T>(read: () => T): readonly T[] {
    const items = [read()];
    while (this.isSign(',')) {
      this.next();
      items.push(read());
    }
    return Object.freeze(items);
  }

  /** A name, or the name of what a function makes. */
  column(expected = 'a name'): ColumnName {
    const { token } = this;
    if (token.kind !== 'name' && token.kind !== 'string') throw this.unexpected(expected);
    if (token.text === '') throw this.error('a name is not empty', token, expected);
    this.#budget.take();
    this.next();
    if (token.kind === 'name' && this.isSign('(')) return this.#madeColumn(token);
    return columnAt(token.text, { start: token.start, end: token.end });
  }

  /** `as name`. */
  alias(): string | undefined {
    if (!this.takeKeyword('as')) return undefined;
    const { token } = this;
    if ((token.kind !== 'name' && token.kind !== 'string') || token.text === '') throw this.unexpected('a name');
    this.#budget.take();
    this.next();
    return token.text;
  }

  /** A whole number from 1 on. */
  count(expected: string): number {
    const { token } = this;
    const value = token.kind === 'number' && /^\d{1,9}$/.test(token.text) ? Number(token.text) : 0;
    if (value === 0) throw this.unexpected(expected);
    this.next();
    return value;
  }

  /** Counts as a term of the query. */
  takeTerm(): void {
    this.#budget.take();
  }

  unexpected(expected: string): AppError {
    const isEnd = this.token.kind === 'end' || this.token.kind === 'pipe';
    return this.error(isEnd ? `here ends what needs ${expected}` : `expected ${expected}`, this.token, expected);
  }

  error(message: string, at: Span, expected?: string, suggestion?: string): AppError {
    return this.#lexer.error(message, at, { expected, suggestion });
  }

  /** Behind the name of a function: `(field)`. */
  #madeColumn(name: PipeToken & { readonly text: string }): ColumnName {
    this.next();
    const made = functionOf(name.text);
    if (made === undefined) throw this.error(`there is no function "${name.text.slice(0, 40)}"`, name, 'a name');
    const field = this.isSign(')') ? undefined : this.column('a field or )');
    const { end } = this.token;
    this.expectSign(')');
    return columnAt(aggregateName({ ...made, ...(field ? { field } : {}) }), { start: name.start, end });
  }
}

function columnAt(name: string, span: Span): ColumnName {
  return Object.freeze({ name, span });
}
