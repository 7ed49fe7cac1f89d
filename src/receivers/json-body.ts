/** The body of a request that holds JSON, made ready for the byte-level decoders. */
import { isUtf8 } from 'node:buffer';

export interface JsonBody {
  /** Valid UTF-8; the sender's own bytes where they were so already. A plain Uint8Array, never a Buffer. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where its text begins, behind a byte order mark. */
  readonly start: number;
}

/** Bytes that are not UTF-8 become U+FFFD, as on the native endpoints (docs/specs/log-batch.md). */
export function jsonBody(body: Uint8Array): JsonBody {
  const valid = isUtf8(body) ? body : new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body));
  // a plain Uint8Array: mixing it with Buffer would make every access of the decoders polymorphic
  const bytes = new Uint8Array(valid.buffer, valid.byteOffset, valid.length);
  const view = new DataView(valid.buffer, valid.byteOffset, valid.length);
  const hasByteOrderMark = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { bytes, view, start: hasByteOrderMark ? 3 : 0 };
}
