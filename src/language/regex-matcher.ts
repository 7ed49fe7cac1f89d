/**
 * Runs a regular expression over bytes in time linear in their number, whatever the expression: a deterministic automaton
 * whose states are made when they are first met. The states kept are bounded; beyond that they are made anew.
 *
 * A state is a set of instructions and what stood before; which assertions hold is known only with the next byte, so a
 * match is seen one byte, or the end, after it.
 */
import { isWordByte, lowerByte } from '#base/text-folding.ts';
import type { Assertion } from './regex-syntax.ts';
import type { Instruction, RegexProgram } from './regex-program.ts';

/** What stands before a position, as far as assertions ask. */
const before = { textStart: 0, newline: 1, word: 2, other: 3 } as const;

interface State {
  readonly instructions: readonly number[];
  readonly before: number;
}

const endOfText = 256;
const stride = 257;
const maxStates = 1000;
/** Entries of the table: unknown, or one more than a state's number. */
const unknown = 0;
const matched = -1;
const dead = -2;

const newlineByte = 0x0a;
const underscore = 0x5f;
/** Bytes of RE2's `\w`: ASCII. */
const wordBytes = isWordByte.map((isWord, byte) => (byte === underscore || (isWord === 1 && byte < 0x80) ? 1 : 0));

export class RegexMatcher {
  readonly #program: RegexProgram;
  readonly #lowerCase: boolean;
  readonly #numbers = new Map<string, number>();
  #states: State[] = [];
  #table = new Int32Array(16 * stride);
  /** Visit marks of the closure. */
  readonly #seen: Int32Array;
  #visit = 0;

  /** `lowerCase`: ASCII letters of the text are read in lower case. */
  constructor(program: RegexProgram, lowerCase = false) {
    this.#program = program;
    this.#lowerCase = lowerCase;
    this.#seen = new Int32Array(program.instructions.length);
    this.#addState([program.start], before.textStart);
  }

  /** Whether the expression is found in `start .. end` of the bytes. */
  test(bytes: Uint8Array, start: number, end: number): boolean {
    let state = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      let next = this.#table[state * stride + byte];
      if (next === unknown) next = this.#step(state, byte);
      if (next < 0) return next === matched;
      state = next - 1;
    }
    let last = this.#table[state * stride + endOfText];
    if (last === unknown) last = this.#step(state, endOfText);
    return last === matched;
  }

  /** Fills the table's entry; begins anew where there are too many states. */
  #step(number: number, byte: number): number {
    const state = this.#states[number];
    const input = this.#lowerCase && byte !== endOfText ? lowerByte[byte] : byte;
    const next = this.#successors(state, input);
    if (next === undefined) return this.#enter(number, byte, matched);
    if (!this.#program.isAnchored && byte !== endOfText) next.add(this.#program.start);
    if (next.size === 0) return this.#enter(number, byte, dead);
    const instructions = [...next].sort((a, b) => a - b);
    const context = this.#program.hasAssertions ? contextOf(input) : before.other;
    const key = `${context}:${instructions.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return this.#enter(number, byte, known + 1);
    if (this.#states.length >= maxStates) {
      this.#forget();
      return this.#addState(instructions, context) + 1;
    }
    return this.#enter(number, byte, this.#addState(instructions, context) + 1);
  }

  #enter(number: number, byte: number, entry: number): number {
    this.#table[number * stride + byte] = entry;
    return entry;
  }

  #forget(): void {
    const [first] = this.#states;
    this.#states = [];
    this.#numbers.clear();
    this.#table.fill(unknown);
    this.#addState(first.instructions, first.before);
  }

  #addState(instructions: readonly number[], context: number): number {
    const number = this.#states.push({ instructions, before: context }) - 1;
    this.#numbers.set(`${context}:${instructions.join()}`, number);
    if ((number + 1) * stride > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    return number;
  }

  /** Instructions behind the byte; undefined where the text matches already before it. */
  #successors(state: State, byte: number): Set<number> | undefined {
    const { instructions } = this.#program;
    const next = new Set<number>();
    const open = [...state.instructions];
    this.#visit++;
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (this.#seen[number] === this.#visit) continue;
      this.#seen[number] = this.#visit;
      const instruction: Instruction = instructions[number];
      switch (instruction.op) {
        case 'match':
          return undefined;
        case 'split':
          open.push(...instruction.nexts);
          break;
        case 'assert':
          if (holds(instruction.assertion, state.before, byte)) open.push(instruction.next);
          break;
        case 'bytes':
          if (byte >= instruction.from && byte <= instruction.to) next.add(instruction.next);
          break;
        default:
          instruction satisfies never;
      }
    }
    return next;
  }
}

function contextOf(byte: number): number {
  return byte === newlineByte ? before.newline : wordBytes[byte] === 1 ? before.word : before.other;
}

function holds(assertion: Assertion, context: number, byte: number): boolean {
  switch (assertion) {
    case 'text-start':
      return context === before.textStart;
    case 'text-end':
      return byte === endOfText;
    case 'line-start':
      return context === before.textStart || context === before.newline;
    case 'line-end':
      return byte === endOfText || byte === newlineByte;
    case 'word-boundary':
      return isBoundary(context, byte);
    case 'no-word-boundary':
      return !isBoundary(context, byte);
    default:
      return assertion satisfies never;
  }
}

function isBoundary(context: number, byte: number): boolean {
  return (context === before.word) !== (byte !== endOfText && wordBytes[byte] === 1);
}
