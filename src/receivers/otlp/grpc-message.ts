/**
 * gRPC's message framing over one HTTP/2 stream (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md), for calls with one message
 * each way: a byte that says whether it is compressed, its length in four bytes, the message.
 */
import type { ServerHttp2Stream } from 'node:http2';
import { AppError } from '#base/errors.ts';
import type { ByteReservation } from '#receivers/byte-budget.ts';

export const prefixBytes = 5;

export interface GrpcMessage {
  readonly isCompressed: boolean;
  /** As sent. */
  readonly bytes: Buffer;
}

export interface MessageBounds {
  readonly maxBytes: number;
  /** Full path of the setting behind `maxBytes`. */
  readonly setting: string;
}

/**
 * Reads the call's message; its announced length is held in the reservation from the moment it is known.
 * Rejects with AppError body_too_large, gateway_overloaded, malformed_body, or cancelled when the caller goes away.
 */
export function readMessage(stream: ServerHttp2Stream, bounds: MessageBounds, reservation: ByteReservation): Promise<GrpcMessage> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    let announced: number | undefined;
    const settle = (): void => {
      stream.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
    };
    const fail = (error: unknown): void => {
      settle();
      stream.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      receivedBytes += chunk.length;
      if (receivedBytes < prefixBytes) return;
      try {
        announced ??= admit(prefixOf(chunks), bounds, reservation);
        if (receivedBytes > announced + prefixBytes) throw new AppError('malformed_body', 'a call has one message, and more came');
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      settle();
      if (announced === undefined || receivedBytes < announced + prefixBytes) {
        reject(new AppError('malformed_body', 'the message is cut short'));
        return;
      }
      const all = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, receivedBytes);
      resolve({ isCompressed: all[0] === 1, bytes: all.subarray(prefixBytes) });
    };
    const onGone = (): void => fail(new AppError('cancelled', 'the caller went away before its message was complete'));
    if (stream.destroyed) return onGone();
    stream.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

/** The message's prefix, whose bytes may have come one by one. */
function prefixOf(chunks: readonly Buffer[]): Buffer {
  return chunks[0].length >= prefixBytes ? chunks[0] : Buffer.concat(chunks);
}

function admit(prefix: Buffer, { maxBytes, setting }: MessageBounds, reservation: ByteReservation): number {
  const length = prefix.readUInt32BE(1);
  if (prefix[0] > 1) throw new AppError('malformed_body', 'the message begins with neither 0 nor 1');
  if (length > maxBytes) {
    throw new AppError('body_too_large', `the message is larger than ${maxBytes} bytes`, { details: { setting, maxBytes } });
  }
  reservation.resize(length);
  return length;
}

/** A message as it goes over the stream, not compressed. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}
