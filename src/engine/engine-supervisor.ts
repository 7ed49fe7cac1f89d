/**
 * Keeps the engine process running: starts it, waits until it takes requests, starts it again with growing pauses when
 * it dies, and stops it cleanly. One supervisor per data path; `server/` owns it, `store/` watches its state.
 *
 * While the engine is down ingestion and live tail go on; requests to the socket fail at once and are for the callers
 * to refuse or repeat.
 */
import { AppError } from '#base/errors.ts';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { engineSettingPath } from './config.ts';
import type { EngineConfig } from './config.ts';
import { engineOptions, thisMachine, threadPoolSize } from './engine-config.ts';
import type { EngineOptions, Machine } from './engine-config.ts';
import { removeEmptyMutations } from './empty-mutations.ts';
import { prepareEnginePaths } from './engine-paths.ts';
import { EngineProcess } from './engine-process.ts';
import type { EngineExit } from './engine-process.ts';

export interface EngineState {
  readonly status: 'starting' | 'ready' | 'down';
  /** Why it is down, or what the last start failed with. */
  readonly reason?: string;
  /** Starts after the first. */
  readonly restarts: number;
  /** Wall clock, milliseconds, of the last change of `status`. */
  readonly sinceMs: number;
}

export interface EngineSupervisorOptions {
  readonly config: EngineConfig;
  /** Directory of the engine's data; created when missing. */
  readonly dataPath: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly machine?: Machine;
}

/** An engine that lived this long counts as well; the next pause is the shortest again. */
const healthyMs = 60_000;

/** Where one did not help, the next would not either; the disk may have to be emptied first. */
const restartPauseMs = 60_000;

export class EngineSupervisor {
  readonly #config: EngineConfig;
  readonly #options: EngineOptions;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #listeners = new Set<(state: EngineState) => void>();
  readonly #stopping = new AbortController();
  #process: EngineProcess | undefined;
  #state: EngineState;
  #loop: Promise<void> = Promise.resolve();
  #failuresInRow = 0;
  #lastRestartMs = Number.NEGATIVE_INFINITY;

  /** Starts the engine and resolves when it is ready; throws AppError search_unavailable where it cannot be started. */
  static async start(options: EngineSupervisorOptions): Promise<EngineSupervisor> {
    const { config, dataPath, machine = thisMachine() } = options;
    const paths = await prepareEnginePaths(dataPath, config.runtime_directory);
    const supervisor = new EngineSupervisor(options, engineOptions(config, machine, paths));
    await supervisor.#firstStart();
    supervisor.#loop = supervisor.#keepRunning();
    return supervisor;
  }

  private constructor({ config, logger, clock = systemClock }: EngineSupervisorOptions, options: EngineOptions) {
    this.#config = config;
    this.#options = options;
    this.#logger = logger;
    this.#clock = clock;
    this.#state = { status: 'starting', restarts: 0, sinceMs: clock.nowMs() };
  }

  get socketPath(): string {
    return this.#options.socketPath;
  }

  /** Directory from which the engine takes blocks, for EngineInserter. */
  get spoolPath(): string {
    return this.#options.spoolPath;
  }

  /** Process id of the running engine; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Calls back on every change of state; returns how to stop that. */
  onStateChange(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the engine takes requests; rejects when the signal is aborted or the supervisor stopped before. */
  whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#state.status === 'ready') return Promise.resolve();
    const either = AbortSignal.any([this.#stopping.signal, ...(signal === undefined ? [] : [signal])]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void =>
      reject(new AppError('search_unavailable', `the engine is not ready: ${this.#state.reason ?? 'it is starting'}`));
    if (either.aborted) onAbort();
    either.addEventListener('abort', onAbort);
    const unsubscribe = this.onStateChange(({ status }) => {
      if (status === 'ready') resolve();
    });
    return promise.finally(() => {
      either.removeEventListener('abort', onAbort);
      unsubscribe();
    });
  }

  /** Ends the engine at once, to be started like after any other end; not twice within a minute. */
  restart(reason: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastRestartMs < restartPauseMs) return;
    this.#lastRestartMs = nowMs;
    this.#logger.error({ reason }, 'the engine is restarted');
    this.#process?.kill();
  }

  /** Lets running queries end within `engine.stop_timeout`, closes the data, ends the process. Never throws; may be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const deadlineMs = this.#config.stop_timeout;
    await this.#process?.stop(Math.floor(deadlineMs / 2), deadlineMs);
    await this.#loop;
    this.#setState('down', 'stopped');
  }

  /** The first start fails for good, except that a data path still locked (by an orphan about to end) is waited for. */
  async #firstStart(): Promise<void> {
    const giveUpAtMs = this.#clock.monotonicMs() + this.#config.lock_wait;
    for (;;) {
      const exit = await this.#startProcess();
      if (exit === undefined) return;
      if (!exit.locked || this.#clock.monotonicMs() >= giveUpAtMs) {
        this.#setState('down', exit.reason);
        const details = exit.locked
          ? { path: this.#options.dataPath, setting: engineSettingPath('lock_wait') }
          : { path: this.#options.dataPath };
        throw new AppError('search_unavailable', exit.reason, { details });
      }
      await this.#clock.sleep(this.#config.min_restart_delay);
    }
  }

  /** Starts the process; undefined when it is ready, else how it ended. */
  async #startProcess(): Promise<EngineExit | undefined> {
    await this.#removeEmptyMutations();
    if (this.#stopping.signal.aborted) return { reason: 'stopped', locked: false };
    const started = new EngineProcess(this.#options, threadPoolSize(this.#config), this.#logger);
    this.#process = started;
    const waited = new AbortController();
    const timeout = this.#clock.sleep(this.#config.start_timeout, waited.signal).then(() => 'timeout' as const);
    const outcome = await Promise.race([started.ready.then(() => 'ready' as const), started.exited, timeout]);
    waited.abort();
    if (outcome === 'ready') {
      this.#setState('ready');
      return undefined;
    }
    if (outcome !== 'timeout') return outcome;
    started.kill();
    await started.exited;
    const setting = engineSettingPath('start_timeout');
    return { reason: `the engine did not open its data within ${this.#config.start_timeout} ms (${setting})`, locked: false };
  }

  async #removeEmptyMutations(): Promise<void> {
    try {
      const removed = await removeEmptyMutations(this.#options.dataPath);
      if (removed.length > 0) this.#logger.warn({ removed }, 'mutations that a full disk had left empty were removed');
    } catch (error) {
      this.#logger.warn({ error: String(error) }, 'mutations could not be looked at before the engine starts');
    }
  }

  async #keepRunning(): Promise<void> {
    let readySinceMs = this.#clock.monotonicMs();
    let exit = await this.#process!.exited;
    while (!this.#stopping.signal.aborted) {
      this.#logger.error({ restarts: this.#state.restarts }, `${exit.reason}; it will be started again`);
      this.#setState('down', exit.reason);
      if (this.#clock.monotonicMs() - readySinceMs >= healthyMs) this.#failuresInRow = 0;
      await this.#clock.sleep(this.#nextDelayMs(), this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      this.#setState('starting', exit.reason, this.#state.restarts + 1);
      readySinceMs = this.#clock.monotonicMs();
      exit = (await this.#startProcess()) ?? (await this.#process!.exited);
    }
  }

  #nextDelayMs(): number {
    const delayMs = this.#config.min_restart_delay * 2 ** Math.min(this.#failuresInRow++, 20);
    return Math.min(delayMs, this.#config.max_restart_delay);
  }

  #setState(status: EngineState['status'], reason?: string, restarts = this.#state.restarts): void {
    if (this.#stopping.signal.aborted && status !== 'down') return;
    if (status === 'ready') this.#logger.info({ pid: this.pid, restarts }, 'the engine is ready');
    this.#state = { status, restarts, sinceMs: this.#clock.nowMs(), ...(reason === undefined ? {} : { reason }) };
    for (const listener of this.#listeners) listener(this.#state);
  }
}
