/**
 * What a receiver that speaks HTTP is to the gateway: routes that take a request and answer it. The gateway reads
 * bodies, bounds them, and renders errors; a receiver decodes and replies in its protocol's own words.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface ReceiverRequest {
  readonly headers: IncomingHttpHeaders;
  /**
   * The whole body, decompressed and within the bounds. Called at most once, after the sender is known: a request that
   * is refused before costs no reading. Throws AppError body_too_large, malformed_encoding, unsupported_encoding,
   * gateway_overloaded, cancelled.
   */
  readBody(): Promise<Uint8Array>;
}

export interface ReceiverReply {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReceiverRoute {
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly path: string;
  /** Resolves only when the outcome of every record is known and durable; rejects with AppError. */
  handle(request: ReceiverRequest): Promise<ReceiverReply>;
}
