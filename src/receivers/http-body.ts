/** Reading a request body whole, within bounds, and giving up early where it cannot be taken. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '#base/errors.ts';
import type { ByteReservation } from './byte-budget.ts';

export interface BodyBounds {
  readonly maxBytes: number;
  /** Full path of the setting behind `maxBytes`. */
  readonly setting: string;
}

function tooLarge(bounds: BodyBounds): AppError {
  return new AppError('body_too_large', `the body is larger than ${bounds.maxBytes} bytes`, {
    details: { setting: bounds.setting, maxBytes: bounds.maxBytes },
  });
}

/** The length that the sender announced; undefined for a chunked body. Node's parser has checked that it is a number. */
function announcedBytes(request: IncomingMessage): number | undefined {
  const text = request.headers['content-length'];
  return text === undefined ? undefined : Number(text);
}

/** Throws `body_too_large` or `gateway_overloaded` by the announced length alone, before a byte is read. */
export function admitBody(request: IncomingMessage, bounds: BodyBounds, reservation: ByteReservation): void {
  const announced = announcedBytes(request);
  if (announced === undefined) return;
  if (announced > bounds.maxBytes) throw tooLarge(bounds);
  reservation.resize(announced);
}

/**
 * Reads the body; its bytes are held in the reservation, which stays with the caller. Rejects with `body_too_large`,
 * `gateway_overloaded`, or `cancelled` when the sender goes away. What is left unread then is the caller's to drain.
 */
export function readBody(request: IncomingMessage, bounds: BodyBounds, reservation: ByteReservation): Promise<Buffer> {
  const announced = announcedBytes(request);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
    };
    const fail = (error: unknown): void => {
      settle();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > bounds.maxBytes) return fail(tooLarge(bounds));
      chunks.push(chunk);
      if (announced !== undefined) return;
      try {
        reservation.resize(length);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      settle();
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length));
    };
    const onGone = (): void => fail(new AppError('cancelled', 'the sender went away before its body was complete'));
    if (request.destroyed) return onGone();
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
