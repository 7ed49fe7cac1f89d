/**
 * RE2's syntax → a tree without flags, names and escapes. The engine's pattern and the matcher's automaton are both made
 * from the tree, so an expression means the same in both, and what the tree cannot say is refused here, in one place.
 *
 * As ClickHouse runs RE2: UTF-8, case-sensitive, unanchored, `.` also matches line ends, `^` and `$` are the ends of the
 * text. `(?i)`, `(?m)`, `(?s)`, `(?U)` and their negations work. Groups that capture and lazy repetitions are kept for those
 * who ask what matched; whether a text matches does not depend on them. Syntax: https://github.com/google/re2/wiki/Syntax.
 */
import {
  complementOf,
  everyCodePoint,
  lastCodePoint,
  perlClasses,
  posixClasses,
  setOf,
  unicodeClass,
  unionOf,
  withBothCases,
} from './code-points.ts';
import type { CodePointSet } from './code-points.ts';

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-boundary' | 'no-word-boundary';

export type RegexNode =
  /** One code point of the set. */
  | { readonly kind: 'set'; readonly set: CodePointSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  /** No parts: the empty text. */
  | { readonly kind: 'concat'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'alternate'; readonly parts: readonly RegexNode[] }
  /** `max` undefined: any number. */
  | { readonly kind: 'repeat'; readonly child: RegexNode; readonly min: number; readonly max?: number; readonly isLazy?: true }
  /** Only where captures are asked for. */
  | { readonly kind: 'capture'; readonly child: RegexNode; readonly name?: string };

/** Why an expression is not one, or none that is run here; the message is for users. */
export class RegexError extends Error {}

/** As RE2: of one count, and of counts inside counts together. */
const maxRepeat = 1000;
const maxDepth = 200;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly isUngreedy: boolean;
}

const emptyText: RegexNode = { kind: 'concat', parts: [] };
const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';

/** `withCaptures`: what groups capture, and which repetitions are lazy, is in the tree too. Throws RegexError. */
export function parseRegex(pattern: string, withCaptures = false): RegexNode {
  const node = new RegexParser(pattern, withCaptures).parse();
  if (repetitionOf(node) > maxRepeat) throw new RegexError(`repetitions inside one another come to more than ${maxRepeat}`);
  return node;
}

function repetitionOf(node: RegexNode): number {
  switch (node.kind) {
    case 'concat':
    case 'alternate':
      return node.parts.reduce((most, part) => Math.max(most, repetitionOf(part)), 1);
    case 'repeat':
      return Math.max(1, node.max ?? node.min) * repetitionOf(node.child);
    case 'capture':
      return repetitionOf(node.child);
    default:
      return 1;
  }
}

class RegexParser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, multiLine: false, dotAll: true, isUngreedy: false };
  readonly #withCaptures: boolean;

  constructor(pattern: string, withCaptures: boolean) {
    this.#chars = [...pattern];
    this.#withCaptures = withCaptures;
  }

  parse(): RegexNode {
    const node = this.#alternation();
    if (this.#at < this.#chars.length) throw new RegexError('a closing parenthesis closes nothing');
    return node;
  }

  /** Flags set inside hold to its end. */
  #alternation(): RegexNode {
    const outerFlags = this.#flags;
    const parts = [this.#concatenation()];
    while (this.#chars[this.#at] === '|') {
      this.#at++;
      parts.push(this.#concatenation());
    }
    this.#flags = outerFlags;
    return parts.length === 1 ? parts[0] : { kind: 'alternate', parts };
  }

  #concatenation(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      const char = this.#chars[this.#at];
      if (char === undefined || char === '|' || char === ')') break;
      if (this.#skipQuoted(parts)) continue;
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return parts.length === 1 ? parts[0] : { kind: 'concat', parts };
  }

  /** `\Q…\E`: literal text. */
  #skipQuoted(parts: RegexNode[]): boolean {
    if (this.#chars[this.#at] !== '\\' || this.#chars[this.#at + 1] !== 'Q') return false;
    this.#at += 2;
    while (this.#at < this.#chars.length && !(this.#chars[this.#at] === '\\' && this.#chars[this.#at + 1] === 'E')) {
      parts.push(this.#literal(codeOf(this.#chars[this.#at++])));
    }
    this.#at += 2;
    const last = parts.pop();
    if (last !== undefined) parts.push(this.#repeated(last));
    return true;
  }

  /** Undefined for `(?flags)`, which is nothing in itself. */
  #atom(): RegexNode | undefined {
    const char = this.#chars[this.#at];
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        this.#at++;
        return { kind: 'set', set: this.#flags.dotAll ? everyCodePoint : complementOf([0x0a, 0x0a]) };
      case '^':
        this.#at++;
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'line-start' : 'text-start' };
      case '$':
        this.#at++;
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'line-end' : 'text-end' };
      case '*':
      case '+':
      case '?':
        throw new RegexError(`there is nothing that "${char}" could repeat`);
      case '\\':
        return this.#escape();
      default:
        this.#at++;
        return this.#literal(codeOf(char));
    }
  }

  #literal(codePoint: number): RegexNode {
    return { kind: 'set', set: this.#withCase([codePoint, codePoint]) };
  }

  #withCase(set: CodePointSet): CodePointSet {
    return this.#flags.ignoreCase ? withBothCases(set) : set;
  }

  #group(): RegexNode | undefined {
    this.#at++;
    if (++this.#depth > maxDepth) throw new RegexError(`it is nested deeper than ${maxDepth}`);
    const outerFlags = this.#flags;
    const head = this.#chars[this.#at] === '?' ? this.#readGroupHead() : { captures: true };
    if (head === undefined) {
      this.#depth--;
      return undefined;
    }
    const node = this.#alternation();
    if (this.#chars[this.#at] !== ')') throw new RegexError('a parenthesis is not closed');
    this.#at++;
    this.#depth--;
    this.#flags = outerFlags;
    const { captures, name } = head;
    if (captures && this.#withCaptures) return { kind: 'capture', child: node, ...(name === undefined ? {} : { name }) };
    return node.kind === 'concat' && node.parts.length === 0 ? emptyText : node;
  }

  /** What stands behind `(`: a name or flags. Undefined where the flags are all of it, `(?i)`. */
  #readGroupHead(): { readonly captures: boolean; readonly name?: string } | undefined {
    const rest = this.#chars.slice(this.#at, this.#at + maxGroupHead).join('');
    const name = /^\?P?<([A-Za-z0-9_]+)>/.exec(rest);
    if (name !== null) {
      this.#at += name[0].length;
      return { captures: true, name: name[1] };
    }
    if (/^\?<?[=!]/.test(rest)) throw new RegexError('look-ahead and look-behind do not exist in RE2 syntax');
    const flags = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
    if (flags === null) throw new RegexError(`"(${rest.slice(0, 3)}" begins no kind of group`);
    this.#at += flags[0].length;
    const [, on, off = '', end] = flags;
    const isOn = (flag: string, before: boolean): boolean => (off.includes(flag) ? false : on.includes(flag) || before);
    const { ignoreCase, multiLine, dotAll, isUngreedy } = this.#flags;
    this.#flags = {
      ignoreCase: isOn('i', ignoreCase),
      multiLine: isOn('m', multiLine),
      dotAll: isOn('s', dotAll),
      isUngreedy: isOn('U', isUngreedy),
    };
    return end === ':' ? { captures: false } : undefined;
  }

  /** The atom with what repeats it. */
  #repeated(atom: RegexNode): RegexNode {
    const count = this.#readCount();
    if (count === undefined) return atom;
    const isMarked = this.#chars[this.#at] === '?';
    if (isMarked) this.#at++;
    if (this.#readCount() !== undefined) throw new RegexError('a repetition cannot be repeated; use parentheses');
    const isLazy = this.#withCaptures && isMarked !== this.#flags.isUngreedy;
    return { kind: 'repeat', child: atom, ...count, ...(isLazy ? { isLazy } : {}) };
  }

  #readCount(): { min: number; max?: number } | undefined {
    switch (this.#chars[this.#at]) {
      case '*':
        this.#at++;
        return { min: 0 };
      case '+':
        this.#at++;
        return { min: 1 };
      case '?':
        this.#at++;
        return { min: 0, max: 1 };
      case '{':
        return this.#readBraces();
      default:
        return undefined;
    }
  }

  /** `{2}`, `{2,}`, `{2,5}`; a brace that is none of these stands for itself. */
  #readBraces(): { min: number; max?: number } | undefined {
    const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + maxBraces).join(''));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3]);
    if (min > maxRepeat || (max ?? 0) > maxRepeat) throw new RegexError(`more than ${maxRepeat} repetitions`);
    if (max !== undefined && max < min) throw new RegexError(`the repetition ${match[0]} is empty`);
    return max === undefined ? { min } : { min, max };
  }

  #escape(): RegexNode {
    const next = this.#chars[this.#at + 1];
    const assertion = escapedAssertions[next ?? ''];
    if (assertion !== undefined) {
      this.#at += 2;
      return { kind: 'assert', assertion };
    }
    return { kind: 'set', set: this.#escapedClass() ?? this.#withCase(single(this.#escapedCodePoint())) };
  }

  /** `\d`, `\W`, `\pL`, `\P{Greek}`; undefined for other escapes. */
  #escapedClass(): CodePointSet | undefined {
    const next = this.#chars[this.#at + 1] ?? '';
    const perl = perlClasses[next.toLowerCase()];
    if (perl !== undefined) {
      this.#at += 2;
      const set = this.#withCase(perl);
      return next === next.toLowerCase() ? set : complementOf(set);
    }
    if (next !== 'p' && next !== 'P') return undefined;
    const match = /^\\[pP](?:\{(\^?)(\w+)\}|([A-Z]))/.exec(this.#chars.slice(this.#at, this.#at + maxGroupHead).join(''));
    const set = match === null ? undefined : unicodeClass(match[2] ?? match[3]);
    if (match === null || set === undefined)
      throw new RegexError('there is no such class of characters; write \\pL, \\p{Lu} or \\p{Greek}');
    this.#at += match[0].length;
    const isNegated = (next === 'P') !== (match[1] === '^');
    return isNegated ? complementOf(this.#withCase(set)) : this.#withCase(set);
  }

  #escapedCodePoint(): number {
    const next = this.#chars[this.#at + 1];
    if (next === undefined) throw new RegexError('it ends in a backslash');
    const rest = this.#chars.slice(this.#at, this.#at + 12).join('');
    const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/.exec(rest);
    const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    const code =
      hex !== null ? Number.parseInt(hex[1] ?? hex[2], 16) : octal !== null ? Number.parseInt(octal[1], 8) : escapedControls[next];
    if (code !== undefined) {
      if (code > lastCodePoint) throw new RegexError('there is no such character');
      this.#at += (hex ?? octal)?.[0].length ?? 2;
      return code;
    }
    if (isDigit(next)) throw new RegexError('back-references do not exist in RE2 syntax');
    if (/[A-Za-z]/.test(next)) throw new RegexError(`"\\${next}" is no escape of RE2 syntax`);
    this.#at += 2;
    return codeOf(next);
  }

  #class(): RegexNode {
    this.#at++;
    const isNegated = this.#chars[this.#at] === '^';
    if (isNegated) this.#at++;
    const sets: CodePointSet[] = [];
    for (let isFirst = true; isFirst || this.#chars[this.#at] !== ']'; isFirst = false) {
      if (this.#chars[this.#at] === undefined) throw new RegexError('a bracket is not closed');
      sets.push(this.#posixClass() ?? this.#classEscape() ?? this.#classRange());
    }
    this.#at++;
    const set = unionOf(sets);
    return { kind: 'set', set: isNegated ? complementOf(set) : set };
  }

  #posixClass(): CodePointSet | undefined {
    if (this.#chars[this.#at] !== '[' || this.#chars[this.#at + 1] !== ':') return undefined;
    const match = /^\[:(\^?)(\w+):\]/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''));
    if (match === null) return undefined;
    const set = posixClasses[match[2]];
    if (set === undefined) throw new RegexError(`there is no class "${match[0]}"`);
    this.#at += match[0].length;
    return match[1] === '^' ? complementOf(this.#withCase(set)) : this.#withCase(set);
  }

  #classEscape(): CodePointSet | undefined {
    return this.#chars[this.#at] === '\\' ? this.#escapedClass() : undefined;
  }

  #classRange(): CodePointSet {
    const from = this.#classMember();
    if (this.#chars[this.#at] !== '-' || this.#chars[this.#at + 1] === ']' || this.#chars[this.#at + 1] === undefined) {
      return this.#withCase(single(from));
    }
    this.#at++;
    const to = this.#classMember();
    if (to < from) throw new RegexError('a range in brackets goes backwards');
    return this.#withCase(setOf([[from, to]]));
  }

  #classMember(): number {
    if (this.#chars[this.#at] === '\\') return this.#escapedCodePoint();
    return codeOf(this.#chars[this.#at++]);
  }
}

/** Longest text that is looked at for a name, flags or a class. */
const maxGroupHead = 64;
const maxBraces = 16;

const escapedAssertions: Readonly<Record<string, Assertion>> = {
  A: 'text-start',
  z: 'text-end',
  b: 'word-boundary',
  B: 'no-word-boundary',
};
const escapedControls: Readonly<Record<string, number>> = { a: 0x07, t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

function single(codePoint: number): CodePointSet {
  return [codePoint, codePoint];
}

function codeOf(char: string): number {
  return char.codePointAt(0) as number;
}
