/**
 * Wildcards over the tokens of a folded text, as a regular expression. A star is any part of one token, also none of it;
 * alone between separators it is one whole token, alone at either end it is left off (`pay-*` is `pay`).
 */
import { foldText } from '#base/text-folding.ts';
import { longestTokens } from './regex-text.ts';
import type { RequiredToken } from './regex-text.ts';

export interface TokenWildcard {
  /** For RE2 and for regex-syntax.ts. */
  readonly pattern: string;
  readonly required: readonly RequiredToken[];
}

/** Separators and the characters of tokens, for RE2. */
export const separatorClass = '[\\x00-/:-@\\[-`{-\\x7f]';
const tokenClass = '[^\\x00-/:-@\\[-`{-\\x7f]';

const anyPart = `${tokenClass}*`;

const tokensWithStars = /[0-9A-Za-z\u0080-\uffff*]+/g;
/** The index answers no shorter text. */
const shortestRequired = 2;

/** Undefined where nothing is left to search for. */
export function tokenWildcard(pieces: readonly string[]): TokenWildcard | undefined {
  // a star that was escaped is a separator like any other
  const text = pieces.map((piece) => foldText(piece).replaceAll('*', ' ')).join('*');
  const tokens: string[] = [...(text.match(tokensWithStars) ?? [])];
  while (tokens[0] === '*') tokens.shift();
  while (tokens.at(-1) === '*') tokens.pop();
  if (tokens.length === 0) return undefined;
  const body = tokens.map(tokenPattern).join(`${separatorClass}+`);
  const isOpen = { before: tokens[0].startsWith('*'), behind: tokens[tokens.length - 1].endsWith('*') };
  const pattern = body.slice(isOpen.before ? anyPart.length : 0, isOpen.behind ? -anyPart.length : undefined);
  return {
    pattern: `${isOpen.before ? '' : `(?:^|${separatorClass})`}${pattern}${isOpen.behind ? '' : `(?:${separatorClass}|$)`}`,
    required: longestTokens(tokens.flatMap(requiredParts)),
  };
}

/** Letters and digits need no escape. A star alone is not nothing. */
function tokenPattern(token: string): string {
  return token === '*' ? `${tokenClass}+` : token.replaceAll('*', anyPart);
}

function requiredParts(token: string): RequiredToken[] {
  const parts = token.split('*');
  return parts.filter((part) => part.length >= shortestRequired).map((text) => ({ text, isWhole: parts.length === 1 }));
}
