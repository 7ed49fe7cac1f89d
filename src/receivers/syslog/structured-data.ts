/** Structured data of RFC 5424, 6.3: `[id name="value" …][…]` becomes attributes `id.name`; an element without parameters, `id` true. */
import type { RecordWriter } from '#model/record-writer.ts';
import { AttributeScratch } from './attribute-scratch.ts';
import type { MessageBytes, Unescape } from './attribute-scratch.ts';

const space = 0x20;
const quote = 0x22;
const equals = 0x3d;
const open = 0x5b;
const backslash = 0x5c;
const close = 0x5d;

/** 6.3.3: a backslash before anything else is itself. */
const unescape: Unescape = (escaped) => (escaped === quote || escaped === backslash || escaped === close ? escaped : undefined);

export class StructuredData {
  readonly #scratch = new AttributeScratch();

  /**
   * Where the elements that begin at `start` end; -1 where they are not well formed. Adds nothing: an attribute of a
   * header that turns out to be none could not be taken back.
   */
  endOf({ bytes }: MessageBytes, start: number, limit: number): number {
    let at = start;
    while (at < limit && bytes[at] === open) {
      at = nameEnd(bytes, at + 1, limit);
      for (;;) {
        while (at < limit && bytes[at] === space) at++;
        if (at >= limit) return -1;
        if (bytes[at] === close) break;
        at = nameEnd(bytes, at, limit);
        if (at + 1 >= limit || bytes[at] !== equals || bytes[at + 1] !== quote) return -1;
        at = valueEnd(bytes, at + 2, limit);
        if (at >= limit) return -1;
        at++;
      }
      at++;
    }
    return at;
  }

  /** Adds the attributes of elements that `endOf` found well formed. */
  decode(writer: RecordWriter, message: MessageBytes, start: number, end: number): void {
    const { bytes } = message;
    const scratch = this.#scratch;
    let at = start;
    while (at < end) {
      const idEnd = nameEnd(bytes, at + 1, end);
      scratch.prefix(bytes, at + 1, idEnd);
      at = idEnd;
      while (bytes[at] === space) at++;
      if (bytes[at] === close) scratch.addTrue(writer);
      while (bytes[at] !== close) {
        const paramEnd = nameEnd(bytes, at, end);
        scratch.name(bytes, at, paramEnd);
        const valueStart = paramEnd + 2;
        const behind = valueEnd(bytes, valueStart, end);
        scratch.add(writer, message, valueStart, behind, hasBackslash(bytes, valueStart, behind) ? unescape : undefined);
        at = behind + 1;
        while (bytes[at] === space) at++;
      }
      at++;
    }
  }
}

function nameEnd(bytes: Uint8Array, start: number, limit: number): number {
  let at = start;
  for (; at < limit; at++) {
    const byte = bytes[at];
    if (byte === space || byte === equals || byte === close || byte === quote) break;
  }
  return at;
}

/** The quote that ends the value. */
function valueEnd(bytes: Uint8Array, start: number, limit: number): number {
  let at = start;
  while (at < limit && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return Math.min(at, limit);
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === backslash) return true;
  return false;
}
