/**
 * The sessions of one class and the queue before them. Sessions are opened when first needed; a free one that is
 * already set up as the request wants it is taken first. The queue is first come, first served, and bounded.
 */
import { engineSettingPath } from '../config.ts';
import type { QuerySettings, SessionClass } from '../engine-config.ts';
import { queryCancelled, tooManyQueries } from './engine-error.ts';
import type { EngineSession } from './engine-session.ts';

interface Waiter {
  readonly wake: (session: EngineSession) => void;
  readonly fail: (error: Error) => void;
  readonly database: string;
  readonly settings: QuerySettings;
}

export interface PoolOptions {
  readonly sessionClass: SessionClass;
  readonly size: number;
  readonly maxQueued: number;
  readonly queueTimeoutMs: number;
  readonly createSession: (index: number) => EngineSession;
}

export class SessionPool {
  readonly #options: PoolOptions;
  readonly #free: EngineSession[] = [];
  readonly #waiters: Waiter[] = [];
  #opened = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get queuedCount(): number {
    return this.#waiters.length;
  }

  get busyCount(): number {
    return this.#opened - this.#free.length;
  }

  /** A session for one query, to be given back; fails where the queue is full, the wait too long, or the signal aborted. */
  async acquire(database: string, settings: QuerySettings, signal: AbortSignal): Promise<EngineSession> {
    if (signal.aborted) throw queryCancelled();
    const session = this.#takeFree(database, settings) ?? (await this.#wait(database, settings, signal));
    try {
      await session.prepare(database, settings);
      return session;
    } catch (error) {
      this.release(session);
      throw error;
    }
  }

  /** Gives a session back; nothing may run on it any more. */
  release(session: EngineSession): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#free.push(session);
    else waiter.wake(session);
  }

  /** Closes the free sessions; the others must have been given back before. */
  close(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.fail(queryCancelled());
    for (const session of this.#free) session.reset();
  }

  #takeFree(database: string, settings: QuerySettings): EngineSession | undefined {
    const prepared = this.#free.findIndex((session) => session.isPreparedFor(database, settings));
    if (prepared >= 0) return this.#free.splice(prepared, 1)[0];
    if (this.#free.length > 0) return this.#free.pop();
    if (this.#opened < this.#options.size) return this.#options.createSession(this.#opened++);
    return undefined;
  }

  #wait(database: string, settings: QuerySettings, signal: AbortSignal): Promise<EngineSession> {
    const { sessionClass, size, maxQueued, queueTimeoutMs } = this.#options;
    if (this.#waiters.length >= maxQueued) {
      const sessionsSetting = engineSettingPath(`${sessionClass}_sessions`);
      throw tooManyQueries(
        `Too many simultaneous queries of class ${sessionClass}: ${size} run (${sessionsSetting}) and ${maxQueued} wait (${engineSettingPath('max_queued')})`,
      );
    }
    return new Promise((resolve, reject) => {
      const leave = (error: Error): void => {
        const index = this.#waiters.indexOf(waiter);
        if (index >= 0) this.#waiters.splice(index, 1);
        waiter.fail(error);
      };
      const onAbort = (): void => leave(queryCancelled());
      const timer = setTimeout(
        () =>
          leave(
            tooManyQueries(
              `No session of class ${sessionClass} became free within ${queueTimeoutMs} ms (${engineSettingPath('queue_timeout')})`,
            ),
          ),
        queueTimeoutMs,
      );
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        database,
        settings,
        wake: (session) => (settle(), resolve(session)),
        fail: (error) => (settle(), reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }
}
