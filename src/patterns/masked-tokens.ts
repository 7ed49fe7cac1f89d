/**
 * One pass over a message: its tokens, those that vary by nature masked, and a 64-bit key of what is left. Lines of a
 * settled stream have few keys, so the key finds the template without looking at tokens again (pattern-miner.ts).
 *
 * Only the first line of a message counts, and of it `maxTokens` tokens and `maxBytes` bytes. Masked by the classes of their
 * bytes are tokens with digits (numbers, ids, addresses, times), long hexadecimal words, and paths. Neighbours that belong
 * together become one placeholder: `10.0.0.1:80`, `12:30:07`, `1, 2, 3`, `1.5 KB`, `blk_1 blk_2`; a size that only says again
 * what stands before it (`1504 bytes (1.47 KB)`) is left out. A value that is empty (`rhost= user=x`, ` () `) is a token
 * without text, so that lines with and without it have as many. Other punctuation is no part of a token.
 */
import { byteClasses, classInPath, classOf, endOfToken, isUnit, isVariable, letter, nameEnd, pathBit } from './token-classes.ts';

const { upper, digit, beyondHex, dot, slash, joiner } = byteClasses;
/** Tokens of these classes alone are words. */
const tellingBits = digit | dot | slash;

const lineFeed = 0x0a;
const space = 0x20;
const doubleQuote = 0x22;
const openParenthesis = 0x28;
const closeParenthesis = 0x29;
const plusSign = 0x2b;
const comma = 0x2c;
const minusSign = 0x2d;
const colon = 0x3a;
const semicolon = 0x3b;
const equalsSign = 0x3d;
const atSign = 0x40;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const verticalBar = 0x7c;
const closeBrace = 0x7d;

/** Length from which letters a-f alone are a number. */
const minHexBytes = 8;
/** Letters of one group of an address in hexadecimal. */
const maxGroupBytes = 4;
const maxUnitBytes = 3;

const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;
const maskHash = 0x2545f491;
const emptyHash = 0x3c6ef372;

export interface TokenLimits {
  readonly maxTokens: number;
  readonly maxBytes: number;
}

export class MaskedTokens {
  readonly #limits: TokenLimits;
  count = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where the name before a placeholder ends, its start where there is none; -1 for tokens that are not masked. */
  readonly nameEnds: Int32Array;
  /** Behind the last byte that counts. */
  end = 0;
  keyHigh = 0;
  keyLow = 0;
  /** The values as they stand there, before neighbours become one: begin, end, end of the name, classes (message-shape.ts). */
  valueCount = 0;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly valueNames: Int32Array;
  readonly valueBits: Int32Array;
  /** False where the key depends on more than the words and the classes of the values, or where there are too many. */
  isShapely = true;
  #begin = 0;
  #limit = 0;
  /** The newest token is a number, its unit may follow. */
  #isNumber = false;
  /** The key before the newest token. */
  #highBefore = 0;
  #lowBefore = 0;

  constructor(limits: TokenLimits) {
    this.#limits = limits;
    this.starts = new Int32Array(limits.maxTokens);
    this.ends = new Int32Array(limits.maxTokens);
    this.nameEnds = new Int32Array(limits.maxTokens);
    this.valueStarts = new Int32Array(limits.maxTokens);
    this.valueEnds = new Int32Array(limits.maxTokens);
    this.valueNames = new Int32Array(limits.maxTokens);
    this.valueBits = new Int32Array(limits.maxTokens);
  }

  /** Reads the message `start .. end`; the seeds stand for what else the key depends on. */
  scan(bytes: Uint8Array, start: number, end: number, seedHigh: number, seedLow: number): void {
    const { maxTokens, maxBytes } = this.#limits;
    const limit = Math.min(end, start + maxBytes);
    this.#begin = start;
    this.#limit = limit;
    this.count = 0;
    this.valueCount = 0;
    this.isShapely = true;
    this.keyHigh = seedHigh;
    this.keyLow = seedLow;
    this.#isNumber = false;
    let at = start;
    while (at < limit && this.count < maxTokens) {
      let byte = bytes[at];
      let bit = classOf[byte];
      if (bit === 0 || bit === joiner || bit === dot) {
        if (byte === lineFeed) break;
        at++;
        if (bit === 0 && byte !== space) this.#takeEmpty(bytes, byte, at);
        continue;
      }
      const tokenStart = at;
      const table = bit === slash ? classInPath : classOf;
      let bits = 0;
      let hash = fnvOffset;
      do {
        bits |= bit;
        hash = Math.imul(hash ^ byte, fnvPrime);
        if (++at === limit) break;
        byte = bytes[at];
        bit = table[byte];
      } while (bit !== 0);
      at = this.#take(bytes, tokenStart, at, bits, hash);
    }
    this.end = at;
    if (at === limit && limit < end) this.isShapely = false;
  }

  /** Adds the token; answers where the next is looked for. */
  #take(bytes: Uint8Array, start: number, wordEnd: number, bits: number, hash: number): number {
    let end = wordEnd;
    if ((bits & tellingBits) !== 0) {
      if ((bits & dot) !== 0) end = endOfToken(bytes, start, wordEnd);
      if ((bits & (digit | slash)) !== 0 && isVariable(bytes, start, end, bits)) return this.#takeVariable(bytes, start, end, bits);
    } else if ((bits & beyondHex) === 0) {
      end = this.#endOfHex(bytes, start, wordEnd);
      if (end > 0) return this.#takeVariable(bytes, start, end, digit);
      end = wordEnd;
    }
    const isAfterNumber = this.#isNumber;
    this.#isNumber = false;
    if (isAfterNumber && end - start <= maxUnitBytes && this.ends[this.count - 1] === start - 1 && isUnit(bytes, start, end)) {
      this.#takeUnit(bytes, end);
    } else {
      this.#add(start, end, -1, end === wordEnd ? hash : hashOf(bytes, start, end));
    }
    return end;
  }

  /** End of the hexadecimal number or address that the letters `start .. end` begin or go on with; 0 where they are a word. */
  #endOfHex(bytes: Uint8Array, start: number, end: number): number {
    const isBesideColon = bytes[start - 1] === colon || bytes[end] === colon;
    if (isBesideColon || end - start >= minHexBytes) this.isShapely = false;
    if (end - start >= minHexBytes) return end;
    if (end - start > maxGroupBytes || !isBesideColon) return 0;
    const groupsEnd = endOfHexGroups(bytes, end, this.#limit);
    if (groupsEnd > end) return groupsEnd;
    const last = this.count - 1;
    const goesOn = last >= 0 && bytes[start - 1] === colon && this.nameEnds[last] >= 0 && this.ends[last] === start - 1;
    return goesOn ? end : 0;
  }

  #takeVariable(bytes: Uint8Array, start: number, end: number, bits: number): number {
    const isNumber = (bits & (letter | slash)) === 0;
    const last = this.count - 1;
    const lastEnd = last < 0 ? this.#begin : this.ends[last];
    const named = (bits & beyondHex) !== 0 ? nameEnd(bytes, start, end) : start;
    this.#keepValue(bytes, start, end, named, bits);
    if (last >= 0 && this.nameEnds[last] >= 0 && this.#belongsToLast(bytes, start, named)) {
      this.ends[last] = end;
      this.#isNumber &&= isNumber;
      return end;
    }
    if (isNumber && last >= 0 && start === lastEnd + 1 && bytes[lastEnd] === colon && isAddress(bytes, this.starts[last], lastEnd)) {
      this.#takePort(bytes, start, end);
      return end;
    }
    const before = bytes[start - 1];
    const isSigned = named === start && start > lastEnd && (before === minusSign || before === plusSign);
    const tokenStart = isSigned ? start - 1 : start;
    this.#add(tokenStart, end, isSigned ? tokenStart : named, named > start ? maskHash ^ hashOf(bytes, start, named) : maskHash);
    this.#isNumber = isNumber;
    return end;
  }

  #keepValue(bytes: Uint8Array, start: number, end: number, named: number, bits: number): void {
    // a path may end with `=`, behind which something empty can stand
    if (this.valueCount === this.valueStarts.length || classOf[bytes[end - 1]] === 0) {
      this.isShapely = false;
      return;
    }
    const index = this.valueCount++;
    this.valueStarts[index] = start;
    this.valueEnds[index] = end;
    this.valueNames[index] = named;
    this.valueBits[index] = classOf[bytes[start]] === slash ? bits | pathBit : bits;
  }

  /** True where only `:`, `,`, `;`, `|`, `@`, `::` or a comma and a space stand between; a space too where both have the same name. */
  #belongsToLast(bytes: Uint8Array, start: number, named: number): boolean {
    const last = this.count - 1;
    const from = this.ends[last];
    const between = bytes[from];
    if (start - from === 2) return (between === comma && bytes[from + 1] === space) || (between === colon && bytes[from + 1] === colon);
    if (start - from !== 1) return false;
    if (between === space) return named > start && isSameText(bytes, this.starts[last], this.nameEnds[last], start, named);
    return between === colon || between === comma || between === semicolon || between === verticalBar || between === atSign;
  }

  /** The dotted name before, `host.example.com`, and the port become one token that keeps the name. */
  #takePort(bytes: Uint8Array, start: number, end: number): void {
    const hostStart = this.starts[this.count - 1];
    this.count--;
    this.keyHigh = this.#highBefore;
    this.keyLow = this.#lowBefore;
    this.#add(hostStart, end, start, maskHash ^ hashOf(bytes, hostStart, start));
    this.#isNumber = false;
  }

  /** The number before gets its unit; where both stand in parentheses behind a number or `bytes`, they say nothing new. */
  #takeUnit(bytes: Uint8Array, end: number): void {
    const last = this.count - 1;
    this.ends[last] = end;
    const start = this.starts[last];
    if (last === 0 || bytes[start - 1] !== openParenthesis || end === this.#limit || bytes[end] !== closeParenthesis) return;
    const before = last - 1;
    if (this.nameEnds[before] < 0 && !isBytesWord(bytes, this.starts[before], this.ends[before])) return;
    this.count = last;
    this.keyHigh = this.#highBefore;
    this.keyLow = this.#lowBefore;
  }

  /** Adds a token without text where the separator before `at` opens a value and nothing follows. */
  #takeEmpty(bytes: Uint8Array, separator: number, at: number): void {
    const next = at < this.#limit ? bytes[at] : space;
    const before = at - 2 >= this.#begin ? bytes[at - 2] : space;
    let isEmpty = false;
    if (separator === equalsSign) {
      isEmpty =
        (next === space || next === comma || next === semicolon || next === closeParenthesis || next === closeBracket) &&
        classOf[before] !== 0;
    } else if (before === space || before === equalsSign) {
      isEmpty =
        separator === openParenthesis
          ? next === closeParenthesis
          : separator === openBracket
            ? next === closeBracket
            : separator === openBrace
              ? next === closeBrace
              : separator === doubleQuote && next === doubleQuote;
    }
    if (!isEmpty) return;
    this.#add(at, at, -1, emptyHash);
    this.#isNumber = false;
  }

  #add(start: number, end: number, named: number, hash: number): void {
    const index = this.count++;
    this.starts[index] = start;
    this.ends[index] = end;
    this.nameEnds[index] = named;
    this.#highBefore = this.keyHigh;
    this.#lowBefore = this.keyLow;
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    const high = Math.imul(this.keyHigh ^ mixed, 0x85ebca6b);
    this.keyHigh = (high << 13) | (high >>> 19);
    const low = Math.imul(this.keyLow + (mixed ^ (mixed >>> 13)), 0xc2b2ae35);
    this.keyLow = (low << 17) | (low >>> 15);
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = fnvOffset;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], fnvPrime);
  return hash;
}

/** End of `aa:bb:cc…` or `fe80::1` whose first group ends at `at`; `at` where there are not two groups more. */
function endOfHexGroups(bytes: Uint8Array, at: number, limit: number): number {
  let end = at;
  let groups = 0;
  while (end < limit && bytes[end] === colon) {
    let groupEnd = end + 1;
    while (groupEnd < limit && groupEnd - end <= maxGroupBytes && isHex(bytes[groupEnd])) groupEnd++;
    const next = groupEnd < limit ? bytes[groupEnd] : space;
    if (groupEnd === end + 1 ? next !== colon : (classOf[next] & (letter | digit)) !== 0) break;
    end = groupEnd;
    groups++;
  }
  return groups >= 2 ? end : at;
}

const isHex = (byte: number): boolean => (classOf[byte] & (letter | digit)) !== 0 && (classOf[byte] & beyondHex) === 0;

/** `mail.example.com`, `store.c`: a dotted name without capitals. */
function isAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let bits = 0;
  for (let at = start; at < end; at++) bits |= classOf[bytes[at]];
  return (bits & dot) !== 0 && (bits & (upper | slash)) === 0;
}

function isSameText(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let at = bStart; at < bEnd; at++) if (bytes[at] !== bytes[aStart + at - bStart]) return false;
  return true;
}

const bytesWord = [...'bytes'].map((character) => character.charCodeAt(0));

function isBytesWord(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === bytesWord.length && bytesWord.every((byte, i) => bytes[start + i] === byte);
}
