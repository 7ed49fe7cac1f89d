/**
 * Answers the calls of one gRPC listener: LogsService/Export, and UNIMPLEMENTED for anything else.
 *
 * The same order as over HTTP: who sends, whether anything can be taken, only then the message. A call always ends with a
 * status, and its bytes stay in the worker's budget until then. Spoken over node:http2 because a gRPC server library hands
 * over whole messages, which are in memory before we know of them (ADR 0007).
 */
import { constants } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { AppError, toAppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import { decompress } from '#platform/decompress.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import { frameOf, readMessage } from './grpc-message.ts';
import type { LogsExport } from './logs-export.ts';
import { grpcCodeOf, grpcCodes, messageOf, renderResponse, renderStatus } from './replies.ts';

const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const contentType = 'application/grpc+proto';
/** Compressions of messages that we read, as `grpc-accept-encoding` lists them. */
const messageEncodings = ['identity', 'gzip', 'deflate', 'zstd'];

export interface GrpcCallOptions {
  readonly context: ReceiverContext;
  readonly logs: LogsExport;
  readonly requestTimeoutMs: number;
}

export class GrpcCalls {
  readonly #options: GrpcCallOptions;

  constructor(options: GrpcCallOptions) {
    this.#options = options;
  }

  /** Answers a call; never rejects. */
  async answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const { context } = this.#options;
    stream.on('error', () => context.count('otlp', 'grpc_broken'));
    if (!isGrpc(headers)) {
      stream.respond({ ':status': 415 }, { endStream: true });
      stream.close(constants.NGHTTP2_NO_ERROR);
      return;
    }
    const reservation = context.budget.reserve();
    try {
      const response = await this.#export(stream, headers, reservation);
      context.count('otlp', 'grpc_taken');
      succeed(stream, response);
    } catch (thrown) {
      const error = toAppError(thrown);
      context.count('otlp', grpcCodeOf(error) === grpcCodes.unavailable ? 'grpc_unavailable' : 'grpc_refused');
      if (error.code === 'internal') context.logger.error({ error: (thrown as Error).stack ?? String(thrown) }, 'OTLP export failed');
      fail(stream, error);
    } finally {
      reservation.release();
    }
  }

  async #export(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, reservation: ReturnType<ReceiverContext['budget']['reserve']>) {
    const { context, logs } = this.#options;
    const path = headers[':path'];
    if (path !== exportPath) throw new AppError('not_found', `there is no method "${path}" here`);
    const sender = logs.intake.authenticate(credentialsOf(headers));
    const encoding = encodingOf(headers);
    logs.intake.admit();
    const { max_compressed_bytes, max_body_bytes } = context.ingestConfig;
    const bounds = encoding === undefined ? bodyBounds(context.ingestConfig) : compressedBounds(max_compressed_bytes);
    const { isCompressed, bytes } = await this.#inTime(readMessage(stream, bounds, reservation), stream);
    if (isCompressed && encoding === undefined) throw new AppError('malformed_body', 'a compressed message without grpc-encoding');
    const body = isCompressed ? decompress(bytes, encoding, max_body_bytes, 'ingest.max_body_bytes') : bytes;
    reservation.resize(body.length);
    const result = await logs.export(body, 'protobuf', sender, stream.session?.socket.remoteAddress ?? '');
    return renderResponse(result, 'protobuf');
  }

  /** Waits for a message at most `request_timeout`. */
  async #inTime<T>(message: Promise<T>, stream: ServerHttp2Stream): Promise<T> {
    const { context, requestTimeoutMs } = this.#options;
    const arrived = new AbortController();
    const timedOut = context.clock.sleep(requestTimeoutMs, arrived.signal).then((): never => {
      if (!arrived.signal.aborted) stream.pause();
      throw new AppError('request_timeout', `the message did not arrive within ${requestTimeoutMs} ms`, {
        details: { setting: 'receivers.otlp.grpc.request_timeout' },
      });
    });
    try {
      return await Promise.race([message, timedOut]);
    } finally {
      timedOut.catch(() => undefined);
      arrived.abort();
    }
  }
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers[':method'] === 'POST' && (headers['content-type'] ?? '').startsWith('application/grpc');
}

/** Compression of the message where it has one. @throws AppError unsupported_encoding */
function encodingOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['grpc-encoding'];
  const encoding = Array.isArray(given) ? given[0] : given;
  if (encoding === undefined || encoding === 'identity') return undefined;
  if (messageEncodings.includes(encoding)) return encoding;
  throw new AppError('unsupported_encoding', `messages compressed by "${encoding}" are not taken; use ${messageEncodings.join(', ')}`);
}

const bodyBounds = ({ max_body_bytes }: IngestConfig) => ({ maxBytes: max_body_bytes, setting: 'ingest.max_body_bytes' });
const compressedBounds = (maxBytes: number) => ({ maxBytes, setting: 'ingest.max_compressed_bytes' });

const responseHeaders = {
  ':status': 200,
  'content-type': contentType,
  'grpc-accept-encoding': messageEncodings.join(','),
} as const;

function succeed(stream: ServerHttp2Stream, response: Uint8Array): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(responseHeaders, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcCodes.ok }));
  stream.end(frameOf(response));
}

/** Only trailers: the status, in words, and as google.rpc.Status with RetryInfo. Then nothing more is read. */
function fail(stream: ServerHttp2Stream, error: AppError): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(
    {
      ...responseHeaders,
      'grpc-status': grpcCodeOf(error),
      'grpc-message': percentEncoded(messageOf(error)),
      'grpc-status-details-bin': Buffer.from(renderStatus(error, 'protobuf')).toString('base64'),
    },
    { endStream: true },
  );
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Printable ASCII but "%" as it is, all other bytes as %XX. */
function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => (byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`))
    .join('');
}
