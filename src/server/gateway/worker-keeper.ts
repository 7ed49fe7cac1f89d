/**
 * Keeps one gateway worker running: starts its thread, starts it again after a crash, stops it in peace.
 *
 * A crashed worker's shard may end in a frame that is half written, or whole and never told. Only recovery at the next
 * start of the process can say; so the worker that replaces it gets a fresh shard, and the old one is just read to its
 * last told end.
 */
import { Worker } from 'node:worker_threads';
import { AppError } from '#base/errors.ts';
import { noPressure } from '#ingest/pressure.ts';
import type { PressureFacts } from '#ingest/pressure.ts';
import type { ShardEnd } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { GatewayCounts } from './counters.ts';
import type { FiguresQuestion } from './figure-answers.ts';
import type { ListenerStatus } from './receiver-listeners.ts';
import type { LearntTemplate } from '#patterns/pattern-miner.ts';
import type { LiveRules } from '#ingest/rule-book.ts';
import type { StreamFacts } from './worker-intake.ts';
import type { RecentBatch, FromGatewayWorker, GatewayWorkerConfig, GatewayWorkerData, ShardStart, ToGatewayWorker } from './messages.ts';

export interface WorkerKeeperOptions {
  readonly config: GatewayWorkerConfig;
  /** A shard that no worker of this process has had yet. */
  readonly claimShard: () => number;
  readonly incarnation: number;
  /** The WAL's directory. */
  readonly logDirectory: string;
  /** Unix socket of the main thread's API. */
  readonly apiSocketPath: string;
  /** Where a shard's writer begins, after the log's recovery (`WalLog.writerStart`); asked once a shard. */
  readonly shardStart: (shard: number) => ShardStart | Promise<ShardStart>;
  /** Receive time of the newest frame of any shard, 0 where there is none; keeps receive times rising after a restart. */
  readonly lastReceivedMs: number;
  /** Rules of the API to begin with. */
  readonly rules: LiveRules;
  /** Batches that are durable already; asked whenever a worker starts. */
  readonly recentBatches: () => Promise<readonly RecentBatch[]>;
  /** Templates that are known already; asked whenever a worker starts. */
  readonly templates: () => readonly LearntTemplate[];
  readonly onTemplates: (learnt: readonly LearntTemplate[]) => void;
  /** The metrics cache's answer; undefined where the question is wrong. */
  readonly figures: (question: FiguresQuestion) => string | undefined;
  readonly reusePort: boolean;
  /** A worker's group commit; to be passed to `DurableLog.advance`. */
  readonly onCommitted: (end: ShardEnd) => void;
  readonly onCounts: (counts: GatewayCounts) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Starts the thread; `startGatewayThread` unless a test wants to hold the worker. */
  readonly startThread?: (data: GatewayWorkerData) => Worker;
}

export function startGatewayThread(workerData: GatewayWorkerData): Worker {
  return new Worker(new URL('../gateway-worker.ts', import.meta.url), { workerData, name: `gateway-${workerData.shard}` });
}

const maxBackoffMs = 30_000;
/** A worker that lived this long was well; the next crash begins with the first pause again. */
const wellAfterMs = 60_000;
/** Beyond `gateway.stop_timeout`, for closing the shard. */
const stopGraceMs = 5000;

export class WorkerKeeper {
  restarts = 0;
  /** What the worker knew of its streams when it was last asked for a report. */
  streams: StreamFacts = { formats: [], fields: [] };
  /** Of the receivers' own ports, once the worker listens. */
  listeners: readonly ListenerStatus[] = [];
  readonly #options: WorkerKeeperOptions;
  readonly #stopping = new AbortController();
  #shard = -1;
  #crash: unknown;
  readonly #awaitedReports = new Map<number, () => void>();
  #nextReport = 1;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #port = 0;
  #listenerPorts: Readonly<Record<string, number>> = {};
  #isListening = false;
  #pressure = noPressure;
  #rules: LiveRules;
  /** Latest time that the log may hold: of the frames that this process wrote itself, receive times are not later than now. */
  #lastReceivedMs: number;

  constructor(options: WorkerKeeperOptions) {
    this.#options = options;
    this.#lastReceivedMs = options.lastReceivedMs;
    this.#rules = options.rules;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Resolves with the port once the worker listens; rejects where it cannot begin, and then it is not tried again. */
  async start(port: number, listenerPorts: Readonly<Record<string, number>> = {}): Promise<number> {
    this.#port = port;
    this.#listenerPorts = listenerPorts;
    this.#port = await this.#startThread();
    this.#listenerPorts = Object.fromEntries(this.listeners.map(({ name, port: taken }) => [name, taken]));
    return this.#port;
  }

  /** Takes rules in place of the last ones, also where the worker is started again. */
  setRules(rules: LiveRules): void {
    this.#rules = rules;
    this.#send({ type: 'rules', rules });
  }

  setPressure(facts: PressureFacts): void {
    this.#pressure = facts;
    this.#send({ type: 'pressure', facts });
  }

  /** Resolves when the worker has told what it counted so far, or has gone. */
  report(): Promise<void> {
    if (!this.#isListening) return Promise.resolve();
    const reply = this.#nextReport++;
    return new Promise((resolve) => {
      this.#awaitedReports.set(reply, resolve);
      this.#send({ type: 'report', reply });
    });
  }

  /** Resolves when the thread has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#send({ type: 'stop' });
    const { clock, config, logger } = this.#options;
    const inTime = new AbortController();
    const tooLate = clock.sleep(config.gateway.stop_timeout + stopGraceMs, inTime.signal).then(() => !inTime.signal.aborted);
    if (await Promise.race([this.#ended.then(() => false), tooLate])) {
      logger.error({ shard: this.#shard }, 'gateway worker does not stop; its thread is ended');
      await this.#worker?.terminate();
    }
    inTime.abort();
    await this.#ended;
  }

  #send(message: ToGatewayWorker): void {
    this.#worker?.postMessage(message);
  }

  async #startThread(): Promise<number> {
    const { config, claimShard, incarnation, logDirectory, apiSocketPath, shardStart, reusePort, clock } = this.#options;
    const shard = claimShard();
    this.#shard = shard;
    this.#crash = undefined;
    const workerData: GatewayWorkerData = {
      config,
      shard,
      incarnation,
      shardStart: await shardStart(shard),
      lastReceivedMs: this.#lastReceivedMs,
      logDirectory,
      rules: this.#rules,
      recentBatches: await this.#options.recentBatches(),
      templates: this.#options.templates(),
      apiSocketPath,
      port: this.#port,
      listenerPorts: this.#listenerPorts,
      reusePort,
    };
    if (this.#stopping.signal.aborted) throw new AppError('shutting_down', 'the gateway is stopping');
    const worker = (this.#options.startThread ?? startGatewayThread)(workerData);
    this.#worker = worker;
    const startedMs = clock.monotonicMs();
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromGatewayWorker) => this.#hear(message, resolve, reject));
      worker.on('error', (error) => {
        this.#crash = error;
        this.#options.logger.error({ shard, error: error instanceof Error ? error.stack : String(error) }, 'gateway worker crashed');
      });
      worker.once('exit', (code) => {
        const hasListened = this.#isListening;
        this.#goneFrom(worker);
        reject(
          new AppError('internal', `the gateway worker of shard ${shard} ended with code ${code} before it listened`, {
            cause: this.#crash,
          }),
        );
        if (hasListened && !this.#stopping.signal.aborted) void this.#restart(clock.monotonicMs() - startedMs);
      });
    });
  }

  #hear(message: FromGatewayWorker, listening: (port: number) => void, failed: (error: AppError) => void): void {
    switch (message.type) {
      case 'listening':
        this.#isListening = true;
        this.listeners = message.listeners;
        this.setPressure(this.#pressure);
        return listening(message.port);
      case 'failed':
        return failed(new AppError(message.code, message.message, { details: message.details }));
      case 'committed':
        return this.#options.onCommitted(message.end);
      case 'counts':
        this.#options.onCounts(message.counts);
        if (message.streams !== undefined) this.streams = message.streams;
        if (message.reply !== undefined) this.#answerReport(message.reply);
        return;
      case 'templates':
        return this.#options.onTemplates(message.templates);
      case 'figures':
        return this.#send({ type: 'figures', text: this.#options.figures(message.question), reply: message.reply });
      case 'log':
        return this.#options.logger[message.record.level](message.record.fields, message.record.message);
      default:
        return message satisfies never;
    }
  }

  #answerReport(reply: number): void {
    this.#awaitedReports.get(reply)?.();
    this.#awaitedReports.delete(reply);
  }

  #goneFrom(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
    this.#isListening = false;
    for (const reply of [...this.#awaitedReports.keys()]) this.#answerReport(reply);
  }

  async #restart(livedMs: number): Promise<void> {
    const { clock, config, logger } = this.#options;
    const { signal } = this.#stopping;
    let pauseMs = config.gateway.restart_backoff;
    // A worker that crashes soon after its start is given longer and longer pauses.
    if (livedMs < wellAfterMs) pauseMs = Math.min(maxBackoffMs, pauseMs * 2 ** Math.min(10, this.restarts));
    while (!signal.aborted) {
      await clock.sleep(pauseMs, signal);
      if (signal.aborted) return;
      this.restarts += 1;
      this.#lastReceivedMs = Math.max(this.#lastReceivedMs, clock.nowMs());
      try {
        await this.#startThread();
        logger.warn({ shard: this.#shard, restarts: this.restarts }, 'gateway worker runs again');
        return;
      } catch (error) {
        logger.error({ error: String(error) }, 'gateway worker cannot be started again');
        pauseMs = Math.min(maxBackoffMs, pauseMs * 2);
      }
    }
  }
}
