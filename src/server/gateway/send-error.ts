/** Answering with an error, politely: a sender that is still sending its body gets to read the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppError } from '#base/errors.ts';
import { httpAnswerOfError } from '#base/error-status.ts';

export interface LingerBounds {
  readonly linger_bytes: number;
  readonly linger_timeout: number;
}

/** Headers of an error answer. */
export function errorHeaders(error: AppError): {
  readonly status: number;
  readonly headers: Record<string, string | number>;
  readonly body: string;
} {
  const { status, retryAfterSeconds, body } = httpAnswerOfError(error);
  const headers: Record<string, string | number> = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  if (retryAfterSeconds !== undefined) headers['retry-after'] = retryAfterSeconds;
  return { status, headers, body };
}

/**
 * Sends the error. Where the body has not been read to its end, the connection closes afterwards, but not at once: a
 * close with unread bytes makes the kernel reset the connection, and the sender would lose the answer. So the answer
 * is written, a bounded rest of the body is thrown away, and only then the connection ends.
 */
export function sendError(request: IncomingMessage, response: ServerResponse, error: AppError, bounds: LingerBounds): void {
  sendReply(request, response, errorHeaders(error), bounds);
}

export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | Uint8Array;
}

/** `sendError` with the answer already rendered. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: ErrorReply, bounds: LingerBounds): void {
  const { status, headers, body } = reply;
  if (request.complete) {
    response.writeHead(status, headers).end(body);
    return;
  }
  response.writeHead(status, { ...headers, connection: 'close' });
  response.write(body);
  drain(request, bounds, () => response.end());
}

function drain(request: IncomingMessage, bounds: LingerBounds, done: () => void): void {
  let drainedBytes = 0;
  let finished = false;
  const finish = (): void => {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    request.off('data', onData);
    done();
  };
  const onData = (chunk: Buffer): void => {
    drainedBytes += chunk.length;
    if (drainedBytes > bounds.linger_bytes) finish();
  };
  const timer = setTimeout(finish, bounds.linger_timeout);
  request.on('data', onData).on('end', finish).on('close', finish).on('error', finish);
  request.resume();
}
