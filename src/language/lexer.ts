/**
 * Reads a query text token by token, on demand: what may follow a field differs from what may begin a term.
 *
 * It forgives pasted text: `https://…`, `std::vector`, `C:\dir`, `10:23:45` and `error: text` are words, not fields,
 * and punctuation on its own is told apart so that the parser can pass over it. Each call reads on from `position`
 * and looks at every character a bounded number of times, so reading a whole query is linear.
 */
import { isColumnField } from './fields.ts';
import { escapable, operatorWords, querySyntaxError } from './query-text.ts';
import type { AppError } from '#base/errors.ts';
import type { ComparisonOperator, RangeBound, Span } from './ast.ts';

export type Token = Span &
  (
    | { readonly kind: 'open' | 'close' | 'and' | 'or' | 'not' | 'end' }
    /** `star`: an unescaped * ends it. A text of * alone has an empty text. */
    | { readonly kind: 'word' | 'string'; readonly text: string; readonly star: boolean }
    /** A word without letter or digit. */
    | { readonly kind: 'punctuation' }
    /** `name:`; the value follows at once. */
    | { readonly kind: 'field'; readonly name: string; readonly quoted: boolean }
    | { readonly kind: 'compare'; readonly name: string; readonly operator: ComparisonOperator }
  );

/** What may stand where a value is expected. */
export type ValueToken = Span &
  (
    | { readonly kind: 'word' | 'string'; readonly text: string; readonly star: boolean }
    | { readonly kind: 'open' | 'missing' }
    | { readonly kind: 'operator'; readonly operator: ComparisonOperator }
    /** [from TO to]; undefined for *. */
    | { readonly kind: 'range'; readonly from?: RangeBound; readonly to?: RangeBound }
  );

const space = /\s*/y;
const rawWord = /(?:\\[\s\S]|[^\s()"\\])+|\\/y;
const fieldStart = /([\p{L}_@$][\p{L}\p{N}_.@$/-]*)(:|>=|<=|>|<)/uy;
const comparison = />=|<=|>|</y;
const rangeWord = /TO(?=[\s"*])/y;
const rawBound = /(?:\\[\s\S]|[^\s\]}"\\])+/y;
/** After `name:` these show that it was no field: a path, a scope, a drive; nothing. */
const notAValue = /\/\/|:|\\[\p{L}\p{N}]/uy;
const wordCharacter = /[\p{L}\p{N}\u0080-\uffff*]/u;
const regexWord = /^\/.+\/$/s;

export class Lexer {
  readonly query: string;
  position = 0;

  constructor(query: string) {
    this.query = query;
  }

  /** The next token where a term may begin. */
  readTerm(): Token {
    this.#skipSpace();
    const start = this.position;
    const first = this.query[start];
    if (first === undefined) return { kind: 'end', start, end: start };
    if (first === '(') return this.#take('open', 1);
    if (first === ')') return this.#take('close', 1);
    if (first === '"') return this.#readStringOrField();
    return this.#readField() ?? this.#readOperatorOrWord();
  }

  /** The value behind `name:`; white space ends it before it begins. */
  readValue(): ValueToken {
    const start = this.position;
    const first = this.query[start];
    if (first === undefined || /[\s)]/.test(first)) return { kind: 'missing', start, end: start };
    if (first === '(') return this.#take('open', 1);
    if (first === '"') return this.#readString();
    const operator = this.#match(comparison, start);
    if (operator !== undefined) {
      this.position += operator.length;
      return { kind: 'operator', operator: operator as ComparisonOperator, start, end: this.position };
    }
    if (first === '[' || first === '{') return this.#readRange();
    return this.#readWord();
  }

  /** A value in `name:(a OR b)`, the OR between two, or the end of the list. */
  readListItem(): Token {
    this.#skipSpace();
    const start = this.position;
    const first = this.query[start];
    if (first === undefined) return { kind: 'end', start, end: start };
    if (first === '(') return this.#take('open', 1);
    if (first === ')') return this.#take('close', 1);
    if (first === '"') return this.#readString();
    return this.#readWordOperator() ?? this.#readWord();
  }

  error(message: string, position: number, length: number, more: { expected?: string; code?: 'query_unsupported' } = {}) {
    return querySyntaxError(this.query, message, { position, length, ...more });
  }

  #take<K extends Token['kind']>(kind: K, length: number): { kind: K } & Span {
    const start = this.position;
    this.position += length;
    return { kind, start, end: this.position };
  }

  #skipSpace(): void {
    this.position += this.#match(space, this.position)?.length ?? 0;
  }

  #match(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.query)?.[0];
  }

  /** `name:` or `name>=`, or undefined where the text is no field and nothing was read. */
  #readField(): Token | undefined {
    const start = this.position;
    fieldStart.lastIndex = start;
    const match = fieldStart.exec(this.query);
    if (match === null || match[1].endsWith('-')) return undefined;
    const [whole, name, mark] = match;
    const end = start + whole.length;
    const next = this.query[end];
    const hasValue = next !== undefined && !/[\s)]/.test(next);
    if (!hasValue && !isColumnField(name)) return undefined;
    if (mark === ':' && this.#match(notAValue, end) !== undefined) return undefined;
    this.position = end;
    if (mark === ':') return { kind: 'field', name, quoted: false, start, end };
    return { kind: 'compare', name, operator: mark as ComparisonOperator, start, end };
  }

  #readStringOrField(): Token {
    const token = this.#readString();
    const next = this.query[token.end + 1];
    if (token.star || this.query[token.end] !== ':' || next === undefined || /[\s)]/.test(next) || token.text === '') return token;
    this.position = token.end + 1;
    return { kind: 'field', name: token.text, quoted: true, start: token.start, end: this.position };
  }

  /** `"…"`; `\"` and `\\` are escapes, any other backslash is itself. */
  #readString(): Span & { kind: 'string'; text: string; star: boolean } {
    const start = this.position;
    const pieces: string[] = [];
    let from = start + 1;
    for (let at = from; ; at++) {
      const char = this.query[at];
      if (char === undefined) throw this.error('this quote is not closed', start, 1, { expected: '"' });
      if (char === '"') {
        pieces.push(this.query.slice(from, at));
        const star = this.query[at + 1] === '*';
        this.position = at + (star ? 2 : 1);
        return { kind: 'string', text: pieces.join(''), star, start, end: this.position };
      }
      if (char === '\\' && (this.query[at + 1] === '"' || this.query[at + 1] === '\\')) {
        pieces.push(this.query.slice(from, at));
        from = at + 1;
        at++;
      }
    }
  }

  /** `[a TO b]`, with { or } where the bound itself is left out. */
  #readRange(): ValueToken {
    const start = this.position++;
    const from = this.#readBound(start);
    this.#skipSpace();
    if (this.#match(rangeWord, this.position) === undefined) throw this.#brokenRange(start, 'TO');
    this.position += 'TO'.length;
    const to = this.#readBound(start);
    this.#skipSpace();
    const close = this.query[this.position];
    if (close !== ']' && close !== '}') throw this.#brokenRange(start, ']');
    this.position++;
    return {
      kind: 'range',
      ...(from === undefined ? {} : { from: { value: from, included: this.query[start] === '[' } }),
      ...(to === undefined ? {} : { to: { value: to, included: close === ']' } }),
      start,
      end: this.position,
    };
  }

  /** Undefined for `*`. */
  #readBound(rangeStart: number): string | undefined {
    this.#skipSpace();
    if (this.query[this.position] === '"') return this.#readString().text;
    const start = this.position;
    const raw = this.#match(rawBound, start);
    if (raw === undefined) throw this.#brokenRange(rangeStart, 'a value or *');
    this.position = start + raw.length;
    return raw === '*' ? undefined : this.#unescape(raw, start).text;
  }

  #brokenRange(start: number, expected: string): AppError {
    const message = `a range is written [a TO b], {a TO b} or [a TO *]; quote the value if it begins with "${this.query[start]}"`;
    return this.error(message, this.position, Math.min(1, this.query.length - this.position), { expected });
  }

  #readWordOperator(): Token | undefined {
    const raw = this.#match(rawWord, this.position) as string;
    if (!operatorWords.has(raw)) return undefined;
    return this.#take(raw.toLowerCase() as 'and' | 'or' | 'not', raw.length);
  }

  #readOperatorOrWord(): Token {
    const operator = this.#readWordOperator();
    if (operator !== undefined) return operator;
    const start = this.position;
    const raw = this.#match(rawWord, start) as string;
    const after = this.query[start + raw.length];
    // a minus before a quote or parenthesis negates; otherwise a word of punctuation is just that
    const isPunctuation = !wordCharacter.test(raw) && !(raw.endsWith('-') && (after === '"' || after === '('));
    if (isPunctuation) {
      if (raw === '|') throw this.error('pipes are not supported yet; quote "|" to pass over it', start, 1, { code: 'query_unsupported' });
      return this.#take('punctuation', raw.length);
    }
    if (raw[0] === '-') return this.#take('not', 1);
    return this.#readWord();
  }

  #readWord(): Span & { kind: 'word'; text: string; star: boolean } {
    const start = this.position;
    const raw = this.#match(rawWord, start) as string;
    this.position = start + raw.length;
    if (regexWord.test(raw)) {
      throw this.error('regular expressions are not supported yet; write "\\/" for the first slash, or quote the text', start, raw.length, {
        code: 'query_unsupported',
      });
    }
    if (raw[0] === '\\' && operatorWords.has(raw.slice(1)))
      return { kind: 'word', text: raw.slice(1), star: false, start, end: this.position };
    return { kind: 'word', ...this.#unescape(raw, start), start, end: this.position };
  }

  #unescape(raw: string, start: number): { text: string; star: boolean } {
    const pieces: string[] = [];
    let from = 0;
    for (let at = 0; at < raw.length; at++) {
      if (raw[at] === '\\' && at + 1 < raw.length && escapable.test(raw[at + 1])) {
        pieces.push(raw.slice(from, at));
        from = at + 1;
        at++;
      } else if (raw[at] === '*') {
        if (at < raw.length - 1) {
          throw this.error('a wildcard may stand only at the end of a word; write "\\*" for the character itself', start + at, 1, {
            code: 'query_unsupported',
          });
        }
        pieces.push(raw.slice(from, at));
        return { text: pieces.join(''), star: true };
      }
    }
    pieces.push(raw.slice(from));
    return { text: pieces.join(''), star: false };
  }
}
