/**
 * The id of a line: a UUIDv8 (RFC 9562, 5.8) made of its event time and its place in the durable log, so that it is
 * unique for ever, never stored as such, and found by the primary key.
 *
 *   48 bits  event time, milliseconds since 1970
 *    4 bits  version 8
 *   12 bits  origin, high half      origin = incarnation of the log (18 bits) << 6 | shard (6 bits)
 *    2 bits  variant
 *   12 bits  origin, low half
 *   34 bits  sequence of the batch in its shard
 *   16 bits  row in the batch
 */
import { invariant } from './errors.ts';

export const maxShards = 64;
export const maxIncarnation = 2 ** 18 - 1;
export const maxSequence = 2 ** 34 - 1;
export const maxRowsPerBatch = 2 ** 16;

export interface LineIdParts {
  readonly tsMs: number;
  readonly origin: number;
  readonly seq: number;
  readonly rowNo: number;
}

export function originOf(incarnation: number, shard: number): number {
  invariant(
    incarnation >= 0 && incarnation <= maxIncarnation && shard >= 0 && shard < maxShards,
    `origin ${incarnation}/${shard} out of range`,
  );
  return incarnation * maxShards + shard;
}

export function shardOfOrigin(origin: number): number {
  return origin % maxShards;
}

const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');

/** `0197f3a2-6c41-8a3f-…`; the parts must be in range. */
export function formatLineId({ tsMs, origin, seq, rowNo }: LineIdParts): string {
  const ms = hex(Math.max(0, tsMs), 12);
  const low = (0b10n << 62n) | (BigInt(origin & 0xfff) << 50n) | (BigInt(seq) << 16n) | BigInt(rowNo);
  const lowHex = hex(low, 16);
  return `${ms.slice(0, 8)}-${ms.slice(8)}-8${hex(origin >>> 12, 3)}-${lowHex.slice(0, 4)}-${lowHex.slice(4)}`;
}

const idPattern = /^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/i;

/** The parts of an id, or undefined where it is not one of ours. */
export function parseLineId(id: string): LineIdParts | undefined {
  const match = idPattern.exec(id);
  if (match === null) return undefined;
  const low = BigInt(`0x${match[4]}${match[5]}`);
  return {
    tsMs: Number.parseInt(match[1] + match[2], 16),
    origin: (Number.parseInt(match[3], 16) << 12) | Number((low >> 50n) & 0xfffn),
    seq: Number((low >> 16n) & 0x3ffffffffn),
    rowNo: Number(low & 0xffffn),
  };
}

/** The id of a pattern as people write it: 16 hexadecimal digits. */
export const formatPatternId = (id: bigint): string => id.toString(16).padStart(16, '0');
