/** LogQL text → tokens with their places. Comments, from `#` to the end of the line, and blanks are nothing. */
import { syntaxError } from './errors.ts';
import { parseSeconds, parseSize } from './quantities.ts';
import { unquote } from './string-literals.ts';

export type TokenKind = 'identifier' | 'string' | 'number' | 'duration' | 'bytes' | 'flag' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it is written; a string's content. */
  readonly text: string;
  /** Of a number; seconds of a duration; bytes. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const skipped = /(?:\s+|#[^\n]*)*/y;
const identifier = /[A-Za-z_]\w*/y;
const stringLiteral = /"(?:[^"\\\n]|\\[^])*"|`[^`]*`/y;
const flag = /--[a-z-]+/y;
const quantity = /(?:\d+(?:\.\d*)?|\.\d+)(?:[A-Za-zµμ][A-Za-z0-9µμ.]*)?/y;
const number = /0[xX][0-9A-Fa-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const operator = /\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{}()[\],.=|><+\-*/%^]/y;

/** Throws AppError query_syntax. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = matchAt(skipped, text, 0)?.length ?? 0;
  while (at < text.length) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end + (matchAt(skipped, text, token.end)?.length ?? 0);
  }
  tokens.push({ kind: 'end', text: '', value: 0, start: text.length, end: text.length });
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function tokenAt(text: string, start: number): Token {
  const make = (kind: TokenKind, written: string, content = written, value = 0): Token => ({
    kind,
    text: content,
    value,
    start,
    end: start + written.length,
  });
  const string = matchAt(stringLiteral, text, start);
  if (string !== undefined) return make('string', string, contentOf(string, text, start));
  const name = matchAt(identifier, text, start);
  if (name !== undefined) return make('identifier', name);
  const amount = quantityAt(text, start);
  if (amount !== undefined) return make(amount.kind, amount.text, amount.text, amount.value);
  const option = matchAt(flag, text, start);
  if (option !== undefined) return make('flag', option);
  const sign = matchAt(operator, text, start);
  if (sign !== undefined) return make('operator', sign);
  if (text[start] === '"' || text[start] === '`') throw syntaxError(text, start, 'literal not terminated');
  const [char] = [...text.slice(start, start + 2)];
  throw syntaxError(text, start, `syntax error: unexpected character ${JSON.stringify(char)}`);
}

function contentOf(literal: string, text: string, start: number): string {
  const content = unquote(literal);
  if (content === undefined) throw syntaxError(text, start, 'invalid char escape');
  return content;
}

/** `5m`, `1.5KB`, `0x1f`, `1e3`: the unit says what it is. */
function quantityAt(text: string, start: number): Pick<Token, 'kind' | 'text' | 'value'> | undefined {
  const written = matchAt(quantity, text, start);
  if (written === undefined) return undefined;
  const seconds = /[a-zµμ]/.test(written) ? parseSeconds(written) : undefined;
  if (seconds !== undefined) return { kind: 'duration', text: written, value: seconds };
  const bytes = /[a-z]/i.test(written) && !/^0x/i.test(written) ? parseSize(written) : undefined;
  if (bytes !== undefined) return { kind: 'bytes', text: written, value: bytes };
  const plain = matchAt(number, text, start);
  if (plain === undefined) return undefined;
  if (/[A-Za-z_]/.test(text[start + plain.length] ?? '')) {
    throw syntaxError(text, start, `not a valid duration string: ${JSON.stringify(written)}`);
  }
  return { kind: 'number', text: plain, value: Number(plain) };
}
