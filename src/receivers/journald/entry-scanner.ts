/**
 * Finds the entries of a journal in export format, in bytes that arrive piece by piece.
 *
 * An entry is fields, ended by an empty line. A field is `NAME=value` and a line feed, or, where the value has bytes that
 * would not survive that, `NAME`, a line feed, its length as u64 little-endian, its bytes and a line feed.
 * https://systemd.io/JOURNAL_EXPORT_FORMATS/ ("Journal Export Format")
 */
import { AppError } from '#base/errors.ts';
import type { ReceiveBuffer } from '#receivers/receive-buffer.ts';

const lineFeed = 0x0a;
const equals = 0x3d;
/** Longest name; systemd allows 64. */
export const maxNameBytes = 256;
/** A length over it is no length: the journal itself takes fields of 768 MiB at most. */
const maxFieldBytes = 2 ** 30;

const phases = { line: 0, insideLine: 1, binary: 2 } as const;

export class EntryScanner {
  /** Bytes from the buffer's start that were looked at. */
  #scanned = 0;
  #phase: number = phases.line;
  /** Of a binary value with its line feed: bytes still to come. */
  #binaryLeft = 0;

  /**
   * Position behind the entry that begins at the buffer's start, its empty line included; -1 where it is not complete:
   * then call again with more bytes.
   * @throws AppError malformed_body
   */
  endOf(buffer: ReceiveBuffer): number {
    return this.#scan(buffer, buffer.start);
  }

  /** As endOf, for an entry behind others that are still in the buffer; `from` is where it begins. */
  endFrom(buffer: ReceiveBuffer, from: number): number {
    return this.#scan(buffer, from);
  }

  /** Drops from the buffer what was looked at of an entry that is too large; true where its end was reached. */
  passOver(buffer: ReceiveBuffer): boolean {
    const end = this.#scan(buffer, buffer.start, true);
    buffer.take(end < 0 ? buffer.start + this.#scanned : end);
    this.#scanned = 0;
    return end >= 0;
  }

  #scan(buffer: ReceiveBuffer, from: number, mayLeaveLines = false): number {
    const { bytes, view, end } = buffer;
    let at = from + this.#scanned;
    for (;;) {
      if (this.#phase === phases.binary) {
        const taken = Math.min(this.#binaryLeft, end - at);
        at += taken;
        this.#binaryLeft -= taken;
        if (this.#binaryLeft > 0) return this.#wait(at - from);
        if (bytes[at - 1] !== lineFeed) throw malformed('a value is not followed by a line feed');
        this.#phase = phases.line;
      }
      const lineEnd = indexOf(bytes, lineFeed, at, end);
      if (lineEnd < 0) {
        this.#checkName(bytes, at, end);
        if (!mayLeaveLines || indexOf(bytes, equals, at, end) < 0) return this.#wait(at - from);
        this.#phase = phases.insideLine;
        return this.#wait(end - from);
      }
      if (this.#phase === phases.insideLine) {
        this.#phase = phases.line;
        at = lineEnd + 1;
      } else if (lineEnd === at) {
        this.#scanned = 0;
        return at + 1;
      } else if (indexOf(bytes, equals, at, lineEnd) >= 0) {
        at = lineEnd + 1;
      } else {
        this.#checkName(bytes, at, lineEnd);
        if (lineEnd + 9 > end) return this.#wait(at - from);
        this.#binaryLeft = valueLength(view, lineEnd + 1) + 1;
        this.#phase = phases.binary;
        at = lineEnd + 9;
      }
    }
  }

  /** A name without end would let a line grow for ever. */
  #checkName(bytes: Uint8Array, at: number, end: number): void {
    if (this.#phase === phases.line && end - at > maxNameBytes && indexOf(bytes, equals, at, at + maxNameBytes) < 0)
      throw malformed(`a name is longer than ${maxNameBytes} bytes`);
  }

  #wait(scanned: number): number {
    this.#scanned = scanned;
    return -1;
  }
}

/** Length of a binary value. @throws AppError malformed_body */
export function valueLength(view: DataView, at: number): number {
  const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  if (length > maxFieldBytes) throw malformed(`a value of ${length} bytes`);
  return length;
}

/** Place of the byte in `at .. end`, -1 where it is not there. */
export function indexOf(bytes: Uint8Array, byte: number, at: number, end: number): number {
  const found = bytes.subarray(at, end).indexOf(byte);
  return found < 0 ? -1 : at + found;
}

function malformed(reason: string): AppError {
  return new AppError('malformed_body', `the body is not a journal in export format: ${reason}`);
}
