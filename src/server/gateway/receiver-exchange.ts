/**
 * One HTTP request for a receiver, from its headers to its answer: the body within the bounds, the budget, decompression,
 * errors in the protocol's words, counters. The same for the main port and for receivers' own ports.
 *
 * Invariants: an answer of success is written only after the receiver resolved; a request's bytes stay in the budget
 * until then; a defect in one request answers 500 and harms no other.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, toAppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { Clock } from '#platform/clock.ts';
import { decompress } from '#platform/decompress.ts';
import { decompressStream } from '#platform/decompress-stream.ts';
import type { Logger } from '#platform/logger.ts';
import type { ByteBudget, ByteReservation } from '#receivers/byte-budget.ts';
import { admitBody, readBody } from '#receivers/http-body.ts';
import type { HttpMethod, ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { FoundRoute } from '#receivers/route-table.ts';
import { countRequest, observeAck } from './counters.ts';
import type { GatewayCounts } from './counters.ts';
import { errorHeaders, sendReply } from './send-error.ts';
import type { LingerBounds } from './send-error.ts';

/** One request, its answer, and whether its sender waits for `100 Continue` before the body. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly awaitsContinue: boolean;
}

export interface ReceiverExchangeOptions {
  readonly ingestConfig: IngestConfig;
  readonly linger: LingerBounds;
  readonly budget: ByteBudget;
  readonly counts: () => GatewayCounts;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The body of one request, read at most once. */
class RequestBody {
  readonly #exchange: Exchange;
  readonly #route: ReceiverRoute;
  readonly #options: ReceiverExchangeOptions;
  readonly #reservation: ByteReservation;
  /** When the whole body was there; the acknowledgement is measured from here. */
  completeMs: number;

  constructor(exchange: Exchange, route: ReceiverRoute, options: ReceiverExchangeOptions, reservation: ByteReservation) {
    this.#exchange = exchange;
    this.#route = route;
    this.#options = options;
    this.#reservation = reservation;
    this.completeMs = options.clock.monotonicMs();
  }

  async read(): Promise<Uint8Array> {
    const { request, response, awaitsContinue } = this.#exchange;
    const { ingestConfig, counts, clock } = this.#options;
    const bounds = { maxBytes: ingestConfig.max_compressed_bytes, setting: 'ingest.max_compressed_bytes' };
    admitBody(request, bounds, this.#reservation);
    if (awaitsContinue) response.writeContinue();
    const sent = await readBody(request, bounds, this.#reservation);
    this.completeMs = clock.monotonicMs();
    const body = decompress(sent, this.#encoding(), ingestConfig.max_body_bytes, 'ingest.max_body_bytes');
    this.#reservation.resize(body.length);
    counts().bodyBytes += sent.length;
    counts().decompressedBytes += body.length;
    return body;
  }

  async *stream(): AsyncIterable<Uint8Array> {
    const { request, response, awaitsContinue } = this.#exchange;
    const { counts, clock } = this.#options;
    if (awaitsContinue) response.writeContinue();
    request.on('data', (chunk: Buffer) => (counts().bodyBytes += chunk.length)).pause();
    try {
      for await (const piece of decompressStream(request, this.#encoding())) {
        counts().decompressedBytes += piece.length;
        this.completeMs = clock.monotonicMs();
        yield piece;
      }
    } catch (thrown) {
      if (thrown instanceof AppError || !request.destroyed || request.complete) throw thrown;
      throw new AppError('cancelled', 'the sender went away before its body was complete');
    }
  }

  #encoding(): string | undefined {
    const encoding = this.#exchange.request.headers['content-encoding'];
    return encoding !== undefined && this.#route.ownEncodings?.includes(encoding.trim().toLowerCase()) ? undefined : encoding;
  }
}

export class ReceiverExchange {
  readonly #options: ReceiverExchangeOptions;

  constructor(options: ReceiverExchangeOptions) {
    this.#options = options;
  }

  /** Answers the request; never rejects. `stopping` says why it cannot be taken now. */
  async receive({ route, parameters }: FoundRoute, exchange: Exchange, stopping?: AppError): Promise<void> {
    const { budget, counts, clock } = this.#options;
    const { request } = exchange;
    const reservation = budget.reserve();
    const body = new RequestBody(exchange, route, this.#options, reservation);
    const received = receiverRequest(request, parameters, body);
    try {
      if (stopping !== undefined) throw stopping;
      const reply = await route.handle(received);
      this.#send(exchange, reply);
      countRequest(counts(), route.path, reply.status);
      observeAck(counts(), clock.monotonicMs() - body.completeMs);
    } catch (thrown) {
      await this.#fail(route, received, exchange, thrown);
    } finally {
      reservation.release();
    }
  }

  #send({ request, response }: Exchange, { status, body, headers }: ReceiverReply): void {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const length = body === undefined ? (status === 204 ? {} : { 'content-length': 0 }) : { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...type, ...length, ...headers });
    if (body === undefined || request.method === 'HEAD') response.end();
    else response.end(body);
  }

  async #fail(route: ReceiverRoute, received: ReceiverRequest, { request, response }: Exchange, thrown: unknown): Promise<void> {
    const { linger, counts, logger } = this.#options;
    // Lets the parser finish what has already arrived, so that a small body that came with its headers counts as read.
    await Promise.resolve();
    const error = toAppError(thrown);
    const ours = errorHeaders(error);
    const reply = route.renderError?.(error, ours.status, received);
    countRequest(counts(), route.path, reply?.status ?? ours.status);
    if (error.code === 'internal') {
      logger.error({ path: route.path, error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'ingest request failed');
    }
    if (response.headersSent || response.destroyed || reply?.isWithheld) response.destroy();
    else sendReply(request, response, reply === undefined ? ours : inProtocol(reply, ours.headers), linger);
  }
}

/** The protocol's answer with what the gateway adds to every error. */
function inProtocol(reply: ReceiverReply, { 'retry-after': retryAfter }: Readonly<Record<string, string | number>>) {
  const body = reply.body ?? '';
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    ...reply.headers,
  };
  return { status: reply.status, headers, body };
}

function receiverRequest(request: IncomingMessage, parameters: Readonly<Record<string, string>>, body: RequestBody): ReceiverRequest {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method as HttpMethod,
    path: mark < 0 ? url : url.slice(0, mark),
    parameters,
    get query() {
      return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    },
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    readBody: () => body.read(),
    streamBody: () => body.stream(),
  };
}

export function methodNotAllowed(request: IncomingMessage, allow: readonly HttpMethod[]): AppError {
  return new AppError('method_not_allowed', `${request.method} is not allowed here; use ${allow.join(' or ')}`, {
    details: { allow: allow.join(', ') },
  });
}
