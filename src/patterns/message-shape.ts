/**
 * The shape of a message: its bytes, with gaps where it has values. A message that fits a shape has the key that the
 * shape's own message has (masked-tokens.ts), so its template is known without a scan: words are compared four bytes at a
 * time, and of a value is asked only whether it is of the same classes.
 *
 * Invariant: whatever the scan takes from a value but its classes is compared here too (where it begins and ends, its
 * name, whether it is one). message-shape.test.ts holds shape and scan against each other. Called by shape-cache.ts.
 *
 * In words of 32 bits: the number of values, and 1 where what follows the shape says nothing. Then for each value the bytes
 * of the text before it and of its name together, that text, the bits of its last word that count, the bytes of the name,
 * the classes of the name's bytes and those of all its bytes. Then the text behind the last value in the same way.
 */
import type { MaskedTokens } from './masked-tokens.ts';
import { byteClasses, classInPath, classOf, endOfToken, isVariable, letter, nameEnd, pathBit } from './token-classes.ts';

const { beyondHex, digit, dot, joiner, slash } = byteClasses;

/** The shape of the message `start .. end` that was scanned last; undefined where the scan looked beyond classes. */
export function shapeOf(tokens: MaskedTokens, bytes: Uint8Array, start: number, end: number): number[] | undefined {
  if (!tokens.isShapely) return undefined;
  const isOpen = tokens.end < end;
  const words = [tokens.valueCount, isOpen ? 1 : 0];
  let from = start;
  for (let i = 0; i < tokens.valueCount; i++) {
    const valueStart = tokens.valueStarts[i];
    const named = tokens.valueNames[i];
    addText(words, bytes, from, named);
    let nameBits = 0;
    for (let at = valueStart; at < named; at++) nameBits |= classOf[bytes[at]];
    words.push(named - valueStart, nameBits, tokens.valueBits[i]);
    from = tokens.valueEnds[i];
  }
  // with the byte that ended the scan: a longer last word is another one
  addText(words, bytes, from, isOpen ? tokens.end + 1 : end);
  return words;
}

function addText(words: number[], bytes: Uint8Array, start: number, end: number): void {
  words.push(end - start);
  for (let at = start; at < end; at += 4) {
    let word = 0;
    for (let i = 0; i < 4 && at + i < end; i++) word |= bytes[at + i] << (8 * i);
    words.push(word);
  }
  words.push(-1 >>> (8 * ((start - end) & 3)));
}

/** True where the message `start .. end` of `bytes`, which `view` is of too, has the shape at `next`; of it `maxBytes` count. */
export function fits(
  words: Int32Array,
  shapeAt: number,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  maxBytes: number,
): boolean {
  const valueCount = words[shapeAt];
  let next = shapeAt + 2;
  let at = start;
  for (let value = 0; ; value++) {
    const textBytes = words[next++];
    if (textBytes > end - at) return false;
    const wholeEnd = next + (textBytes >> 2);
    let from = at;
    for (; next < wholeEnd; from += 4) if (words[next++] !== view.getInt32(from, true)) return false;
    at += textBytes;
    // a message that ends with its buffer is scanned instead
    if (from < at && (from + 4 > bytes.length || words[next++] !== (view.getInt32(from, true) & words[next]))) return false;
    next++;
    if (value === valueCount) return (at === end || words[shapeAt + 1] === 1) && at - start <= maxBytes;
    at = endOfValue(bytes, at, end, words[next], words[next + 1], words[next + 2]);
    if (at < 0) return false;
    next += 3;
  }
}

/** End of the value whose name ends at `at` and which has exactly the classes `wanted`; -1 where there is none. */
function endOfValue(bytes: Uint8Array, at: number, end: number, nameBytes: number, nameBits: number, wanted: number): number {
  if (at === end) return -1;
  let bit = classOf[bytes[at]];
  if (bit === 0 || (nameBytes === 0 && (bit === joiner || bit === dot))) return -1;
  const isPath = (wanted & pathBit) !== 0;
  if (isPath !== (nameBytes === 0 && bit === slash)) return -1;
  const table = isPath ? classInPath : classOf;
  const isNumbered = bit === digit;
  let bits = nameBits;
  let digits = 0;
  let wordEnd = at;
  do {
    bits |= bit;
    digits += bit & digit;
    if (++wordEnd === end) break;
    bit = table[bytes[wordEnd]];
  } while (bit !== 0);
  if (bits !== (wanted & ~pathBit)) return -1;
  const start = at - nameBytes;
  const valueEnd = (bits & dot) === 0 ? wordEnd : endOfToken(bytes, start, wordEnd);
  if ((bits & (dot | beyondHex | slash)) === 0 && digits > digit) return valueEnd;
  if (isPath && classOf[bytes[wordEnd - 1]] === 0) return -1;
  return isSameValue(bytes, start, valueEnd, bits, nameBytes, isNumbered) ? valueEnd : -1;
}

/** What classes do not tell: whether it is a value at all, and where its name ends. */
function isSameValue(bytes: Uint8Array, start: number, end: number, bits: number, nameBytes: number, isNumbered: boolean): boolean {
  if ((bits & (letter | slash)) === 0) return true;
  if ((bits & (digit | slash)) !== (digit | slash) && !isVariable(bytes, start, end, bits)) return false;
  if ((bits & beyondHex) === 0 || (nameBytes > 0 && isNumbered)) return true;
  return nameEnd(bytes, start, end) - start === nameBytes;
}
