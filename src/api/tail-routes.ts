/**
 * Registers both live tails: `WS /v1/logs/tail` (A) and `GET /v1/tail` (C), over one service.
 *
 * Everything that can be wrong with a request is answered before the connection becomes a stream: bad key, bad query,
 * too many tails are plain HTTP errors. When the app closes, all streams are ended.
 */
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { httpAnswerOfError } from '#base/error-status.ts';
import { AppError, toAppError } from '#base/errors.ts';
import type { TailRequest, TailService, TailStreamConfig, TailSubscription } from '#consumers/live-tail.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { TailFlusher } from './tail-flusher.ts';
import { readTailRequest } from './tail-request.ts';
import type { TailRequestContext } from './tail-request.ts';
import { TailEventStream } from './tail-sse.ts';
import { TailFrames, TailSocket } from './tail-websocket.ts';

export interface TailRouteOptions extends TailRequestContext {
  /** Registers further tails where WebSockets are spoken. */
  readonly also?: (scope: FastifyInstance, flusher: TailFlusher) => void;
  readonly tail: TailService;
  readonly config: TailStreamConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Clients have nothing to say on a tail. */
const maxClientMessageBytes = 4096;

/** A subscription that was made before its connection is a stream; it gathers lines until the stream takes over. */
export interface PendingTail {
  readonly subscription: TailSubscription;
  /** Tells the stream of lines and of the end, also of those that came before there was a stream. */
  attach(schedule: () => void, end: () => void): void;
}

export async function registerTailRoutes(app: FastifyInstance, options: TailRouteOptions): Promise<void> {
  const { tail, config, clock, logger } = options;
  const flusher = new TailFlusher({
    clock,
    cpuShare: tail.cpuShare,
    flushIntervalMs: config.flush_interval,
    heartbeatIntervalMs: config.heartbeat_interval,
  });
  const pending = new WeakMap<IncomingMessage, PendingTail>();
  const frames = new TailFrames();

  await app.register(async (scope) => {
    const preClose = (done: () => void): void => {
      flusher.stop();
      done();
    };
    await scope.register(websocket, { options: { maxPayload: maxClientMessageBytes }, preClose });
    scope.setErrorHandler((thrown, request, reply) => sendError(thrown, request, reply, logger));

    const subscribe = async (request: FastifyRequest): Promise<void> => {
      const opened = openTail(tail, readTailRequest(request.raw.url ?? '', request.headers, options));
      // Also where the connection never becomes a stream.
      request.raw.socket.once('close', () => opened.subscription.close());
      if (request.raw.socket.destroyed) opened.subscription.close();
      pending.set(request.raw, opened);
    };

    scope.route({
      method: 'GET',
      url: '/v1/logs/tail',
      exposeHeadRoute: false,
      preValidation: async (request) => {
        if (request.ws) await subscribe(request);
      },
      handler: async () => {
        throw new AppError('bad_request', 'this address speaks WebSocket; for server-sent events use GET /v1/tail');
      },
      wsHandler: (socket, request) => {
        const opened = pending.get(request.raw);
        if (opened === undefined) return socket.terminate();
        const connection = new TailSocket(socket, opened.subscription, flusher, config, (delivery) => frames.of(delivery));
        opened.attach(
          () => flusher.schedule(connection),
          () => connection.end(),
        );
      },
    });

    options.also?.(scope, flusher);

    scope.get('/v1/tail', { exposeHeadRoute: false, preValidation: subscribe }, (request, reply) => {
      const opened = pending.get(request.raw);
      if (opened === undefined) throw new AppError('internal', 'a tail without a subscription');
      reply.hijack();
      const connection = new TailEventStream(reply.raw, opened.subscription, flusher, config);
      opened.attach(
        () => flusher.schedule(connection),
        () => connection.end(),
      );
    });
  });
}

export function openTail(tail: TailService, request: Omit<TailRequest, 'onReady' | 'onEnd'>): PendingTail {
  let schedule: (() => void) | undefined;
  let end: (() => void) | undefined;
  let isReady = false;
  let hasEnded = false;
  const onReady = (): void => {
    isReady = true;
    schedule?.();
  };
  const onEnd = (): void => {
    hasEnded = true;
    end?.();
  };
  const subscription = tail.subscribe({ ...request, onReady, onEnd });
  return {
    subscription,
    attach(attachedSchedule, attachedEnd) {
      schedule = attachedSchedule;
      end = attachedEnd;
      if (hasEnded) attachedEnd();
      else if (isReady) attachedSchedule();
    },
  };
}

function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const error = toAppError(thrown);
  if (error.code === 'internal')
    logger.error({ path: request.url, error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'tail request failed');
  const { status, retryAfterSeconds, body } = httpAnswerOfError(error);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
  void reply.code(status).type('application/json').send(body);
}
