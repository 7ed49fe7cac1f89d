/** What makes two questions the same: their parts in a fixed form, however they were written. */
import { createHash } from 'node:crypto';

/** The first bytes of the SHA-256 over the canonical JSON of a value. */
export function fingerprint(value: unknown, byteCount = 8): Buffer {
  return createHash('sha256').update(canonicalJson(value)).digest().subarray(0, byteCount);
}

/** JSON with sorted keys and without the positions of query text, which do not change what is searched. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === 'span' && isPositions(part)) return undefined;
    if (typeof part === 'bigint') return part.toString();
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function isPositions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'start' in value && 'end' in value;
}
