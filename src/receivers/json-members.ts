/** Members of a JSON object, one by one without building it: for the small objects around a protocol's records. */
import { MalformedJson } from '#ingest/json-records.ts';
import type { JsonScanner } from '#ingest/json-records.ts';

/**
 * Walks over the object whose brace is at `at`; returns the position behind it. `member` is told where a key lies, without
 * quotes and as it was sent, and where its value begins; it returns the position behind the value. Right at its start
 * `scanner.flags` are those of the key. Throws MalformedJson.
 */
export function walkMembers(
  scanner: JsonScanner,
  at: number,
  member: (keyStart: number, keyEnd: number, valueAt: number) => number,
): number {
  const { bytes, end } = scanner;
  let next = scanner.skipSpace(at + 1);
  if (next < end && bytes[next] === 0x7d) return next + 1;
  for (;;) {
    if (next >= end || bytes[next] !== 0x22) throw new MalformedJson(next, 'a key');
    const keyEnd = scanner.string(next + 1);
    next = scanner.skipSpace(member(next + 1, keyEnd, scanner.colon(keyEnd + 1)));
    const byte = next < end ? bytes[next] : 0;
    if (byte === 0x7d) return next + 1;
    if (byte !== 0x2c) throw new MalformedJson(next, "',' or '}'");
    next = scanner.skipSpace(next + 1);
  }
}

/** True where the bytes `start .. end` are this ASCII text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
