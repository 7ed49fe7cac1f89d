/**
 * Classes of bytes, and what they alone tell about a token: whether it varies by nature. Nothing here knows a system or a
 * format. Called by masked-tokens.ts for each token that is not letters only.
 */

/** Bits of a byte's class; 0 separates tokens. */
export const byteClasses = { lower: 1, upper: 2, digit: 4, beyondHex: 8, dot: 16, slash: 32, joiner: 64 } as const;

const { lower, upper, digit, beyondHex, dot, slash, joiner } = byteClasses;
export const letter = lower | upper;

const codes = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

function classTable(joiners: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const code of codes('abcdef')) table[code] = lower;
  for (const code of codes('ghijklmnopqrstuvwxyz')) table[code] = lower | beyondHex;
  for (const code of codes('ABCDEF')) table[code] = upper;
  for (const code of codes('GHIJKLMNOPQRSTUVWXYZ')) table[code] = upper | beyondHex;
  for (const code of codes('0123456789')) table[code] = digit;
  for (const code of codes(joiners)) table[code] = joiner;
  for (const code of codes('/\\')) table[code] = slash;
  table[0x2e] = dot;
  table.fill(lower | beyondHex, 0x80);
  return table;
}

export const classOf = classTable('_-~#$%+&!?*^');
/** Inside of a path, what separates elsewhere belongs to it. */
export const classInPath = classTable('_-~#$%+&!?*^=@');

/** Beside the classes of a value's bytes: it begins with a slash, so it was read by `classInPath`. */
export const pathBit = 0x100;

const maxNameBytes = 32;
const fullStop = 0x2e;
const minusSign = 0x2d;
const underscore = 0x5f;

/** Without the full stop of a sentence, and without what comes behind two dots. */
export function endOfToken(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] === fullStop && (at + 1 === end || bytes[at + 1] === fullStop)) return at;
  }
  return end;
}

/** True where the token `start .. end`, which has the classes `bits`, is a number, an id, an address or a path. */
export function isVariable(bytes: Uint8Array, start: number, end: number, bits: number): boolean {
  if ((bits & digit) !== 0) return (bits & slash) !== 0 || !isNumberedName(bytes, start, end);
  return (bits & slash) !== 0 && isPath(bytes, start, end);
}

/** `ssh2`, `jk2_init`, `HttpServer2`, not `node-2`: most often a name; if it is not, it has ten values at most. */
function isNumberedName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > maxNameBytes || (classOf[bytes[start]] & letter) === 0) return false;
  let digits = 0;
  let letters = 0;
  for (let at = start; at < end; at++) {
    const bit = classOf[bytes[at]];
    if ((bit & digit) !== 0) {
      if (++digits > 1) return false;
    } else if ((bit & letter) !== 0) letters++;
  }
  return letters >= 2 && nameEnd(bytes, start, end) === start;
}

/** `/usr/lib` and `lib/a.so/x` are paths; `/`, `TCP/IP` and `read/write/execute` may be anything. */
function isPath(bytes: Uint8Array, start: number, end: number): boolean {
  let slashes = 0;
  let dots = 0;
  for (let at = start; at < end; at++) {
    const bit = classOf[bytes[at]];
    if (bit === slash) slashes++;
    else if (bit === dot) dots++;
  }
  return slashes >= 2 && (classOf[bytes[start]] === slash || dots > 0);
}

/**
 * End of the name that a variable token begins with, its start where there is none: `attempt_14` keeps `attempt_`. A name
 * has a letter beyond f, else it may be a part of a hexadecimal number.
 */
export function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let bits = 0;
  for (; at < end; at++) {
    const bit = classOf[bytes[at]];
    if ((bit & digit) !== 0) break;
    if (bit === slash || at - start === maxNameBytes) return start;
    bits |= bit;
  }
  if ((bits & beyondHex) === 0) return start;
  // the minus sign belongs to the number
  if (bytes[at - 1] === minusSign && bytes[at - 2] === underscore) at--;
  const last = bytes[at - 1];
  return last === minusSign || last === underscore ? at : start;
}

const unitKeys = new Set(
  'B kB KB MB GB TB KiB MiB GiB TiB K M G ns us ms s sec min h hrs d Hz kHz MHz GHz'
    .split(' ')
    .map((unit) => codes(unit).reduce((key, code) => key * 256 + code, 0)),
);

/** True for the symbol of a unit of size, time or frequency: formats made for people change it with the size of the number. */
export function isUnit(bytes: Uint8Array, start: number, end: number): boolean {
  let key = 0;
  for (let at = start; at < end; at++) key = key * 256 + bytes[at];
  return unitKeys.has(key);
}
