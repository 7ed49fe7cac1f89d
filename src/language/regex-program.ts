/**
 * A regular expression's tree → a non-deterministic automaton over bytes (Thompson's construction; UTF-8 sequences of code
 * point ranges as in Russ Cox, "Regular Expression Matching in the Wild"). Built from the end, so that every instruction knows
 * what follows it.
 */
import { rangesOf } from './code-points.ts';
import { RegexError } from './regex-syntax.ts';
import type { CodePointSet } from './code-points.ts';
import type { Assertion, RegexNode } from './regex-syntax.ts';

export type Instruction =
  | { readonly op: 'bytes'; readonly from: number; readonly to: number; readonly next: number }
  | { readonly op: 'split'; readonly nexts: readonly number[] }
  | { readonly op: 'assert'; readonly assertion: Assertion; readonly next: number }
  | { readonly op: 'match' };

export interface RegexProgram {
  readonly instructions: readonly Instruction[];
  readonly start: number;
  /** Matches only at the beginning of the text. */
  readonly isAnchored: boolean;
  readonly hasAssertions: boolean;
}

/** Bounds the memory and the time of a step; RE2's own bound on its programs is higher. */
const maxInstructions = 20_000;

/** Throws RegexError where the automaton would be too large. */
export function compileRegex(node: RegexNode): RegexProgram {
  const builder = new ProgramBuilder();
  const start = builder.compile(node, builder.emit({ op: 'match' }));
  const { instructions } = builder;
  return { instructions, start, isAnchored: isAnchored(node), hasAssertions: instructions.some(({ op }) => op === 'assert') };
}

function isAnchored(node: RegexNode): boolean {
  switch (node.kind) {
    case 'assert':
      return node.assertion === 'text-start';
    case 'concat':
      return node.parts.length > 0 && isAnchored(node.parts[0]);
    case 'alternate':
      return node.parts.every(isAnchored);
    default:
      return false;
  }
}

class ProgramBuilder {
  readonly instructions: Instruction[] = [];

  emit(instruction: Instruction): number {
    if (this.instructions.length >= maxInstructions) throw new RegexError('it is too large; repeat less or use smaller classes');
    return this.instructions.push(instruction) - 1;
  }

  /** The instruction where the node begins; it goes on at `next`. */
  compile(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'set':
        return this.#compileSet(node.set, next);
      case 'assert':
        return this.emit({ op: 'assert', assertion: node.assertion, next });
      case 'concat':
        return node.parts.reduceRight((following, part) => this.compile(part, following), next);
      case 'alternate':
        return this.emit({ op: 'split', nexts: node.parts.map((part) => this.compile(part, next)) });
      case 'repeat':
        return this.#compileRepeat(node, next);
      case 'capture':
        return this.compile(node.child, next);
      default:
        return node satisfies never;
    }
  }

  #compileRepeat({ child, min, max }: RegexNode & { kind: 'repeat' }, next: number): number {
    let start = next;
    if (max === undefined) {
      const nexts = [next];
      start = this.emit({ op: 'split', nexts });
      nexts.push(this.compile(child, start));
    } else {
      for (let i = min; i < max; i++) start = this.emit({ op: 'split', nexts: [next, this.compile(child, start)] });
    }
    for (let i = 0; i < min; i++) start = this.compile(child, start);
    return start;
  }

  #compileSet(set: CodePointSet, next: number): number {
    const starts = rangesOf(set).flatMap(([from, to]) =>
      utf8Sequences(from, to).map((sequence) =>
        sequence.reduceRight((following, [low, high]) => this.emit({ op: 'bytes', from: low, to: high, next: following }), next),
      ),
    );
    return starts.length === 1 ? starts[0] : this.emit({ op: 'split', nexts: starts });
  }
}

type ByteRange = readonly [from: number, to: number];

/** First code points of the lengths of UTF-8, and the end. */
const lengthBorders = [0, 0x80, 0x800, 0x10000, 0x110000];

/** Sequences of byte ranges that together are the UTF-8 forms of the code points. */
function utf8Sequences(from: number, to: number): ByteRange[][] {
  return lengthBorders.slice(1).flatMap((border, i) => {
    const [low, high] = [Math.max(from, lengthBorders[i]), Math.min(to, border - 1)];
    return low > high ? [] : sequencesOfLength(low, high, i);
  });
}

/** `trailing`: bytes behind the first. Splits where the leading bytes differ and the trailing ones are not the whole of their range. */
function sequencesOfLength(from: number, to: number, trailing: number): ByteRange[][] {
  for (let position = 1; position <= trailing; position++) {
    const mask = 2 ** (6 * position) - 1;
    if (from >> (6 * position) === to >> (6 * position)) continue;
    if ((from & mask) !== 0)
      return [...sequencesOfLength(from, from | mask, trailing), ...sequencesOfLength((from | mask) + 1, to, trailing)];
    if ((to & mask) !== mask)
      return [...sequencesOfLength(from, (to & ~mask) - 1, trailing), ...sequencesOfLength(to & ~mask, to, trailing)];
  }
  const [low, high] = [utf8Bytes(from, trailing), utf8Bytes(to, trailing)];
  return [low.map((byte, i) => [byte, high[i]] as const)];
}

const firstByteMarks = [0, 0xc0, 0xe0, 0xf0];

function utf8Bytes(codePoint: number, trailing: number): number[] {
  const bytes = [firstByteMarks[trailing] | (codePoint >> (6 * trailing))];
  for (let position = trailing - 1; position >= 0; position--) bytes.push(0x80 | ((codePoint >> (6 * position)) & 0x3f));
  return bytes;
}
