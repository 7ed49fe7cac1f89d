/**
 * `WS /loki/api/v1/tail`: live lines as Grafana and logcli read them, frames `{"streams":[…],"dropped_entries":[…]}`. Lines
 * are matched by the tail as for everyone; what is left of the pipeline runs on those that match. The last lines before come
 * first, as with Loki.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AppError } from '#base/errors.ts';
import { nsPerMs } from '#base/instant.ts';
import type { TailDelivery, TailService, TailStreamConfig } from '#consumers/live-tail.ts';
import type { LogExpression } from '#logql/ast.ts';
import { parseLogExpression } from '#logql/parser.ts';
import { compileStages } from '#logql/pipeline.ts';
import type { StageRun } from '#logql/pipeline.ts';
import { streamsOf } from '#loki/answers.ts';
import { keptEntry, planLog, readLog } from '#loki/log-query.ts';
import type { Entry } from '#loki/log-query.ts';
import type { Asker, LokiParts } from '#loki/loki-parts.ts';
import { Parameters } from '#loki/parameters.ts';
import type { TimeRange } from '#store/log-store.ts';
import { wantsCategories } from './loki-routes.ts';
import type { Caller } from './route.ts';
import type { TailFlusher } from './tail-flusher.ts';
import { openTail } from './tail-routes.ts';
import type { PendingTail } from './tail-routes.ts';
import { TailSocket } from './tail-websocket.ts';

export interface LokiTailOptions {
  readonly parts: LokiParts;
  readonly tail: TailService;
  readonly config: TailStreamConfig;
  /** Throws AppError unauthenticated, forbidden. */
  readonly authorize: (headers: IncomingHttpHeaders) => Caller;
}

/** A tail that was asked for, and the frames that it makes of deliveries. */
interface OpenedTail {
  readonly pending: PendingTail;
  readonly frames: LokiFrames;
}

/** Registers the route where WebSockets are spoken. */
export function registerLokiTail(scope: FastifyInstance, flusher: TailFlusher, options: LokiTailOptions): void {
  const opened = new WeakMap<IncomingMessage, OpenedTail>();
  scope.route({
    method: 'GET',
    url: '/loki/api/v1/tail',
    exposeHeadRoute: false,
    preValidation: async (request) => {
      if (request.ws) opened.set(request.raw, await openLokiTail(request, options));
    },
    handler: async () => {
      throw new AppError('bad_request', 'this address speaks WebSocket');
    },
    wsHandler: (socket, request) => {
      const tail = opened.get(request.raw);
      if (tail === undefined) return socket.terminate();
      const { pending, frames } = tail;
      const history = frames.history();
      if (history !== undefined) socket.send(history);
      const connection = new TailSocket(socket, pending.subscription, flusher, options.config, (delivery) => frames.of(delivery));
      pending.attach(
        () => flusher.schedule(connection),
        () => connection.end(),
      );
    },
  });
}

/** Subscribed before the past is read, so that no line falls between the two. */
async function openLokiTail(request: FastifyRequest, { parts, tail, authorize }: LokiTailOptions): Promise<OpenedTail> {
  const caller = authorize(request.headers);
  const url = request.raw.url ?? '';
  const parameters = new Parameters([...new URLSearchParams(url.slice(url.indexOf('?') + 1))]);
  const expression = parseLogExpression(parameters.required('query'));
  const range = pastOf(parameters, parts.nowMs);
  const abort = new AbortController();
  const asker = { searcher: caller, signal: abort.signal };
  const { where, rest } = await planLog(parts, expression, range, asker);
  const pending = openTail(tail, { tenant: caller.tenant, where });
  request.raw.socket.once('close', () => {
    abort.abort();
    pending.subscription.close();
  });
  if (request.raw.socket.destroyed) pending.subscription.close();
  try {
    const past = await readPast(parts, expression, range, parameters.limit(parts.config), asker);
    const run = compileStages(rest, { nowNs: range.toNs });
    return { pending, frames: new LokiFrames(run, past, wantsCategories(request.headers)) };
  } catch (thrown) {
    pending.subscription.close();
    throw thrown;
  }
}

function pastOf(parameters: Parameters, nowMs: number): TimeRange {
  const { fromNs } = parameters.range(nowMs);
  const toNs = BigInt(Math.floor(nowMs)) * nsPerMs;
  return { fromNs: fromNs < toNs ? fromNs : toNs - nsPerMs, toNs };
}

/** Oldest first. */
async function readPast(
  parts: LokiParts,
  expression: LogExpression,
  range: TimeRange,
  limit: number,
  asker: Asker,
): Promise<readonly Entry[]> {
  const { entries } = await readLog(parts, { expression, range, order: 'desc', limit, intervalNs: 0n }, asker);
  return entries.toReversed();
}

class LokiFrames {
  readonly #run: StageRun;
  readonly #past: readonly Entry[];
  readonly #categorized: boolean;
  /** Lines of the past that may come live once more. */
  readonly #known: Set<string>;

  constructor(run: StageRun, past: readonly Entry[], categorized: boolean) {
    this.#run = run;
    this.#past = past;
    this.#categorized = categorized;
    this.#known = new Set(past.map(({ id }) => id));
  }

  history(): string | undefined {
    return this.#past.length === 0 ? undefined : JSON.stringify({ streams: streamsOf(this.#past, this.#categorized) });
  }

  /** Undefined where there is nothing to say. */
  of({ lines, dropped }: TailDelivery): string | undefined {
    const entries = lines.flatMap(({ line }) => (this.#known.delete(line.id) ? [] : (keptEntry(line, this.#run) ?? [])));
    if (entries.length === 0 && dropped === 0) return undefined;
    // how many were dropped is known, not which
    const newest = lines.at(-1)?.line.tsNs ?? 0n;
    const losses = dropped === 0 ? {} : { dropped_entries: [{ labels: { dropped: String(dropped) }, timestamp: String(newest) }] };
    return JSON.stringify({ streams: streamsOf(entries, this.#categorized), ...losses });
  }
}
