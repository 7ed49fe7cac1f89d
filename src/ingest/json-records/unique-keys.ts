/**
 * JSON objects as trees of ordered, unique keys: for what the byte-level decoder leaves to a slow path, records with a key
 * twice in one object and the `source` of a batch.
 *
 * Like JSON.parse, the last value of a key wins and stands at the place of the first; unlike it, numbers and nested
 * arrays keep their text. Keys are compared as well-formed text (a lone surrogate is U+FFFD).
 */
import type { JsonScanner } from './json-scanner.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Members of an object; a value that is no object is its JSON text. */
export type JsonTree = Map<string, string | JsonTree>;

/** Text of a JSON string token, quotes included. */
export function stringOfToken(scanner: JsonScanner, start: number, end: number): string {
  return (JSON.parse(textDecoder.decode(scanner.bytes.subarray(start, end))) as string).toWellFormed();
}

/** The object whose opening brace is at `start`, and the position behind it. Recursive: check the nesting before. */
export function readTree(scanner: JsonScanner, start: number): { tree: JsonTree; end: number } {
  const { bytes } = scanner;
  const tree: JsonTree = new Map();
  let at = scanner.skipSpace(start + 1);
  while (bytes[at] !== 0x7d) {
    const keyEnd = scanner.string(at + 1) + 1;
    const key = stringOfToken(scanner, at, keyEnd);
    at = scanner.colon(keyEnd);
    if (bytes[at] === 0x7b) {
      const inner = readTree(scanner, at);
      tree.set(key, inner.tree);
      at = inner.end;
    } else {
      const end = scanner.skipValue(at, 0);
      tree.set(key, textDecoder.decode(bytes.subarray(at, end)));
      at = end;
    }
    at = scanner.skipSpace(at);
    if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
  }
  return { tree, end: at + 1 };
}

/** JSON text of the object at `start`, with each key once; it must have been scanned before. */
export function withoutDuplicateKeys(scanner: JsonScanner, start: number): string {
  return printTree(readTree(scanner, start).tree);
}

function printTree(tree: JsonTree): string {
  const members = [...tree].map(([key, value]) => `${JSON.stringify(key)}:${typeof value === 'string' ? value : printTree(value)}`);
  return `{${members.join(',')}}`;
}
