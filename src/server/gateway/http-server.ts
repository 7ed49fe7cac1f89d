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
import { admitBody, readBody } from '#receivers/http-body.ts';
import type { ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import { countRequest, observeAck } from './counters.ts';
import type { GatewayCounts } from './counters.ts';
import { createProxy, endWithError } from './proxy.ts';
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

export interface GatewayHttp {
  readonly server: Server;
  /** Takes no new connections, waits for what is in flight at most `stop_timeout`, then closes what is left. */
  stop(): Promise<void>;
}

export function createGatewayHttp(options: GatewayHttpOptions): GatewayHttp {
  const { config, ingestConfig, clock, logger, counts } = options;
  const routes = new Map(options.routes.map((route) => [route.path, route]));
  const budget = new ByteBudget(ingestConfig.max_inflight_bytes, 'ingest.max_inflight_bytes', ingestConfig.overload_retry_after);
  const proxy = createProxy({
    apiSocketPath: options.apiSocketPath,
    sendError: (request, response, error) => sendError(request, response, error, config),
  });
  /** Connections without a request yet; Node does not count them as idle. */
  const fresh = new Set<Socket>();
  let stopping = false;

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

  function dispatch(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    fresh.delete(request.socket);
    if (stopping) response.shouldKeepAlive = false;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const route = routes.get(path);
    if (route !== undefined) return void receive(route, request, response, mark < 0 ? '' : url.slice(mark + 1), awaitsContinue);
    counts().proxiedRequests += 1;
    if (awaitsContinue) response.writeContinue();
    proxy.forward(request, response);
  }

  async function receive(
    route: ReceiverRoute,
    request: IncomingMessage,
    response: ServerResponse,
    queryText: string,
    awaitsContinue: boolean,
  ): Promise<void> {
    const reservation = budget.reserve();
    let completeMs = clock.monotonicMs();
    const readWholeBody = async (): Promise<Uint8Array> => {
      const bounds = { maxBytes: ingestConfig.max_compressed_bytes, setting: 'ingest.max_compressed_bytes' };
      admitBody(request, bounds, reservation);
      if (awaitsContinue) response.writeContinue();
      const sent = await readBody(request, bounds, reservation);
      completeMs = clock.monotonicMs();
      const body = options.decompress(request.headers['content-encoding'], sent, ingestConfig.max_body_bytes, 'ingest.max_body_bytes');
      reservation.resize(body.length);
      counts().bodyBytes += sent.length;
      counts().decompressedBytes += body.length;
      return body;
    };
    try {
      if (request.method !== route.method) throw methodNotAllowed(request, route, response);
      if (stopping)
        throw new AppError('shutting_down', 'the server is stopping; retry', { retryAfterMs: ingestConfig.overload_retry_after });
      const receiverRequest: ReceiverRequest = {
        headers: request.headers,
        queryText,
        remoteAddress: request.socket.remoteAddress ?? '',
        readBody: readWholeBody,
      };
      const reply = await route.handle(receiverRequest);
      if (stopping) response.shouldKeepAlive = false;
      response.writeHead(reply.status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(reply.body),
        ...reply.headers,
      });
      response.end(reply.body);
      countRequest(counts(), route.path, reply.status);
      observeAck(counts(), clock.monotonicMs() - completeMs);
    } catch (thrown) {
      await fail(route, request, response, thrown);
    } finally {
      reservation.release();
    }
  }

  async function fail(route: ReceiverRoute, request: IncomingMessage, response: ServerResponse, thrown: unknown): Promise<void> {
    // Lets the parser finish what has already arrived, so that a small body that came with its headers counts as read.
    await Promise.resolve();
    const error = toAppError(thrown);
    countRequest(counts(), route.path, httpStatusOfKind[error.kind]);
    if (error.code === 'internal')
      logger.error({ path: route.path, error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'ingest request failed');
    if (response.headersSent || response.destroyed) response.destroy();
    else sendError(request, response, error, config);
  }

  server.on('request', (request, response) => dispatch(request, response, false));
  server.on('checkContinue', (request, response) => dispatch(request, response, true));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    fresh.delete(request.socket);
    counts().proxiedRequests += 1;
    if (stopping) return endWithError(socket, new AppError('shutting_down', 'the server is stopping; retry'));
    proxy.forwardUpgrade(request, socket, head);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseBrokenRequest(error, socket, config));
  server.on('connection', (socket) => {
    fresh.add(socket);
    socket.once('close', () => fresh.delete(socket));
  });
  server.on('drop', () => (counts().droppedConnections += 1));

  return {
    server,
    async stop() {
      stopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const socket of fresh) socket.destroy();
      const timedOut = new AbortController();
      await Promise.race([closed, clock.sleep(config.stop_timeout, timedOut.signal)]);
      timedOut.abort();
      proxy.close();
      server.closeAllConnections();
      await closed;
    },
  };
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
