/** Reads what follows a pipe: names, "quoted names", numbers with or without unit, and signs. Every character is looked at once. */
import { querySyntaxError } from '../query-text.ts';
import type { AppError } from '#base/errors.ts';
import type { Span } from '../ast.ts';

export type PipeToken = Span &
  (
    | { readonly kind: 'name' | 'string' | 'number'; readonly text: string }
    | { readonly kind: 'sign'; readonly text: '(' | ')' | ',' | '-' }
    | { readonly kind: 'pipe' | 'end' | 'other' }
  );

const space = /\s*/y;
const name = /[\p{L}_@$](?:[\p{L}\p{N}_.@$/-]*[\p{L}\p{N}_.@$/])?/uy;
const number = /\d[\p{L}\p{N}.]*/uy;

export class PipeLexer {
  readonly query: string;
  position: number;

  constructor(query: string, position: number) {
    this.query = query;
    this.position = position;
  }

  /** The next token; behind the end it is `end` again. */
  read(): PipeToken {
    this.position += this.#match(space)?.length ?? 0;
    const start = this.position;
    const first = this.query[start];
    if (first === undefined) return { kind: 'end', start, end: start };
    if (first === '"') return this.#readString();
    const word = this.#match(name);
    if (word !== undefined) return { kind: 'name', text: word, start, end: (this.position += word.length) };
    const digits = this.#match(number);
    if (digits !== undefined) return { kind: 'number', text: digits, start, end: (this.position += digits.length) };
    const end = ++this.position;
    if (first === '(' || first === ')' || first === ',' || first === '-') return { kind: 'sign', text: first, start, end };
    return { kind: first === '|' ? 'pipe' : 'other', start, end };
  }

  error(message: string, { start, end }: Span, more: { expected?: string; suggestion?: string } = {}): AppError {
    const { expected, suggestion } = more;
    const details = suggestion === undefined ? {} : { suggestion };
    return querySyntaxError(this.query, message, { position: start, length: end - start, expected, details });
  }

  /** `\"` and `\\` are escapes, any other backslash is itself: as in the query before. */
  #readString(): PipeToken {
    const start = this.position;
    const parts: string[] = [];
    let from = start + 1;
    for (let at = from; ; at++) {
      const char = this.query[at];
      if (char === undefined) throw this.error('this quote is not closed', { start, end: start + 1 }, { expected: '"' });
      if (char === '"') {
        parts.push(this.query.slice(from, at));
        return { kind: 'string', text: parts.join(''), start, end: (this.position = at + 1) };
      }
      if (char === '\\' && (this.query[at + 1] === '"' || this.query[at + 1] === '\\')) {
        parts.push(this.query.slice(from, at));
        from = ++at;
      }
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    return pattern.exec(this.query)?.[0];
  }
}
