/**
 * The gateway worker's HTTP server: sends each request to its receiver or on to the main thread, reads bodies within
 * the bounds, and answers errors.
 *
 * Invariants: an answer of success is written only after the receiver resolved; a request's bytes stay in the budget
 * until then; a defect in one request answers 500 and harms no other.
 */
import http from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { httpStatusOfKind } from '#base/error-status.ts';
import { AppError, toAppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { ByteBudget } from '#receivers/byte-budget.ts';
import type { ByteReservation } from '#receivers/byte-budget.ts';
import { admitBody, readBody } from '#receivers/http-body.ts';
import type { ReceiverRoute } from '#receivers/http-receiver.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import { countRequest, observeAck } from './counters.ts';
import type { GatewayCounts } from './counters.ts';
import { createProxy, endWithError } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { sendError } from './send-error.ts';

export interface GatewayHttpOptions {
  readonly config: GatewayConfig;
  readonly ingestConfig: IngestConfig;
  readonly routes: readonly ReceiverRoute[];
  readonly apiSocketPath: string;
  /** Decompresses a body; throws AppError unsupported_encoding, malformed_encoding, body_too_large. */
  readonly decompress: (encoding: string | undefined, body: Buffer, maxBytes: number, setting: string) => Uint8Array;
  readonly counts: () => GatewayCounts;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class GatewayHttp {
  readonly server: Server;
  readonly #options: GatewayHttpOptions;
  readonly #routes: ReadonlyMap<string, ReceiverRoute>;
  readonly #budget: ByteBudget;
  readonly #proxy: Proxy;
  /** Connections without a request yet; Node does not count them as idle. */
  readonly #fresh = new Set<Socket>();
  #stopping = false;

  constructor(options: GatewayHttpOptions) {
    const { config, ingestConfig, apiSocketPath } = options;
    this.#options = options;
    this.#routes = new Map(options.routes.map((route) => [route.path, route]));
    this.#budget = new ByteBudget(ingestConfig.max_inflight_bytes, 'ingest.max_inflight_bytes', ingestConfig.overload_retry_after);
    this.#proxy = createProxy({ apiSocketPath, sendError: (request, response, error) => sendError(request, response, error, config) });
    this.server = createServer(config);
    this.#listenToEvents();
  }

  /** Takes no new connections, waits for what is in flight at most `stop_timeout`, then closes what is left. */
  async stop(): Promise<void> {
    const { clock, config } = this.#options;
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    for (const socket of this.#fresh) socket.destroy();
    const timedOut = new AbortController();
    await Promise.race([closed, clock.sleep(config.stop_timeout, timedOut.signal)]);
    timedOut.abort();
    this.#proxy.close();
    this.server.closeAllConnections();
    await closed;
  }

  #listenToEvents(): void {
    const { server } = this;
    server.on('request', (request, response) => this.#dispatch(request, response, false));
    server.on('checkContinue', (request, response) => this.#dispatch(request, response, true));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseBrokenRequest(error, socket, this.#options.config));
    server.on('drop', () => (this.#options.counts().droppedConnections += 1));
    server.on('connection', (socket) => {
      this.#fresh.add(socket);
      socket.once('close', () => this.#fresh.delete(socket));
    });
  }

  #dispatch(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    this.#fresh.delete(request.socket);
    if (this.#stopping) response.shouldKeepAlive = false;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const route = this.#routes.get(mark < 0 ? url : url.slice(0, mark));
    if (route !== undefined) {
      void this.#receive(route, { request, response, awaitsContinue });
      return;
    }
    this.#options.counts().proxiedRequests += 1;
    if (awaitsContinue) response.writeContinue();
    this.#proxy.forward(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#fresh.delete(request.socket);
    this.#options.counts().proxiedRequests += 1;
    if (this.#stopping) endWithError(socket, this.#shuttingDown());
    else this.#proxy.forwardUpgrade(request, socket, head);
  }

  async #receive(route: ReceiverRoute, exchange: Exchange): Promise<void> {
    const { clock, counts } = this.#options;
    const { request, response } = exchange;
    const reservation = this.#budget.reserve();
    let completeMs = clock.monotonicMs();
    const readBody = async (): Promise<Uint8Array> => {
      const sent = await this.#readSentBody(exchange, reservation);
      completeMs = clock.monotonicMs();
      return this.#decompress(request, sent, reservation);
    };
    try {
      if (request.method !== route.method) throw methodNotAllowed(request, route, response);
      if (this.#stopping) throw this.#shuttingDown();
      const { status, body, headers } = await route.handle({ headers: request.headers, readBody });
      if (this.#stopping) response.shouldKeepAlive = false;
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
      response.end(body);
      countRequest(counts(), route.path, status);
      observeAck(counts(), clock.monotonicMs() - completeMs);
    } catch (thrown) {
      await this.#fail(route, exchange, thrown);
    } finally {
      reservation.release();
    }
  }

  #readSentBody({ request, response, awaitsContinue }: Exchange, reservation: ByteReservation): Promise<Buffer> {
    const bounds = { maxBytes: this.#options.ingestConfig.max_compressed_bytes, setting: 'ingest.max_compressed_bytes' };
    admitBody(request, bounds, reservation);
    if (awaitsContinue) response.writeContinue();
    return readBody(request, bounds, reservation);
  }

  #decompress(request: IncomingMessage, sent: Buffer, reservation: ByteReservation): Uint8Array {
    const { ingestConfig, decompress, counts } = this.#options;
    const body = decompress(request.headers['content-encoding'], sent, ingestConfig.max_body_bytes, 'ingest.max_body_bytes');
    reservation.resize(body.length);
    counts().bodyBytes += sent.length;
    counts().decompressedBytes += body.length;
    return body;
  }

  async #fail(route: ReceiverRoute, { request, response }: Exchange, thrown: unknown): Promise<void> {
    const { config, counts, logger } = this.#options;
    // Lets the parser finish what has already arrived, so that a small body that came with its headers counts as read.
    await Promise.resolve();
    const error = toAppError(thrown);
    countRequest(counts(), route.path, httpStatusOfKind[error.kind]);
    if (error.code === 'internal') {
      logger.error({ path: route.path, error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'ingest request failed');
    }
    if (response.headersSent || response.destroyed) response.destroy();
    else sendError(request, response, error, config);
  }

  #shuttingDown(): AppError {
    return new AppError('shutting_down', 'the server is stopping; retry', {
      retryAfterMs: this.#options.ingestConfig.overload_retry_after,
    });
  }
}

/** One request, its answer, and whether its sender waits for `100 Continue` before the body. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly awaitsContinue: boolean;
}

function createServer(config: GatewayConfig): Server {
  const server = http.createServer({
    maxHeaderSize: config.max_header_bytes,
    headersTimeout: config.header_timeout,
    requestTimeout: config.request_timeout,
    keepAliveTimeout: config.keep_alive_timeout,
    connectionsCheckingInterval: config.timeout_check_interval,
    // Others, such as h2c that some HTTP clients offer with every request, are served as plain HTTP/1.1.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.maxConnections = config.max_connections;
  return server;
}

function methodNotAllowed(request: IncomingMessage, route: ReceiverRoute, response: ServerResponse): AppError {
  response.setHeader('Allow', route.method);
  return new AppError('method_not_allowed', `${request.method} is not allowed here; use ${route.method}`, {
    details: { allow: route.method },
  });
}

/** Answers what Node's parser or its timers refused, before there was a request to dispatch. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex, config: GatewayConfig): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const details = { setting: 'gateway.max_header_bytes' };
    return endWithError(
      socket,
      new AppError('headers_too_large', `the headers are larger than ${config.max_header_bytes} bytes`, { details }),
    );
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const details = { settings: ['gateway.header_timeout', 'gateway.request_timeout'] };
    return endWithError(socket, new AppError('request_timeout', 'the request did not arrive in time', { details }));
  }
  endWithError(socket, new AppError('bad_request', `this is not an HTTP request that can be read (${error.code ?? error.message})`));
}
