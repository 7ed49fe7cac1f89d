/** Tests of single values for the matcher: of bytes in a column, or of the few texts of a dictionary. */
import { invariant } from '#base/errors.ts';
import { compareAddresses, parseAddress } from './addresses.ts';
import { bytesStartWith, utf8 } from './byte-patterns.ts';
import { numberOfValue } from './quantities.ts';
import { RegexMatcher } from './regex-matcher.ts';
import { compileRegex } from './regex-program.ts';
import { parseRegex } from './regex-syntax.ts';
import type { Bound, ValueTest } from './conditions.ts';

/** Whether the value `start .. end` of the bytes passes. */
export type BytePredicate = (bytes: Uint8Array, start: number, end: number) => boolean;

/** Tests that have no table of their own in value-scan.ts. */
export type ScannedTest = Exclude<ValueTest, { op: 'equals' | 'starts-with' | 'present' }>;

export type NumberTest = ValueTest & { readonly op: 'number' };

export function bytePredicate(test: ScannedTest): BytePredicate {
  switch (test.op) {
    case 'given':
      return (_, start, end) => end > start;
    case 'number':
      return numberPredicate(test);
    case 'text':
      return textRangePredicate(test);
    case 'address':
      return addressPredicate(test);
    case 'like':
      return likePredicate(test.pieces);
    case 'regex': {
      const matcher = regexMatcher(test.pattern);
      return (bytes, start, end) => end > start && matcher.test(bytes, start, end);
    }
    default:
      return test satisfies never;
  }
}

/** The same for a text. */
export function textPredicate(test: ValueTest): (value: string) => boolean {
  switch (test.op) {
    case 'equals':
      return (value) => value === test.value;
    case 'starts-with':
      return (value) => value.startsWith(test.prefix);
    case 'present':
    case 'given':
      return (value) => value !== '';
    default: {
      const passes = bytePredicate(test);
      return (value) => {
        const bytes = utf8(value);
        return passes(bytes, 0, bytes.length);
      };
    }
  }
}

/** Bytes that a number may begin with: digits, signs, the point. */
const startsNumber = Uint8Array.from({ length: 256 }, (_, byte) => (/[0-9+.-]/.test(String.fromCharCode(byte)) ? 1 : 0));
/** Longer runs of digits are numbers too, read as a whole. */
const maxPlainDigits = 15;
const decoder = new TextDecoder();

function numberPredicate(test: NumberTest): BytePredicate {
  return (bytes, start, end) => isInRange(numberOfBytes(bytes, start, end), test);
}

/** False of NaN. */
export function isInRange(value: number, { from, to }: NumberTest): boolean {
  if (from !== undefined && !(from.included ? value >= from.value : value > from.value)) return false;
  if (to !== undefined && !(to.included ? value <= to.value : value < to.value)) return false;
  return value === value;
}

/** The number that the bytes are (`numberOfValue`); NaN for none. */
export function numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || startsNumber[bytes[start]] === 0) return Number.NaN;
  const plain = plainInteger(bytes, start, end);
  return plain >= 0 ? plain : (numberOfValue(decoder.decode(bytes.subarray(start, end))) ?? Number.NaN);
}

/** The number of a short run of digits, the usual case; -1 for anything else. */
function plainInteger(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > maxPlainDigits) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function textRangePredicate({ from, to }: ValueTest & { op: 'text' }): BytePredicate {
  const lower = from && { bytes: utf8(from.value), included: from.included };
  const upper = to && { bytes: utf8(to.value), included: to.included };
  return (bytes, start, end) =>
    end > start &&
    (lower === undefined || isBeyond(compareBytes(bytes, start, end, lower.bytes), lower)) &&
    (upper === undefined || isBeyond(-compareBytes(bytes, start, end, upper.bytes), upper));
}

/** Longest spelling of an IPv6 address. */
const maxAddressBytes = 45;

function addressPredicate({ from, to }: ValueTest & { op: 'address' }): BytePredicate {
  const [lower, upper] = [parseAddress(from.value), parseAddress(to.value)];
  invariant(lower !== undefined && upper !== undefined, 'bounds of a range of addresses are addresses');
  return (bytes, start, end) => {
    if (end === start || end - start > maxAddressBytes) return false;
    const address = parseAddress(decoder.decode(bytes.subarray(start, end)));
    if (address === undefined) return false;
    return isBeyond(compareAddresses(address, lower), from) && isBeyond(compareAddresses(upper, address), to);
  };
}

/** First and last piece at their ends, each other one at its first place behind the one before: then there is none further left. */
function likePredicate(pieces: readonly string[]): BytePredicate {
  const all = pieces.map(utf8);
  const [first, last] = [all[0], all[all.length - 1]];
  const inner = all.slice(1, -1);
  return (bytes, start, end) => {
    const innerEnd = end - last.length;
    if (!bytesStartWith(bytes, start, end, first) || innerEnd < start + first.length) return false;
    if (!bytesStartWith(bytes, innerEnd, end, last)) return false;
    let at = start + first.length;
    for (const piece of inner) {
      at = placeOf(piece, bytes, at, innerEnd);
      if (at < 0) return false;
      at += piece.length;
    }
    return true;
  };
}

function placeOf(piece: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + piece.length <= end; at++) if (bytesStartWith(bytes, at, end, piece)) return at;
  return -1;
}

/** `lowerCase`: ASCII letters of the text are read in lower case. */
export function regexMatcher(pattern: string, lowerCase = false): RegexMatcher {
  return new RegexMatcher(compileRegex(parseRegex(pattern)), lowerCase);
}

function isBeyond(order: number, { included }: Pick<Bound<unknown>, 'included'>): boolean {
  return included ? order >= 0 : order > 0;
}

/** Below 0, 0 or above 0, byte by byte, as ClickHouse orders texts. */
function compareBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const shared = Math.min(end - start, other.length);
  for (let i = 0; i < shared; i++) if (bytes[start + i] !== other[i]) return bytes[start + i] - other[i];
  return end - start - other.length;
}
