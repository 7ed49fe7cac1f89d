/**
 * A gateway worker's HTTP server: sends each request to its receiver or, on the main port, on to the main thread.
 * Receivers' own ports have the same server without the main thread behind it.
 */
import http from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { httpStatusOfKind } from '#base/error-status.ts';
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { ReceiverRoute } from '#receivers/http-receiver.ts';
import { RouteTable } from '#receivers/route-table.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import { countRequest } from './counters.ts';
import type { GatewayCounts } from './counters.ts';
import { figuresPath } from './figure-answers.ts';
import type { FigureAnswers } from './figure-answers.ts';
import type { PageGuard } from './foreign-page.ts';
import { endWithError } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { methodNotAllowed } from './receiver-exchange.ts';
import type { ReceiverExchange } from './receiver-exchange.ts';
import { sendError } from './send-error.ts';

/** Its answers may be of any size. */
const exportPath = '/v1/logs/export';

export interface GatewayHttpOptions {
  readonly config: GatewayConfig;
  readonly routes: readonly ReceiverRoute[];
  readonly exchange: ReceiverExchange;
  /** Takes what no route takes; undefined: it is not found. */
  readonly proxy?: Proxy;
  /** Answers reads of the metrics cache before the main thread is asked. */
  readonly figures?: FigureAnswers;
  readonly pageGuard: PageGuard;
  readonly retryAfterMs: number;
  readonly counts: () => GatewayCounts;
  readonly clock: Clock;
}

/** Whether an answer is under way; Node's own `closeIdleConnections` looks there too. */
const isAnswering = (socket: Socket & { readonly _httpMessage?: unknown }): boolean => Boolean(socket._httpMessage);

export class GatewayHttp {
  readonly server: Server;
  readonly #options: GatewayHttpOptions;
  readonly #routes: RouteTable;
  /** Connections without a request yet; Node does not count them as idle. */
  readonly #fresh = new Set<Socket>();
  #stopping = false;
  /** An answer that began before the stop keeps its connection, which the stop would wait for; those behind it in a pipeline come first. */
  readonly #onAnswered: (this: ServerResponse) => void;

  constructor(options: GatewayHttpOptions) {
    this.#options = options;
    this.#routes = new RouteTable(options.routes);
    this.server = createServer(options.config);
    const isStopping = (): boolean => this.#stopping;
    this.#onAnswered = function (): void {
      const { socket } = this.req;
      if (isStopping() && !isAnswering(socket)) socket.destroySoon();
    };
    this.#listenToEvents();
  }

  /** Takes no new connections, waits for what is in flight at most `stop_timeout`, then closes what is left. */
  async stop(): Promise<void> {
    const { clock, config, proxy } = this.#options;
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    for (const socket of this.#fresh) socket.destroy();
    const timedOut = new AbortController();
    await Promise.race([closed, clock.sleep(config.stop_timeout, timedOut.signal)]);
    timedOut.abort();
    proxy?.close();
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
    else response.once('finish', this.#onAnswered);
    const { exchange, proxy, figures, pageGuard, counts, config } = this.#options;
    const foreign = pageGuard.refusal(request);
    if (foreign !== undefined) return sendError(request, response, foreign, config);
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const found = this.#routes.find(request.method ?? '', path);
    if (found !== undefined && 'route' in found) {
      const stopping = this.#stopping ? this.#shuttingDown() : undefined;
      void exchange.receive(found, { request, response, awaitsContinue }, stopping);
    } else if (found !== undefined) {
      const error = methodNotAllowed(request, found.allow);
      response.setHeader('Allow', found.allow.join(', '));
      countRequest(counts(), 'method_not_allowed', httpStatusOfKind[error.kind]);
      sendError(request, response, error, config);
    } else if (proxy !== undefined) {
      const forward = (): void => {
        counts().proxiedRequests += 1;
        if (awaitsContinue) response.writeContinue();
        if (path === exportPath) proxy.forwardLarge(request, response);
        else proxy.forward(request, response);
      };
      if (figures !== undefined && path === figuresPath) figures.answer(request, response, forward);
      else forward();
    } else {
      sendError(request, response, new AppError('not_found', 'there is nothing at this address of this port'), config);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { proxy, pageGuard, counts } = this.#options;
    this.#fresh.delete(request.socket);
    if (this.#stopping) return endWithError(socket, this.#shuttingDown());
    const foreign = pageGuard.refusal(request);
    if (foreign !== undefined) return endWithError(socket, foreign);
    if (proxy === undefined) return endWithError(socket, new AppError('not_found', 'there is no WebSocket on this port'));
    counts().proxiedRequests += 1;
    proxy.forwardUpgrade(request, socket, head);
  }

  #shuttingDown(): AppError {
    return new AppError('shutting_down', 'the server is stopping; retry', {
      retryAfterMs: this.#options.retryAfterMs,
    });
  }
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
