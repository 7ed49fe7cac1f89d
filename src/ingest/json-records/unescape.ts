/** Decodes the escapes of JSON strings into a reused buffer. */
import { hexDigit } from './json-scanner.ts';

const letters: Readonly<Record<number, number>> = { 0x62: 0x08, 0x66: 0x0c, 0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09 };

export class Unescaper {
  /** The last result, from 0; borrowed until the next call. */
  bytes = new Uint8Array(4096);
  view = new DataView(this.bytes.buffer);
  /** True where the last result has a non-ASCII byte. */
  nonAscii = false;

  /** Decodes the content `start .. end` of a scanned string to UTF-8; returns the length. A lone surrogate is U+FFFD. */
  decode(source: Uint8Array, start: number, end: number): number {
    // no escape makes more bytes than it takes, except that a lone surrogate keeps within its six
    if (end - start + 8 > this.bytes.length) this.#grow(end - start + 8);
    const { bytes } = this;
    let to = 0;
    let high = 0;
    for (let at = start; at < end; ) {
      let byte = source[at];
      if (byte !== 0x5c) {
        high |= byte;
        bytes[to++] = byte;
        at++;
        continue;
      }
      byte = source[at + 1];
      if (byte !== 0x75) {
        bytes[to++] = letters[byte] ?? byte;
        at += 2;
        continue;
      }
      let point = codeUnit(source, at + 2);
      at += 6;
      if (point >= 0xd800 && point <= 0xdfff) {
        const isPair = point < 0xdc00 && at + 6 <= end && source[at] === 0x5c && source[at + 1] === 0x75;
        const second = isPair ? codeUnit(source, at + 2) : 0;
        if (second >= 0xdc00 && second <= 0xdfff) {
          point = 0x10000 + ((point - 0xd800) << 10) + (second - 0xdc00);
          at += 6;
        } else {
          point = 0xfffd;
        }
      }
      if (point >= 0x80) high |= 0x80;
      to = writePoint(bytes, to, point);
    }
    this.nonAscii = high >= 0x80;
    return to;
  }

  #grow(length: number): void {
    this.bytes = new Uint8Array(Math.max(length, this.bytes.length * 2));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Gives memory beyond `retainBytes` back. */
  shrink(retainBytes: number): void {
    if (this.bytes.length <= retainBytes) return;
    this.bytes = new Uint8Array(retainBytes);
    this.view = new DataView(this.bytes.buffer);
  }
}

function codeUnit(source: Uint8Array, at: number): number {
  return (hexDigit(source[at]) << 12) | (hexDigit(source[at + 1]) << 8) | (hexDigit(source[at + 2]) << 4) | hexDigit(source[at + 3]);
}

function writePoint(bytes: Uint8Array, to: number, point: number): number {
  if (point < 0x80) {
    bytes[to++] = point;
  } else if (point < 0x800) {
    bytes[to++] = 0xc0 | (point >> 6);
    bytes[to++] = 0x80 | (point & 0x3f);
  } else if (point < 0x10000) {
    bytes[to++] = 0xe0 | (point >> 12);
    bytes[to++] = 0x80 | ((point >> 6) & 0x3f);
    bytes[to++] = 0x80 | (point & 0x3f);
  } else {
    bytes[to++] = 0xf0 | (point >> 18);
    bytes[to++] = 0x80 | ((point >> 12) & 0x3f);
    bytes[to++] = 0x80 | ((point >> 6) & 0x3f);
    bytes[to++] = 0x80 | (point & 0x3f);
  }
  return to;
}
