/** What is known of a regular expression's tree as text: its canonical pattern for RE2, and the tokens that every match holds. */
import { foldText } from '#base/text-folding.ts';
import { complementOf, contains, lastCodePoint, onlyMember, rangesOf } from './code-points.ts';
import type { CodePointSet } from './code-points.ts';
import type { Assertion, RegexNode } from './regex-syntax.ts';

const assertionPatterns: Readonly<Record<Assertion, string>> = {
  'text-start': '\\A',
  'text-end': '\\z',
  'line-start': '(?m:^)',
  'line-end': '(?m:$)',
  'word-boundary': '\\b',
  'no-word-boundary': '\\B',
};

/** A pattern for RE2 that needs no flags: case, names and escapes are resolved. ASCII but for literal letters. */
export function printRegex(node: RegexNode): string {
  switch (node.kind) {
    case 'set':
      return printSet(node.set);
    case 'assert':
      return assertionPatterns[node.assertion];
    case 'concat':
      return node.parts.map((part) => (part.kind === 'alternate' ? `(?:${printRegex(part)})` : printRegex(part))).join('');
    case 'alternate':
      return node.parts.map((part) => (part.kind === 'alternate' ? `(?:${printRegex(part)})` : printRegex(part))).join('|');
    case 'repeat':
      return `${printAtom(node.child)}${printCount(node.min, node.max)}`;
    case 'capture':
      return printAtom(node.child);
    default:
      return node satisfies never;
  }
}

function printAtom(node: RegexNode): string {
  return node.kind === 'set' ? printSet(node.set) : `(?:${printRegex(node)})`;
}

function printCount(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function printSet(set: CodePointSet): string {
  const only = onlyMember(set);
  if (only !== undefined) return printCodePoint(only);
  if (set.length === 2 && set[0] === 0 && set[1] === lastCodePoint) return '(?s:.)';
  if (set.length === 0) return `[^${printCodePoint(0)}-${printCodePoint(lastCodePoint)}]`;
  const isWide = set[set.length - 1] === lastCodePoint;
  const ranges = rangesOf(isWide ? complementOf(set) : set);
  const body = ranges.map(([from, to]) => (from === to ? printCodePoint(from) : `${printCodePoint(from)}-${printCodePoint(to)}`)).join('');
  return `[${isWide ? '^' : ''}${body}]`;
}

function printCodePoint(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  if (/[A-Za-z0-9_ ]/.test(char) || (codePoint > 0x7f && /[\p{L}\p{N}]/u.test(char))) return char;
  return codePoint > 0x20 && codePoint < 0x7f ? `\\${char}` : `\\x{${codePoint.toString(16)}}`;
}

/** A pattern for RE2: the whole text is the pieces with anything between them. */
export function wildcardRegex(pieces: readonly string[]): string {
  const literals = pieces.map((piece) => [...piece].map((char) => printCodePoint(char.codePointAt(0) as number)).join(''));
  return `\\A${literals.join('(?s:.)*')}\\z`;
}

/** Folded text that stands in one token of every matching text; `isWhole`: and is that token. */
export interface RequiredToken {
  readonly text: string;
  readonly isWhole: boolean;
}

/** Shorter texts stand in too many tokens to narrow anything. */
const shortestRequired = 3;
const maxRequired = 3;

/** The few longest of the texts, once each. */
export function longestTokens(tokens: readonly RequiredToken[]): RequiredToken[] {
  const distinct = [...new Map(tokens.map((token) => [token.text, token])).values()];
  return distinct.sort((a, b) => b.text.length - a.text.length).slice(0, maxRequired);
}

/** The longest tokens that an expression over the unfolded message is sure to find, for the text index. */
export function requiredTokens(node: RegexNode): RequiredToken[] {
  const runs: string[] = [];
  collectRuns(node, new RunCollector(runs));
  const tokens = runs.flatMap((run) =>
    [...run.matchAll(/[0-9a-z]+/g)].map(({ 0: text, index }) => ({
      text,
      // at the end of a run the token may go on in what is not certain
      isWhole: index > 0 && index + text.length < run.length,
    })),
  );
  return longestTokens(tokens.filter(({ text }) => text.length >= shortestRequired));
}

/** Gathers characters that surely follow one another. */
class RunCollector {
  readonly #runs: string[];
  #run = '';

  constructor(runs: string[]) {
    this.#runs = runs;
  }

  add(char: string): void {
    this.#run += char;
  }

  end(): void {
    if (this.#run !== '') this.#runs.push(this.#run);
    this.#run = '';
  }
}

function collectRuns(node: RegexNode, run: RunCollector): void {
  collect(node, run);
  run.end();
}

function collect(node: RegexNode, run: RunCollector): void {
  switch (node.kind) {
    case 'set': {
      const char = foldedMember(node.set);
      if (char === undefined) run.end();
      else run.add(char);
      return;
    }
    case 'assert':
      return;
    case 'concat':
      for (const part of node.parts) collect(part, run);
      return;
    case 'alternate':
      run.end();
      return;
    case 'repeat':
      run.end();
      if (node.min > 0) collectRuns(node.child, run);
      return;
    case 'capture':
      return collect(node.child, run);
    default:
      return node satisfies never;
  }
}

/** ASCII character that every member of the set is folded to, or undefined. */
function foldedMember(set: CodePointSet): string | undefined {
  const char = String.fromCodePoint(set[0] ?? 0).toLowerCase();
  const isAscii = (set[0] ?? 0x80) < 0x80;
  const mostMembers = 4;
  if (!isAscii || rangesOf(set).reduce((sum, [from, to]) => sum + to - from + 1, 0) > mostMembers) return undefined;
  const members = rangesOf(set).flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)));
  return members.every((member) => foldText(member) === char) && contains(set, set[0]) ? char : undefined;
}
