/**
 * Frames of the Lumberjack protocol, versions 1 and 2, which may be mixed: a version byte, a type byte, then
 *
 *   W  u32 events            a window begins
 *   J  u32 sequence, u32 length, JSON
 *   D  u32 sequence, u32 pairs, then each: u32 length, key, u32 length, value
 *   C  u32 length, zlib stream of further J and D frames
 *   A  u32 sequence          our acknowledgement
 *
 * Integers are big-endian. Sources: PROTOCOL.md and server/v2/reader.go of https://github.com/elastic/go-lumber.
 */
import { AppError } from '#base/errors.ts';

export const frameTypes = { window: 0x57, json: 0x4a, data: 0x44, compressed: 0x43, acknowledgement: 0x41 } as const;

export const versions = { one: 0x31, two: 0x32 } as const;

/** Version and type. */
const headBytes = 2;
export const windowFrameBytes = headBytes + 4;
/** In front of the JSON: head, sequence, length. */
export const jsonHeadBytes = headBytes + 8;
/** In front of the pairs: head, sequence, count. */
export const dataHeadBytes = headBytes + 8;
/** In front of the zlib stream: head, length. */
export const compressedHeadBytes = headBytes + 4;
/** Counting them costs time at each piece that arrives. */
const maxPairs = 10_000;

export interface FrameBounds {
  readonly maxBytes: number;
  /** Full path of the setting behind `maxBytes`. */
  readonly setting: string;
}

/**
 * Position behind the frame at `at`; -1 where it is not complete.
 * @throws AppError malformed_body, body_too_large
 */
export function frameEnd(view: DataView, at: number, end: number, bounds: FrameBounds): number {
  if (end - at < headBytes) return -1;
  const version = view.getUint8(at);
  if (version !== versions.one && version !== versions.two) throw notLumberjack(`a frame begins with byte ${version}`);
  const type = view.getUint8(at + 1);
  const found = lengthOf(view, at, end, type);
  if (found > bounds.maxBytes) {
    throw new AppError('body_too_large', `a frame is larger than ${bounds.maxBytes} bytes`, {
      details: { setting: bounds.setting, maxBytes: bounds.maxBytes },
    });
  }
  return found < 0 || at + found > end ? -1 : at + found;
}

/** Bytes of the frame, as far as that is known; -1 where its head is not complete. */
function lengthOf(view: DataView, at: number, end: number, type: number): number {
  const known = end - at;
  switch (type) {
    case frameTypes.window:
      return windowFrameBytes;
    case frameTypes.json:
      return known < jsonHeadBytes ? -1 : jsonHeadBytes + view.getUint32(at + 6);
    case frameTypes.compressed:
      return known < compressedHeadBytes ? -1 : compressedHeadBytes + view.getUint32(at + 2);
    case frameTypes.data:
      return known < dataHeadBytes ? -1 : dataLength(view, at, end);
    default:
      throw notLumberjack(`a frame has type ${type}`);
  }
}

function dataLength(view: DataView, at: number, end: number): number {
  const pairs = view.getUint32(at + 6);
  if (pairs > maxPairs) throw notLumberjack(`an event has ${pairs} members`);
  let to = at + dataHeadBytes;
  for (let left = pairs * 2; left > 0; left--) {
    // what is missing takes a length field each at least
    if (to + 4 > end) return to + left * 4 - at;
    to += 4 + view.getUint32(to);
  }
  return to - at;
}

/** `A` with the sequence number of the last event that is durable; 0 says that the window is still being worked on. */
export function acknowledgementFrame(version: number, sequence: number): Uint8Array {
  const frame = Buffer.alloc(6);
  frame[0] = version;
  frame[1] = frameTypes.acknowledgement;
  frame.writeUInt32BE(sequence, 2);
  return frame;
}

/** @throws AppError malformed_body where the bytes are not J and D frames, one behind the other */
export function countEvents(view: DataView, end: number, bounds: FrameBounds): number {
  let count = 0;
  for (let at = 0; at < end; count++) {
    const next = frameEnd(view, at, end, bounds);
    if (next < 0) throw notLumberjack('a compressed frame ends within another');
    const type = view.getUint8(at + 1);
    if (type !== frameTypes.json && type !== frameTypes.data) throw notLumberjack('a compressed frame holds other frames than events');
    at = next;
  }
  return count;
}

export function notLumberjack(reason: string): AppError {
  return new AppError('malformed_body', `this is not the Lumberjack protocol: ${reason}`);
}
