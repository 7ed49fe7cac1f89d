/**
 * A query text as coloured spans, read with the server's own lexer; and what is wrong with it, said by the server's own
 * parser, at the character. Pure: the editor turns spans into decorations.
 */
import { AppError } from '#base/errors.ts';
import { hintsOf } from '#language/hints.ts';
import { Lexer } from '#language/lexer.ts';
import { parsePipeline } from '#language/pipes.ts';
import type { Span } from '#language/ast.ts';
import type { GroupToken, Token, ValueToken } from '#language/lexer.ts';

export type SpanKind = 'field' | 'value' | 'string' | 'regex' | 'operator' | 'word' | 'paren';

export interface QuerySpan extends Span {
  readonly kind: SpanKind;
}

export interface QueryProblem extends Span {
  readonly severity: 'error' | 'hint';
  readonly message: string;
}

/** Spans in order, without overlap; from the first text that cannot be read on there are none. */
export function highlightQuery(text: string): QuerySpan[] {
  const spans: QuerySpan[] = [];
  const lexer = new Lexer(text);
  try {
    readTerms(lexer, spans);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  return spans;
}

function readTerms(lexer: Lexer, spans: QuerySpan[]): void {
  for (;;) {
    const token = lexer.readTerm();
    if (token.kind === 'end') return;
    if (token.kind === 'pipe') return readPipes(lexer.query, token.start, spans);
    spans.push({ kind: kindOfTerm(token), start: token.start, end: token.end });
    if (token.kind === 'field' || token.kind === 'compare') readValue(lexer, spans);
  }
}

const piece =
  /(?<sign>\|)|(?<string>"(?:[^"\\]|\\.)*"?)|(?<number>(?<![\p{L}\p{N}_.])\d[\p{N}.]*\p{L}*)|(?<word>[\p{L}_@$][\p{L}\p{N}_.@$/-]*)|(?<comparison>>=|<=|>|<)/gu;
const joiningWords = new Set(['by', 'as', 'from', 'asc', 'desc', 'AND', 'OR', 'NOT']);

/** What is made of the lines: the stage's own word, the words that join, values; everything else is a name. */
function readPipes(text: string, from: number, spans: QuerySpan[]): void {
  let isStage = false;
  for (const match of text.slice(from).matchAll(piece)) {
    const { sign, string, number, word } = match.groups!;
    const start = from + match.index;
    const isKeyword = word !== undefined && (isStage || joiningWords.has(word));
    const kind = string !== undefined ? 'string' : number !== undefined ? 'value' : word === undefined || isKeyword ? 'operator' : 'word';
    spans.push({ kind, start, end: start + match[0].length });
    isStage = sign !== undefined;
  }
}

function readValue(lexer: Lexer, spans: QuerySpan[]): void {
  const value = lexer.readValue();
  if (value.kind === 'missing') return;
  spans.push({ kind: kindOfValue(value), start: value.start, end: value.end });
  if (value.kind === 'operator') readValue(lexer, spans);
  if (value.kind === 'open') readGroup(lexer, spans);
}

function readGroup(lexer: Lexer, spans: QuerySpan[]): void {
  for (let depth = 1; depth > 0; ) {
    const token = lexer.readGroupTerm();
    if (token.kind === 'end') return;
    if (token.kind === 'open') depth++;
    if (token.kind === 'close') depth--;
    spans.push({ kind: kindOfValue(token), start: token.start, end: token.end });
    if (token.kind === 'operator') readValue(lexer, spans);
  }
}

function kindOfTerm(token: Token): SpanKind {
  switch (token.kind) {
    case 'field':
    case 'compare':
      return 'field';
    case 'regex':
    case 'string':
      return token.kind;
    case 'open':
    case 'close':
      return 'paren';
    case 'and':
    case 'or':
    case 'not':
      return 'operator';
    default:
      return 'word';
  }
}

function kindOfValue(token: ValueToken | GroupToken): SpanKind {
  switch (token.kind) {
    case 'open':
    case 'close':
      return 'paren';
    case 'and':
    case 'or':
    case 'not':
    case 'operator':
      return 'operator';
    case 'regex':
      return 'regex';
    default:
      return 'value';
  }
}

/** The one error, or the hints where it can be read; each with the place that it is about. */
export function problemsOf(text: string): QueryProblem[] {
  try {
    return hintsOf(parsePipeline(text).query).map(({ message, span }) => ({
      severity: 'hint',
      message,
      ...within(span ?? { start: 0, end: text.length }, text),
    }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { position = 0, length = 0 } = error.details as { position?: number; length?: number };
    return [{ severity: 'error', message: plainMessage(error.message), ...within({ start: position, end: position + length }, text) }];
  }
}

/** The place is shown in the text itself. */
function plainMessage(message: string): string {
  return message.replace(/ \(at (?:the end|character \d+, ".*")\)$/s, '');
}

/** At least one character wide where there is one, so that it can be seen. */
function within({ start, end }: Span, text: string): Span {
  const from = Math.min(start, Math.max(0, text.length - 1));
  return { start: from, end: Math.max(Math.min(end, text.length), Math.min(from + 1, text.length)) };
}
