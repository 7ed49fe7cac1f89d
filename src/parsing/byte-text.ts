/** Looking at the bytes of a line: classes of bytes, and steps from one place to the next. Used by all formats. */

export const byte = {
  tab: 0x09,
  newline: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  hash: 0x23,
  apostrophe: 0x27,
  open: 0x28,
  close: 0x29,
  star: 0x2a,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  slash: 0x2f,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  semicolon: 0x3b,
  less: 0x3c,
  equals: 0x3d,
  greater: 0x3e,
  at: 0x40,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  underscore: 0x5f,
  openBrace: 0x7b,
  pipe: 0x7c,
  closeBrace: 0x7d,
} as const;

const digitClass = 1;
const letterClass = 2;
const nameClass = 4;

/** Classes of a byte; bytes of other scripts count as letters of a name. */
const classes = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code >= byte.zero && code <= byte.nine) return digitClass | nameClass;
  const lower = code | 0x20;
  if (lower >= 0x61 && lower <= 0x7a) return letterClass | nameClass;
  const isNamePart = code === byte.minus || code === byte.dot || code === byte.slash || code === byte.underscore || code === byte.at;
  return isNamePart || code >= 0x80 ? nameClass : 0;
});

export function isDigit(code: number): boolean {
  return code >= byte.zero && code <= byte.nine;
}

/** An ASCII letter. */
export function isLetter(code: number): boolean {
  return (classes[code] & letterClass) !== 0;
}

export function isAlphanumeric(code: number): boolean {
  return (classes[code] & (letterClass | digitClass)) !== 0;
}

/** Part of a field's name: letters, digits and `-./_@`. */
export function isNamePart(code: number): boolean {
  return (classes[code] & nameClass) !== 0;
}

export function isBlank(code: number): boolean {
  return code === byte.space || code === byte.tab;
}

/** Position of the first byte that is no space or tab. */
export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === byte.space || bytes[at] === byte.tab)) at++;
  return at;
}

/** The end without spaces, tabs and line ends before it. */
export function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = end;
  while (to > start && bytes[to - 1] <= byte.space) to--;
  return to;
}

/** Position of `code` in `start .. end`, -1 where there is none. */
export function find(bytes: Uint8Array, code: number, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === code) return at;
  return -1;
}

/** Position of the first blank, `end` where there is none. */
export function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte.space && bytes[at] !== byte.tab) at++;
  return at;
}

export function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] >= byte.zero && bytes[at] <= byte.nine) at++;
  return at;
}

/** Value of the digits `start .. end`, at most 15. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + bytes[at] - byte.zero;
  return value;
}

/** Number of two digits; NaN where one is no digit. */
export function twoDigits(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return NaN;
  const tens = bytes[at] - byte.zero;
  const ones = bytes[at + 1] - byte.zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Whether `text`, in ASCII, stands at `at`. */
export function startsWith(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Position of `text`, in ASCII, in `start .. end`; -1 where there is none. Linear for texts whose first letter does not repeat. */
export function findText(bytes: Uint8Array, text: string, start: number, end: number): number {
  const first = text.charCodeAt(0);
  const last = end - text.length;
  for (let at = start; at <= last; at++) if (bytes[at] === first && startsWith(bytes, at, end, text)) return at;
  return -1;
}

/**
 * Behind the bracket that closes the one at `start`, nested ones of the same kind skipped; -1 where none does within
 * `maxBytes`.
 */
export function behindBrackets(bytes: Uint8Array, start: number, end: number, close: number, maxBytes = 1024): number {
  const open = bytes[start];
  const last = Math.min(end, start + maxBytes);
  let depth = 0;
  for (let at = start; at < last; at++) {
    const code = bytes[at];
    if (code === open) depth++;
    else if (code === close && --depth === 0) return at + 1;
  }
  return -1;
}

/** The closing quote of a text whose opening one stands before `start`; `\` escapes. -1 where there is none. */
export function closingQuote(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (code === byte.quote) return at;
    if (code === byte.backslash) at++;
  }
  return -1;
}

/** Whether `start .. end` is a number as JSON writes it. */
export function isJsonNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start < end && bytes[start] === byte.minus ? start + 1 : start;
  const whole = digitsEnd(bytes, at, end);
  if (whole === at || (whole > at + 1 && bytes[at] === byte.zero)) return false;
  at = whole;
  if (at < end && bytes[at] === byte.dot) {
    const fraction = digitsEnd(bytes, at + 1, end);
    if (fraction === at + 1) return false;
    at = fraction;
  }
  if (at < end && (bytes[at] | 0x20) === 0x65) {
    const sign = bytes[at + 1];
    const exponent = at + (sign === byte.plus || sign === byte.minus ? 2 : 1);
    at = digitsEnd(bytes, exponent, end);
    if (at === exponent) return false;
  }
  return at === end;
}
