/**
 * Text out of binary protocols, which promise UTF-8 and may break the promise: a range that is valid UTF-8 as it is, or a
 * copy with U+FFFD for bad bytes, as the native endpoints answer it (docs/specs/log-batch.md). One per decoder.
 */
import { isUtf8 } from 'node:buffer';

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class ValidText {
  /** The last text, borrowed until the next call. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  end = 0;

  /** Looks at `start .. end`; `view` covers the same memory as `bytes`. */
  of(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.end = end;
    if (isAscii(view, start, end) || isUtf8(bytes.subarray(start, end))) return;
    this.bytes = textEncoder.encode(textDecoder.decode(bytes.subarray(start, end)));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.start = 0;
    this.end = this.bytes.length;
  }

  toString(): string {
    return textDecoder.decode(this.bytes.subarray(this.start, this.end));
  }
}

/** Called for every value, so by words. */
export function isAscii(view: DataView, start: number, end: number): boolean {
  let at = start;
  for (; at + 4 <= end; at += 4) if ((view.getInt32(at, true) & 0x8080_8080) !== 0) return false;
  for (; at < end; at++) if (view.getUint8(at) >= 0x80) return false;
  return true;
}
