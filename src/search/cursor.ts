/**
 * Cursors: where the next page of a search begins. Opaque to clients.
 *
 * A cursor holds the key of the last line given and the absolute time range of the first page, so every page costs the
 * same and pages neither repeat nor skip lines while new ones arrive. It is bound to its search (tenant, query,
 * filters, order) by a fingerprint, and to the range as it was asked by another. It carries no right: the tenant comes
 * from the caller's key, and the width of the range is checked again on every page, so a forged cursor gains nothing;
 * the checksum is there to tell damage from a foreign cursor's meaning, not as a signature.
 *
 * Layout, version 1, big-endian, as base64url without padding:
 *   u8 version · u8 order (0 desc, 1 asc) · 8 bytes fingerprint of the search · 8 bytes fingerprint of the asked range ·
 *   i64 range.fromNs · i64 range.toNs · i64 key.tsNs · u32 key.origin · u64 key.seq · u16 key.rowNo ·
 *   8 bytes checksum of all before
 */
import { createHash } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { QueryNode } from '#language/ast.ts';
import type { LineKey, TimeRange } from '#store/log-store.ts';
import { fingerprint } from './fingerprint.ts';

export interface Cursor {
  readonly order: 'desc' | 'asc';
  readonly range: TimeRange;
  readonly after: LineKey;
}

/** What a cursor belongs to. */
export interface SearchIdentity {
  readonly tenant: string;
  readonly where: QueryNode;
  readonly order: 'desc' | 'asc';
  /** The range as the request gave it; undefined where it named none. */
  readonly askedRange: unknown;
}

const version = 1;
const bodyBytes = 1 + 1 + 8 + 8 + 8 + 8 + 8 + 4 + 8 + 2;
const checksumBytes = 8;
const encodedLength = Math.ceil(((bodyBytes + checksumBytes) * 4) / 3);

export function encodeCursor(identity: SearchIdentity, range: TimeRange, after: LineKey): string {
  const bytes = Buffer.alloc(bodyBytes + checksumBytes);
  bytes.writeUInt8(version, 0);
  bytes.writeUInt8(identity.order === 'asc' ? 1 : 0, 1);
  searchFingerprint(identity).copy(bytes, 2);
  rangeFingerprint(identity.askedRange).copy(bytes, 10);
  bytes.writeBigInt64BE(range.fromNs, 18);
  bytes.writeBigInt64BE(range.toNs, 26);
  bytes.writeBigInt64BE(after.tsNs, 34);
  bytes.writeUInt32BE(after.origin, 42);
  bytes.writeBigUInt64BE(BigInt(after.seq), 46);
  bytes.writeUInt16BE(after.rowNo, 54);
  checksum(bytes.subarray(0, bodyBytes)).copy(bytes, bodyBytes);
  return bytes.toString('base64url');
}

/**
 * The cursor's content, or AppError `invalid_cursor`: not one of ours, damaged, or of another search. A request that
 * names no range goes on with the cursor's; one that names a range must name the same as the first page.
 */
export function decodeCursor(text: string, identity: SearchIdentity): Cursor {
  const bytes = text.length === encodedLength ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  const isOurs = bytes.length === bodyBytes + checksumBytes && bytes.toString('base64url') === text;
  if (!isOurs || !checksum(bytes.subarray(0, bodyBytes)).equals(bytes.subarray(bodyBytes))) {
    throw new AppError(
      'invalid_cursor',
      'the cursor is damaged or not one of ours; pass next_cursor as it was given, or none for the first page',
    );
  }
  if (bytes.readUInt8(0) !== version)
    throw new AppError(
      'invalid_cursor',
      `the cursor has version ${bytes.readUInt8(0)}, which this server cannot read; begin with the first page`,
    );
  const order = bytes.readUInt8(1) === 1 ? 'asc' : 'desc';
  const sameSearch = order === identity.order && searchFingerprint(identity).equals(bytes.subarray(2, 10));
  const sameRange = identity.askedRange === undefined || rangeFingerprint(identity.askedRange).equals(bytes.subarray(10, 18));
  if (!sameSearch || !sameRange) {
    const what = sameSearch ? 'time range' : 'query, filters or sort order';
    throw new AppError('invalid_cursor', `the cursor belongs to another search: the ${what} must be those of the first page`);
  }
  const range = { fromNs: bytes.readBigInt64BE(18), toNs: bytes.readBigInt64BE(26) };
  const seq = Number(bytes.readBigUInt64BE(46));
  const after = { tsNs: bytes.readBigInt64BE(34), origin: bytes.readUInt32BE(42), seq, rowNo: bytes.readUInt16BE(54) };
  if (range.fromNs < 0n || range.toNs <= range.fromNs || !Number.isSafeInteger(seq))
    throw new AppError('invalid_cursor', 'the cursor holds impossible values');
  return { order, range, after };
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update('millrace cursor').update(bytes).digest().subarray(0, checksumBytes);
}

function searchFingerprint({ tenant, where, order }: SearchIdentity): Buffer {
  return fingerprint({ tenant, order, where });
}

function rangeFingerprint(askedRange: unknown): Buffer {
  return fingerprint({ range: askedRange ?? null });
}
