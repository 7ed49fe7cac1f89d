/**
 * What a receiver that speaks HTTP is to the gateway: routes that take a request and answer it. The gateway reads
 * bodies, bounds them, decompresses them and counts; a receiver decodes and replies in its protocol's own words.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { AppError } from '#base/errors.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';

export interface ReceiverRequest {
  readonly method: HttpMethod;
  /** Path without the query. */
  readonly path: string;
  /** Values of the path's `{names}`, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  /**
   * The whole body, decompressed and within the bounds. Called at most once, after the sender is known: a request that
   * is refused before costs no reading. Throws AppError body_too_large, malformed_encoding, unsupported_encoding,
   * gateway_overloaded, cancelled.
   */
  readBody(): Promise<Uint8Array>;
  /**
   * The body in pieces, for bodies without end: decompressed, unbounded as a whole. In place of `readBody`. A piece is
   * only borrowed until the next one is asked for; asking late slows the sender down.
   */
  streamBody(): AsyncIterable<Uint8Array>;
}

export interface ReceiverReply {
  readonly status: number;
  /** JSON text unless `headers` name another content-type; left out where the protocol answers without a body. */
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** For a sender that takes any answer for a success: the connection is closed in place of this one. `status` is counted. */
  readonly isWithheld?: boolean;
}

export interface ReceiverRoute {
  readonly methods: readonly HttpMethod[];
  /** `/loki/api/v1/push`; a segment `{name}` takes any text, `{name...}` at the end any number of segments. */
  readonly path: string;
  /** Content encodings that the receiver decodes itself: such a body is given as sent. */
  readonly ownEncodings?: readonly string[];
  /** Resolves only when the outcome of every record is known and durable; rejects with AppError. */
  handle(request: ReceiverRequest): Promise<ReceiverReply>;
  /** An error in the protocol's own shape; ours where left out. `status` is the one of the error's kind. */
  renderError?(error: AppError, status: number, request: ReceiverRequest): ReceiverReply;
}
