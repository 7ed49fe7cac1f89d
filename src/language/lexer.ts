/**
 * Reads a query text token by token, on demand: what may follow a field differs from what may begin a term.
 *
 * It forgives pasted text: `https://…`, `std::vector`, `C:\dir`, `10:23:45` and `error: text` are words, not fields,
 * and punctuation on its own is told apart so that the parser can pass over it. Each call reads on from `position`
 * and looks at every character a bounded number of times, so reading a whole query is linear.
 */
import type { AppError } from '#base/errors.ts';
import { isColumnField } from './fields.ts';
import { boost, escapable, fuzzyEnd, operatorOf, querySyntaxError } from './query-text.ts';
import type { ComparisonOperator, RangeBound, Span } from './ast.ts';

/** A text; stars divide it into pieces, of which the first and last may be empty. One piece: no wildcard. */
export type TextToken = Span & { readonly kind: 'word' | 'string'; readonly pieces: readonly string[] };
/** `[from TO to]`; undefined for *. */
export type RangeToken = Span & { readonly kind: 'range'; readonly from?: RangeBound; readonly to?: RangeBound };
export type RegexToken = Span & { readonly kind: 'regex'; readonly pattern: string };
/** `>=` where a value is expected. */
export type OperatorToken = Span & { readonly kind: 'operator'; readonly operator: ComparisonOperator };
type SignToken = Span & { readonly kind: 'open' | 'close' | 'and' | 'or' | 'not' | 'end' | 'pipe' };

export type Token =
  | SignToken
  | TextToken
  | RegexToken
  /** A word without letter or digit. */
  | (Span & { readonly kind: 'punctuation' })
  /** `name:`; the value follows at once. */
  | (Span & { readonly kind: 'field'; readonly name: string; readonly quoted: boolean })
  | (Span & { readonly kind: 'compare'; readonly name: string; readonly operator: ComparisonOperator });

/** What may stand where a value is expected. */
export type GivenValueToken = TextToken | RegexToken | RangeToken | OperatorToken;
export type ValueToken = GivenValueToken | (Span & { readonly kind: 'open' }) | (Span & { readonly kind: 'missing' });
/** What may stand in `name:( … )`. */
export type GroupToken = SignToken | GivenValueToken;

const space = /\s*/y;
const rawWord = /(?:\\[\s\S]|[^\s()"\\])+|\\/y;
const fieldStart = /([\p{L}_@$][\p{L}\p{N}_.@$/-]*)(:|>=|<=|>|<)/uy;
const comparison = />=|<=|>|</y;
/** After `name:` these show that it was no field: a path, a scope, a drive; nothing. An IPv6 address may begin with ::. */
const notAValue = /\/\/|:(?!:)|\\[\p{L}\p{N}]/uy;
const wordCharacter = /[\p{L}\p{N}\u0080-\uffff*]/u;
/** As in Lucene the first slash that is not escaped ends it. `/var/log` is a path, since the text goes on. */
const regex = /\/(?!\s)((?:\\[\s\S]|[^\\/])+)\/(?=(?:\^[\d.]+)?(?:[\s)]|$))/y;
const rangeWord = /TO(?=[\s"*])/y;
const rawBound = /(?:\\[\s\S]|[^\s\]}"\\])+/y;
/** What follows a pipe's sign: white space, a name or nothing. `|200|` is a word. */
const pipeSign = /\|(?=[\s\p{L}]|$)/uy;
/** A word may end in a pipe's sign. */
const endsWithPipe = /[^\\|]\|$/;
/** Before what they negate or require. */
const prefixSigns = new Set(['-', '!', '+']);

export class Lexer {
  readonly query: string;
  position = 0;

  constructor(query: string) {
    this.query = query;
  }

  /** The next token where a term may begin. */
  readTerm(): Token {
    for (;;) {
      this.#skipSpace();
      const start = this.position;
      const first = this.query[start];
      if (first === undefined) return { kind: 'end', start, end: start };
      if (first === '(') return this.#take('open', 1);
      if (first === ')') return this.#takeClose();
      if (first === '"') return this.#readStringOrField();
      if (this.#match(pipeSign, start) !== undefined) return this.#take('pipe', 1);
      const token = this.#readField() ?? this.#readRegex() ?? this.#readOperatorOrWord();
      if (token !== undefined) return token;
    }
  }

  /** The value behind `name:`; white space ends it before it begins. */
  readValue(): ValueToken {
    const start = this.position;
    const first = this.query[start];
    if (first === undefined || /[\s)]/.test(first)) return { kind: 'missing', start, end: start };
    if (first === '(') return this.#take('open', 1);
    return this.#readGivenValue();
  }

  /** The next token between the parentheses of `name:( … )`. A minus before a digit belongs to the number. */
  readGroupTerm(): GroupToken {
    for (;;) {
      this.#skipSpace();
      const start = this.position;
      const first = this.query[start];
      if (first === undefined) return { kind: 'end', start, end: start };
      if (first === '(') return this.#take('open', 1);
      if (first === ')') return this.#takeClose();
      const next = this.query[start + 1] ?? ' ';
      if (prefixSigns.has(first) && !/[\s\d.)]/.test(next)) {
        if (first !== '+') return this.#take('not', 1);
        this.position++;
        continue;
      }
      return (first === '"' ? undefined : this.#readWordOperator()) ?? this.#readGivenValue();
    }
  }

  error(message: string, position: number, length: number, more: { expected?: string; code?: 'query_unsupported' } = {}): AppError {
    return querySyntaxError(this.query, message, { position, length, ...more });
  }

  #readGivenValue(): GivenValueToken {
    const start = this.position;
    const first = this.query[start];
    if (first === '"') return this.#readString();
    if (first === '[' || first === '{') return this.#readRange();
    const operator = this.#match(comparison, start);
    if (operator !== undefined) {
      this.position += operator.length;
      return { kind: 'operator', operator: operator as ComparisonOperator, start, end: this.position };
    }
    return this.#readRegex() ?? this.#readWord();
  }

  #take<K extends SignToken['kind'] | 'punctuation'>(kind: K, length: number): { kind: K } & Span {
    const start = this.position;
    this.position += length;
    return { kind, start, end: this.position };
  }

  #takeClose(): SignToken {
    const token = this.#take('close', 1);
    this.#skipBoost();
    return token;
  }

  #skipSpace(): void {
    this.position += this.#match(space, this.position)?.length ?? 0;
  }

  /** `^2`: there is no ranking that it could change. */
  #skipBoost(): void {
    this.position += this.#match(boost, this.position)?.length ?? 0;
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
    const [name] = token.pieces;
    const next = this.query[token.end + 1];
    const isField = token.pieces.length === 1 && name !== '' && this.query[token.end] === ':' && next !== undefined && !/[\s)]/.test(next);
    if (!isField) return token;
    this.position = token.end + 1;
    return { kind: 'field', name, quoted: true, start: token.start, end: this.position };
  }

  /** `"…"`, `"…"*`; `\"` and `\\` are escapes, any other backslash is itself. */
  #readString(): TextToken {
    const start = this.position;
    const text: string[] = [];
    let from = start + 1;
    for (let at = from; ; at++) {
      const char = this.query[at];
      if (char === undefined) throw this.error('this quote is not closed', start, 1, { expected: '"' });
      if (char === '"') {
        text.push(this.query.slice(from, at));
        const isPrefix = this.query[at + 1] === '*';
        this.position = at + (isPrefix ? 2 : 1);
        return this.#endOfString({ kind: 'string', pieces: [text.join(''), ...(isPrefix ? [''] : [])], start, end: this.position });
      }
      if (char === '\\' && (this.query[at + 1] === '"' || this.query[at + 1] === '\\')) {
        text.push(this.query.slice(from, at));
        from = at + 1;
        at++;
      }
    }
  }

  #endOfString(token: TextToken): TextToken {
    if (this.query[token.end] === '~') throw this.#fuzzy(token.end);
    this.#skipBoost();
    return token;
  }

  #fuzzy(position: number): AppError {
    const message = 'there are no fuzzy words and no phrases with gaps; search for a beginning (pay*), or write "\\~" for the character';
    return this.error(message, position, 1, { code: 'query_unsupported' });
  }

  /** `/…/`, where nothing but white space or a parenthesis follows; `\/` is a slash in it. */
  #readRegex(): RegexToken | undefined {
    const start = this.position;
    if (this.query[start] !== '/') return undefined;
    const raw = this.#match(regex, start);
    if (raw === undefined) return undefined;
    this.position = start + raw.length;
    const end = this.position;
    this.#skipBoost();
    const pattern = raw.slice(1, -1).replace(/\\([\s\S])/g, (pair, char: string) => (char === '/' ? '/' : pair));
    return { kind: 'regex', pattern, start, end };
  }

  /** `[a TO b]`, with { or } where the bound itself is left out. */
  #readRange(): RangeToken {
    const start = this.position++;
    const from = this.#readBound(start);
    this.#skipSpace();
    if (this.#match(rangeWord, this.position) === undefined) throw this.#brokenRange(start, 'TO');
    this.position += 'TO'.length;
    const to = this.#readBound(start);
    this.#skipSpace();
    const close = this.query[this.position];
    if (close !== ']' && close !== '}') throw this.#brokenRange(start, ']');
    const end = ++this.position;
    this.#skipBoost();
    return {
      kind: 'range',
      ...(from === undefined ? {} : { from: { value: from, included: this.query[start] === '[' } }),
      ...(to === undefined ? {} : { to: { value: to, included: close === ']' } }),
      start,
      end,
    };
  }

  /** Undefined for `*`. */
  #readBound(rangeStart: number): string | undefined {
    this.#skipSpace();
    if (this.query[this.position] === '"') return this.#readString().pieces[0];
    const start = this.position;
    const raw = this.#match(rawBound, start);
    if (raw === undefined) throw this.#brokenRange(rangeStart, 'a value or *');
    this.position = start + raw.length;
    if (raw === '*') return undefined;
    const pieces = piecesOf(raw);
    if (pieces.length > 1) throw this.#brokenRange(rangeStart, 'a value without wildcard');
    return pieces[0];
  }

  #brokenRange(start: number, expected: string): AppError {
    const message = `a range is written [a TO b], {a TO b} or [a TO *]; quote the value if it begins with "${this.query[start]}"`;
    return this.error(message, this.position, Math.min(1, this.query.length - this.position), { expected });
  }

  #readWordOperator(): SignToken | undefined {
    const raw = this.#match(rawWord, this.position) ?? '';
    const operator = operatorOf(raw);
    return operator === undefined ? undefined : this.#take(operator, raw.length);
  }

  /** Undefined where a plus was passed over: terms are required anyway. */
  #readOperatorOrWord(): Token | undefined {
    const operator = this.#readWordOperator();
    if (operator !== undefined) return operator;
    const start = this.position;
    const raw = this.#rawWord();
    const after = this.query[start + raw.length];
    // a sign before a quote or parenthesis belongs to it; otherwise a word of punctuation is just that
    const isPunctuation = !wordCharacter.test(raw) && !(prefixSigns.has(raw.at(-1) as string) && (after === '"' || after === '('));
    if (isPunctuation) return this.#take('punctuation', raw.length);
    if (raw[0] === '-' || raw[0] === '!') return this.#take('not', 1);
    if (raw[0] !== '+') return this.#readWord();
    this.position++;
    return undefined;
  }

  /** Without the pipe's sign that it ends in. */
  #rawWord(): string {
    const raw = this.#match(rawWord, this.position) as string;
    const after = this.query[this.position + raw.length];
    return endsWithPipe.test(raw) && (after === undefined || /\s/.test(after)) ? raw.slice(0, -1) : raw;
  }

  #readWord(): TextToken {
    const start = this.position;
    const matched = this.#rawWord();
    this.position = start + matched.length;
    const fuzzyAt = fuzzyEnd.exec(matched)?.index;
    if (fuzzyAt !== undefined) throw this.#fuzzy(start + fuzzyAt + 1);
    const raw = withoutBoost(matched);
    if (raw[0] === '\\' && operatorOf(raw.slice(1)) !== undefined)
      return { kind: 'word', pieces: [raw.slice(1)], start, end: this.position };
    return { kind: 'word', pieces: piecesOf(raw), start, end: this.position };
  }
}

/** Only where a boost ends the word and is not its whole. */
function withoutBoost(raw: string): string {
  const at = raw.lastIndexOf('^');
  if (at <= 0 || raw[at - 1] === '\\') return raw;
  return /^\^\d+(?:\.\d+)?$/.test(raw.slice(at)) ? raw.slice(0, at) : raw;
}

/** The word without its escapes, divided at stars; stars side by side are one. */
function piecesOf(raw: string): string[] {
  const pieces: string[] = [];
  let text: string[] = [];
  let from = 0;
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] === '\\' && at + 1 < raw.length && escapable.test(raw[at + 1])) {
      text.push(raw.slice(from, at));
      from = at + 1;
      at++;
    } else if (raw[at] === '*') {
      text.push(raw.slice(from, at));
      pieces.push(text.join(''));
      text = [];
      while (raw[at + 1] === '*') at++;
      from = at + 1;
    }
  }
  text.push(raw.slice(from));
  return [...pieces, text.join('')];
}
