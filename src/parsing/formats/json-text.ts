/** The escapes of JSON strings, which logfmt and others share. */
import type { ByteArena } from '#model/byte-columns.ts';
import { byte, isDigit } from '../byte-text.ts';

/** Behind the escape at `at`, -1 where it is none of JSON's. */
export function behindEscape(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const letter = bytes[at + 1];
  if (letter !== 0x75) return escaped[letter] !== 0 ? at + 2 : -1;
  return hex4(bytes, at + 2, end) >= 0 ? at + 6 : -1;
}

/** What the letter behind a backslash stands for. */
const escaped = new Uint8Array(256);
for (const [letter, text] of Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' })) {
  escaped[letter.charCodeAt(0)] = text.charCodeAt(0);
}

function hex4(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const code = bytes[i];
    const letter = code | 0x20;
    const digit = isDigit(code) ? code - byte.zero : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Appends the string `start .. end`, whose escapes are valid; room for as many bytes has been reserved. */
export function unescapeJson(bytes: Uint8Array, start: number, end: number, target: ByteArena): void {
  const out = target.bytes;
  let to = target.length;
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (code !== byte.backslash) {
      out[to++] = code;
      continue;
    }
    const letter = bytes[++at];
    if (letter !== 0x75) {
      out[to++] = escaped[letter];
      continue;
    }
    let point = hex4(bytes, at + 1, end);
    at += 4;
    if (point >= 0xd800 && point < 0xe000) {
      const low = bytes[at + 1] === byte.backslash && bytes[at + 2] === 0x75 ? hex4(bytes, at + 3, end) : -1;
      if (point < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else {
        point = 0xfffd;
      }
    }
    to = appendUtf8(out, to, point);
  }
  target.length = to;
}

/** An escape has at least as many bytes as what it stands for. */
function appendUtf8(out: Uint8Array, to: number, point: number): number {
  if (point < 0x80) {
    out[to] = point;
    return to + 1;
  }
  if (point < 0x800) {
    out[to] = 0xc0 | (point >> 6);
    out[to + 1] = 0x80 | (point & 63);
    return to + 2;
  }
  if (point < 0x10000) {
    out[to] = 0xe0 | (point >> 12);
    out[to + 1] = 0x80 | ((point >> 6) & 63);
    out[to + 2] = 0x80 | (point & 63);
    return to + 3;
  }
  out[to] = 0xf0 | (point >> 18);
  out[to + 1] = 0x80 | ((point >> 12) & 63);
  out[to + 2] = 0x80 | ((point >> 6) & 63);
  out[to + 3] = 0x80 | (point & 63);
  return to + 4;
}
