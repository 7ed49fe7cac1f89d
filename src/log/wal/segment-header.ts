/**
 * Name and header of a segment file: docs/specs/wal-format.md, "Segment". Pure.
 */
import { crc32 } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { maxShards } from '#base/ids.ts';
import { readUint64, writeUint64 } from './frame-codec.ts';

/** Frames begin here. */
export const segmentHeaderRegion = 1024;
const copyOffsets = [0, 512] as const;
const headerLength = 72;
const formatVersion = 1;
const magic = Buffer.from('MRWALSEG');

export interface SegmentHeader {
  readonly incarnation: number;
  readonly shard: number;
  readonly marker: number;
  readonly firstSequence: number;
  /** Durable end of the shard when the segment was begun: frames of earlier segments at or beyond it are void. */
  readonly previousEnd: number;
  readonly rowsBefore: number;
  readonly bytesBefore: number;
  readonly createdMs: number;
}

/** The whole header region with both copies. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const region = Buffer.alloc(segmentHeaderRegion);
  const copy = region.subarray(0, headerLength);
  magic.copy(copy);
  copy.writeUInt16LE(formatVersion, 8);
  copy.writeUInt16LE(headerLength, 10);
  copy.writeUInt32LE(header.incarnation, 16);
  copy.writeUInt32LE(header.shard, 20);
  copy.writeUInt32LE(header.marker, 24);
  writeUint64(copy, header.firstSequence, 32);
  writeUint64(copy, header.previousEnd, 40);
  writeUint64(copy, header.rowsBefore, 48);
  writeUint64(copy, header.bytesBefore, 56);
  writeUint64(copy, header.createdMs, 64);
  copy.writeUInt32LE(headerCrc(copy), 12);
  copy.copy(region, copyOffsets[1]);
  return region;
}

function headerCrc(copy: Buffer): number {
  return crc32(copy.subarray(16), crc32(copy.subarray(0, 12)));
}

/**
 * The first whole copy in the region, or undefined when both are damaged.
 * Throws AppError `log_unavailable` with advice when the file was written in a version that we do not know.
 */
export function decodeSegmentHeader(region: Buffer, path: string): SegmentHeader | undefined {
  for (const offset of copyOffsets) {
    if (region.length < offset + headerLength) continue;
    if (!region.subarray(offset, offset + magic.length).equals(magic)) continue;
    const length = region.readUInt16LE(offset + 10);
    if (length < headerLength || offset + length > region.length) continue;
    const copy = region.subarray(offset, offset + length);
    if (headerCrc(copy) !== copy.readUInt32LE(12)) continue;
    const version = copy.readUInt16LE(8);
    if (version !== formatVersion) throw unknownVersion(version, path);
    return {
      incarnation: copy.readUInt32LE(16),
      shard: copy.readUInt32LE(20),
      marker: copy.readUInt32LE(24),
      firstSequence: readUint64(copy, 32),
      previousEnd: readUint64(copy, 40),
      rowsBefore: readUint64(copy, 48),
      bytesBefore: readUint64(copy, 56),
      createdMs: readUint64(copy, 64),
    };
  }
  return undefined;
}

function unknownVersion(version: number, path: string): AppError {
  return new AppError(
    'log_unavailable',
    `"${path}" has log format ${version}, and this Millrace reads format ${formatVersion}; start the Millrace that wrote it and let it index everything, ` +
      'or move the log directory away to begin a new log; nothing was changed',
    { details: { path, version, supported: [formatVersion] } },
  );
}

const segmentName = /^(\d{13})-([0-9a-f]{8})\.wal$/;

export function formatSegmentName(firstSequence: number, marker: number): string {
  return `${String(firstSequence).padStart(13, '0')}-${marker.toString(16).padStart(8, '0')}.wal`;
}

/** What the name says, or undefined where it is not a segment's. */
export function parseSegmentName(name: string): { readonly firstSequence: number; readonly marker: number } | undefined {
  const match = segmentName.exec(name);
  return match === null ? undefined : { firstSequence: Number(match[1]), marker: Number.parseInt(match[2], 16) };
}

export function formatShardName(shard: number): string {
  return `shard-${String(shard).padStart(2, '0')}`;
}

export function parseShardName(name: string): number | undefined {
  const match = /^shard-(\d{2})$/.exec(name);
  const shard = match === null ? maxShards : Number(match[1]);
  return shard < maxShards ? shard : undefined;
}
