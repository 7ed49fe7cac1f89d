/**
 * Bytes of a frame: docs/specs/wal-format.md, "Frame". Pure; used by the writer, the scanner and the tests.
 *
 * A header is believed only when its marker and its CRC are right; then its length can be trusted too.
 */
import { crc32 } from 'node:zlib';
import { invariant } from '#base/errors.ts';
import type { FrameHeader, FrameKind } from '../durable-log.ts';

/** Bytes of a frame before its texts: tenant and batch id. */
export const frameHeaderBytes = 80;
/** Enough bytes to decode any header. */
export const maxFrameHeaderBytes = frameHeaderBytes + 2 * 255;

export const payloadCodecs = { none: 0, zstd: 1 } as const;
export type PayloadCodec = (typeof payloadCodecs)[keyof typeof payloadCodecs];

/** What makes the frames of one segment different from those of any other. */
export interface FrameSeal {
  /** Random number that begins every frame of the segment; no byte of it is zero. */
  readonly marker: number;
  /** Incarnation × 64 + shard: initial value of the header CRC. */
  readonly origin: number;
}

/** What the writer knows of a frame when its group is formed. */
export interface FrameFields extends FrameHeader {
  readonly sequence: number;
  /** Rows appended in this incarnation before this frame. */
  readonly rowsBefore: number;
  /** Place in the commit group, 0 for the first; under 2^24. */
  readonly groupIndex: number;
  readonly codec: PayloadCodec;
  /** Length of the payload before compression. */
  readonly payloadBytes: number;
}

export interface DecodedFrame extends FrameFields {
  /** Length of header and tenant, and of the whole frame. */
  readonly headerLength: number;
  readonly length: number;
  readonly payloadCrc: number;
}

const twoTo32 = 2 ** 32;

export function writeUint64(target: Buffer, value: number, at: number): void {
  target.writeUInt32LE(value % twoTo32, at);
  target.writeUInt32LE(Math.floor(value / twoTo32), at + 4);
}

export function readUint64(source: Buffer, at: number): number {
  return source.readUInt32LE(at + 4) * twoTo32 + source.readUInt32LE(at);
}

/** Bytes that a frame takes beside its payload. */
export function frameOverhead({ tenant, batchId = '' }: Pick<FrameHeader, 'tenant' | 'batchId'>): number {
  return frameHeaderBytes + Buffer.byteLength(tenant) + Buffer.byteLength(batchId);
}

/** Throws BugError when a field does not fit the format. */
export function mustFitFrame({ kind, tenant, batchId = '', rowCount, receivedMs, outcomes, receiver = 0 }: FrameHeader): void {
  invariant(kind >= 1 && kind <= 255, `frame kind ${kind} does not fit a frame`);
  invariant(receiver >= 0 && receiver <= 255, `receiver ${receiver} does not fit a frame`);
  invariant(Buffer.byteLength(tenant) <= 255, `tenant "${tenant}" is over 255 bytes`);
  invariant(Buffer.byteLength(batchId) <= 255, `batch id "${batchId}" is over 255 bytes`);
  for (const count of Object.values(outcomes)) invariant((count | 0) === count, `outcome count ${count} does not fit a frame`);
  invariant(Number.isSafeInteger(receivedMs) && receivedMs >= 0, `receive time ${receivedMs} does not fit a frame`);
  invariant(Number.isSafeInteger(rowCount) && rowCount >= 0 && rowCount < twoTo32, `row count ${rowCount} does not fit a frame`);
}

/** Header, tenant and batch id of a frame whose payload, as stored, is given in parts. The fields must fit. */
export function encodeFrameHeader(fields: FrameFields, stored: readonly Uint8Array[], seal: FrameSeal): Buffer {
  const { outcomes } = fields;
  const headerLength = frameOverhead(fields);
  const tenantBytes = Buffer.byteLength(fields.tenant);
  let storedBytes = 0;
  let payloadCrc = 0;
  for (const part of stored) {
    storedBytes += part.length;
    payloadCrc = crc32(part, payloadCrc);
  }
  const header = Buffer.allocUnsafe(headerLength);
  header.writeUInt32LE(seal.marker, 0);
  header.writeUInt32LE(headerLength + storedBytes, 8);
  header.writeUInt32LE(payloadCrc, 12);
  writeUint64(header, fields.sequence, 16);
  writeUint64(header, fields.receivedMs, 24);
  writeUint64(header, fields.rowsBefore, 32);
  header.writeUInt32LE(fields.rowCount, 40);
  header.writeUInt32LE(fields.payloadBytes, 44);
  header.writeUIntLE(fields.groupIndex, 48, 3);
  header[51] = fields.receiver ?? 0;
  header[52] = fields.kind;
  header[53] = fields.codec;
  header[54] = headerLength - frameHeaderBytes - tenantBytes;
  header[55] = tenantBytes;
  header.writeInt32LE(outcomes.accepted, 56);
  header.writeInt32LE(outcomes.sampled, 60);
  header.writeInt32LE(outcomes.dropped, 64);
  header.writeInt32LE(outcomes.duplicate, 68);
  header.writeInt32LE(outcomes.quarantined, 72);
  header.writeInt32LE(outcomes.refused, 76);
  header.write(fields.tenant, frameHeaderBytes);
  header.write(fields.batchId ?? '', frameHeaderBytes + tenantBytes);
  header.writeUInt32LE(crc32(header.subarray(8), seal.origin), 4);
  return header;
}

/** The header that begins at `at`, or undefined when there is no whole, undamaged one before `end`. */
export function decodeFrameHeader(bytes: Buffer, at: number, end: number, seal: FrameSeal): DecodedFrame | undefined {
  if (end - at < frameHeaderBytes || bytes.readUInt32LE(at) !== seal.marker) return undefined;
  const tenantEnd = frameHeaderBytes + bytes[at + 55];
  const headerLength = tenantEnd + bytes[at + 54];
  if (end - at < headerLength) return undefined;
  if (crc32(bytes.subarray(at + 8, at + headerLength), seal.origin) !== bytes.readUInt32LE(at + 4)) return undefined;
  return {
    headerLength,
    length: bytes.readUInt32LE(at + 8),
    payloadCrc: bytes.readUInt32LE(at + 12),
    sequence: readUint64(bytes, at + 16),
    receivedMs: readUint64(bytes, at + 24),
    rowsBefore: readUint64(bytes, at + 32),
    rowCount: bytes.readUInt32LE(at + 40),
    payloadBytes: bytes.readUInt32LE(at + 44),
    groupIndex: bytes.readUIntLE(at + 48, 3),
    ...(bytes[at + 51] === 0 ? {} : { receiver: bytes[at + 51] }),
    kind: bytes[at + 52] as FrameKind,
    codec: bytes[at + 53] as PayloadCodec,
    outcomes: {
      accepted: bytes.readInt32LE(at + 56),
      sampled: bytes.readInt32LE(at + 60),
      dropped: bytes.readInt32LE(at + 64),
      duplicate: bytes.readInt32LE(at + 68),
      quarantined: bytes.readInt32LE(at + 72),
      refused: bytes.readInt32LE(at + 76),
    },
    tenant: bytes.toString('utf8', at + frameHeaderBytes, at + tenantEnd),
    ...(headerLength === tenantEnd ? {} : { batchId: bytes.toString('utf8', at + tenantEnd, at + headerLength) }),
  };
}

/** Whether the stored payload of the frame at `at`, which is whole in the buffer, is undamaged. */
export function payloadIsWhole(bytes: Buffer, at: number, frame: DecodedFrame): boolean {
  return crc32(bytes.subarray(at + frame.headerLength, at + frame.length)) === frame.payloadCrc;
}
