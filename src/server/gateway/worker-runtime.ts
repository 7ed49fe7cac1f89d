/**
 * All of a gateway worker except its thread: shard writer, pipeline, receivers and HTTP server put together. Takes what
 * it needs, so that tests run it in their own thread over any log.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Intake } from '#ingest/intake.ts';
import { noPressure } from '#ingest/pressure.ts';
import type { PressureFacts } from '#ingest/pressure.ts';
import type { LogWriter } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { ByteBudget } from '#receivers/byte-budget.ts';
import type { HttpSide, ReceiverContext } from '#receivers/receiver.ts';
import type { ReceiverRoute } from '#receivers/http-receiver.ts';
import { countEvent, countRequest, zeroCounts } from './counters.ts';
import type { GatewayCounts } from './counters.ts';
import { FigureAnswers, figuresPath } from './figure-answers.ts';
import type { FigureAnswersOptions } from './figure-answers.ts';
import { createPageGuard, noPageGuard } from './foreign-page.ts';
import { GatewayHttp } from './http-server.ts';
import type { GatewayHttpOptions } from './http-server.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import type { GatewayWorkerConfig, RecentBatch } from './messages.ts';
import { createProxy } from './proxy.ts';
import { ReceiverExchange } from './receiver-exchange.ts';
import { ReceiverListeners } from './receiver-listeners.ts';
import type { ListenerStatus } from './receiver-listeners.ts';
import { createReceivers } from './receivers.ts';
import { sendError } from './send-error.ts';
import { createWorkerIntake } from './worker-intake.ts';
import type { LearntTemplate } from '#patterns/pattern-miner.ts';
import type { LiveRules } from '#ingest/rule-book.ts';
import type { StreamFacts, WorkerIntake } from './worker-intake.ts';

/** A shard's writer that knows how full the log is (`WalWriter`). */
export interface PressuredLogWriter extends LogWriter {
  readonly pressure: 'normal' | 'elevated' | 'full';
  setHeldBytes(heldBytes: number): void;
}

export interface WorkerRuntimeOptions {
  readonly config: Omit<GatewayWorkerConfig, 'log' | 'access'>;
  readonly writer: PressuredLogWriter;
  readonly lastReceivedMs: number;
  /** The sender, who may write; throws AppError unauthenticated, forbidden. */
  readonly authenticate: Intake['authenticate'];
  /** The caller, who may read; throws likewise. */
  readonly authenticateReader: FigureAnswersOptions['authenticate'];
  /** Asks the main thread for figures of the metrics cache. */
  readonly askFigures: FigureAnswersOptions['ask'];
  /** No keys are configured: everyone who reaches it is let in. */
  readonly isOpen: boolean;
  readonly apiSocketPath: string;
  readonly port: number;
  readonly reusePort: boolean;
  /** Ports that another worker's listeners got, by name. */
  readonly listenerPorts: Readonly<Record<string, number>>;
  readonly rules: LiveRules;
  readonly recentBatches: readonly RecentBatch[];
  readonly templates: readonly LearntTemplate[];
  readonly clock: Clock;
  /** Below 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

export interface WorkerRuntime {
  readonly port: number;
  readonly listeners: readonly ListenerStatus[];
  setPressure(facts: PressureFacts): void;
  /** Takes these rules in place of the last ones. */
  setRules(rules: LiveRules): void;
  streamFacts(): StreamFacts;
  /** Templates that were learnt since the last call, a bounded number. */
  takeTemplates(): LearntTemplate[];
  /** What was counted since the last call. */
  takeCounts(): GatewayCounts;
  /** Takes no new requests, finishes those in flight, closes the shard. */
  stop(): Promise<void>;
}

/** What a worker's receivers and servers share. */
interface Site {
  readonly options: WorkerRuntimeOptions;
  readonly counts: () => GatewayCounts;
  readonly pressure: () => PressureFacts;
}

/** Rejects where the port cannot be listened on; then the writer is closed. */
export async function startWorkerRuntime(options: WorkerRuntimeOptions): Promise<WorkerRuntime> {
  const { config, writer, apiSocketPath, reusePort } = options;
  let counts = zeroCounts();
  let pressure = noPressure;
  const site: Site = { options, counts: () => counts, pressure: () => pressure };

  const { ingest } = config;
  const budget = new ByteBudget(ingest.max_inflight_bytes, 'ingest.max_inflight_bytes', ingest.overload_retry_after);
  const workerIntake = createWorkerIntake({ ...options, counts: () => counts, pressure: () => pressure });
  const context = receiverContext(site, workerIntake, budget);
  const receivers = createReceivers(context, config.receivers);
  const proxy = createProxy({
    apiSocketPath,
    sendError: (request, response, error) => sendError(request, response, error, config.gateway),
  });
  const createHttp = httpServers(site, budget);
  const figures = new FigureAnswers({
    config: config.metrics_cache,
    authenticate: options.authenticateReader,
    ask: options.askFigures,
    onAnswer: () => countRequest(counts, figuresPath, 200),
    clock: options.clock,
  });
  const main = createHttp(
    receivers.flatMap(({ routes }) => routes),
    { proxy, figures },
  );
  const listeners = new ReceiverListeners();
  let statuses: readonly ListenerStatus[];
  try {
    await listen(main.server, options);
    statuses = await listeners.start(receivers, { reusePort, createHttpServer: (routes) => createHttp(routes) }, options.listenerPorts);
  } catch (error) {
    await writer.close();
    throw error;
  }

  return {
    port: (main.server.address() as AddressInfo).port,
    listeners: statuses,
    setPressure(facts) {
      pressure = facts;
      writer.setHeldBytes(facts.heldBytes);
    },
    setRules: (rules) => workerIntake.setRules(rules),
    streamFacts: () => workerIntake.streamFacts(),
    takeTemplates: () => workerIntake.takeTemplates(),
    takeCounts() {
      workerIntake.countParsers();
      const taken = counts;
      counts = zeroCounts();
      return taken;
    },
    async stop() {
      await Promise.all([main.stop(), listeners.stop()]);
      await workerIntake.stop();
      await writer.close();
    },
  };
}

function receiverContext(site: Site, { intake }: WorkerIntake, budget: ByteBudget): ReceiverContext {
  const { config, clock, logger } = site.options;
  return {
    intake,
    ingestConfig: config.ingest,
    budget,
    clock,
    logger,
    count: (receiver, event, amount = 1) => countEvent(site.counts(), receiver, event, amount),
  };
}

/** Makes HTTP servers that share bounds, budget and counters. */
function httpServers({ options, counts }: Site, budget: ByteBudget) {
  const { config, clock, logger } = options;
  const exchange = new ReceiverExchange({ ingestConfig: config.ingest, linger: config.gateway, budget, counts, clock, logger });
  return (routes: readonly ReceiverRoute[], main: Pick<GatewayHttpOptions, 'proxy' | 'figures'> = {}): HttpSide =>
    new GatewayHttp({
      config: config.gateway,
      routes,
      exchange,
      ...main,
      pageGuard: options.isOpen ? createPageGuard(hostNames(config.gateway)) : noPageGuard,
      retryAfterMs: config.ingest.overload_retry_after,
      counts,
      clock,
    });
}

function hostNames({ allowed_hosts: names }: GatewayConfig): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function listen(server: Server, options: WorkerRuntimeOptions): Promise<void> {
  const { host } = options.config.gateway;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port, reusePort: options.reusePort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
