/**
 * A message cut into pieces for the eye: numbers, ids, paths and quoted texts are tinted, what the query searched for is
 * marked, what cannot be seen is named. Linear in the text; every character is in exactly one piece.
 */
import { nameOfUnseen, unseen } from './visible-text.ts';

export type TokenKind = 'text' | 'number' | 'string' | 'id' | 'path' | 'key' | 'unseen' | 'ansi';

export interface MessageToken {
  readonly kind: TokenKind;
  /** What is shown; of an unseen character its name. */
  readonly text: string;
  /** Which of the marks it is of, from 1; 0: none. */
  readonly mark: number;
}

const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const address = String.raw`\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?`;
/** At least one digit among letters: `ord-10982784`, `req_43ha7o`, `3eaa6d7b`. */
const mixed = String.raw`(?=[A-Za-z_-]{0,24}\d)[A-Za-z]{1,12}[_-](?=[A-Za-z0-9-]*\d)[A-Za-z0-9]{2,40}(?:-[A-Za-z0-9]{2,40}){0,4}|(?=[a-f]*\d)[0-9a-f]{8,64}`;

const pieces = new RegExp(
  [
    String.raw`(?<ansi>\x1b\[[\d;]{0,20}[A-Za-z])`,
    `(?<unseen>${unseen.source})`,
    String.raw`(?<string>"[^"\n]{0,300}"|(?<![\p{L}\p{N}])'[^'\n]{1,300}'(?![\p{L}\p{N}]))`,
    String.raw`(?<path>\b[a-z][a-z+.-]{1,12}:\/\/[^\s"'<>()]+|(?<![\p{L}\p{N}/.<])\/[\p{L}\p{N}_.@%:~+-]+(?:\/[\p{L}\p{N}_.@%:~+-]*)*)`,
    String.raw`(?<key>(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_.-]{0,60}=(?!=))`,
    String.raw`(?<id>(?<![\p{L}\p{N}_-])(?:${uuid}|${address}|${mixed})(?![\p{L}\p{N}_]))`,
    String.raw`(?<number>(?<![\p{L}\p{N}_.])[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?: ?(?:%|ms|µs|us|ns|s|min|h|d|[kKMGT]i?B|B)(?![\p{L}\p{N}]))?(?![\p{L}\p{N}_]))`,
  ].join('|'),
  'gu',
);

/** The pieces of a text. Each of `marks` finds what is to be marked: what was searched for, what a person watches out for. */
export function messageTokens(text: string, marks: readonly RegExp[] = []): MessageToken[] {
  const tokens: MessageToken[] = [];
  const ranges = marks.flatMap((pattern, index) => rangesOf(text, pattern, index + 1)).sort((a, b) => a.start - b.start || a.mark - b.mark);
  let at = 0;
  for (const match of text.matchAll(pieces)) {
    if (match.index > at) push(tokens, 'text', text.slice(at, match.index), at, ranges);
    const kind = kindOf(match.groups!);
    push(tokens, kind, match[0], match.index, ranges);
    at = match.index + match[0].length;
  }
  if (at < text.length) push(tokens, 'text', text.slice(at), at, ranges);
  return tokens;
}

function kindOf(groups: Record<string, string | undefined>): TokenKind {
  for (const kind of ['ansi', 'unseen', 'string', 'path', 'key', 'id'] as const) if (groups[kind] !== undefined) return kind;
  return 'number';
}

interface Range {
  readonly mark: number;
  readonly start: number;
  readonly end: number;
}

function rangesOf(text: string, pattern: RegExp, mark: number): Range[] {
  const ranges: Range[] = [];
  for (const match of text.matchAll(pattern))
    if (match[0] !== '') ranges.push({ mark, start: match.index, end: match.index + match[0].length });
  return ranges;
}

/** Divides a piece where a mark begins or ends. Quoted texts and paths may hold unseen characters. */
function push(tokens: MessageToken[], kind: TokenKind, text: string, start: number, ranges: readonly Range[]): void {
  if (kind === 'unseen') {
    tokens.push({ kind, text: nameOfUnseen(text), mark: 0 });
    return;
  }
  let from = start;
  const end = start + text.length;
  const cut = (to: number, mark: number): void => {
    if (to > from) pushVisible(tokens, kind, text.slice(from - start, to - start), mark);
    from = Math.max(from, to);
  };
  for (const range of ranges) {
    if (range.end <= from || range.start >= end) continue;
    cut(Math.max(from, range.start), 0);
    cut(Math.min(end, range.end), range.mark);
  }
  cut(end, 0);
}

function pushVisible(tokens: MessageToken[], kind: TokenKind, text: string, mark: number): void {
  let from = 0;
  for (const match of text.matchAll(unseen)) {
    if (kind === 'ansi') break;
    if (match.index > from) tokens.push({ kind, text: text.slice(from, match.index), mark });
    tokens.push({ kind: 'unseen', text: nameOfUnseen(match[0]), mark: 0 });
    from = match.index + match[0].length;
  }
  if (from < text.length) tokens.push({ kind, text: text.slice(from), mark });
}
