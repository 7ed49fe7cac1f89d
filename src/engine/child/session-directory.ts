/**
 * All sessions of the engine: a pool for each class, the reserved one that kills queries, and the named sessions of
 * clients that ask for one by `session_id` (their SETs and temporary tables live until the session's timeout).
 */
import { sessionClasses } from '../engine-config.ts';
import type { EngineOptions, SessionClass } from '../engine-config.ts';
import { EngineError, tooManyQueries } from './engine-error.ts';
import { EngineSession } from './engine-session.ts';
import type { NativeEngine } from './native-engine.ts';
import { QueryKiller } from './query-killer.ts';
import type { QueryRequest } from './query-request.ts';
import { SessionPool } from './session-pool.ts';

/** Named sessions are for tools; Millrace itself uses none. */
const maxNamedSessions = 4;

interface NamedSession {
  readonly session: EngineSession;
  busy: boolean;
  expiry: NodeJS.Timeout | undefined;
}

export interface Lease {
  readonly session: EngineSession;
  /** Gives the session back; `forget` where the query may have changed the session's state. */
  release(forget: boolean): void;
}

export class SessionDirectory {
  readonly killer: QueryKiller;
  readonly #pools: Readonly<Record<SessionClass, SessionPool>>;
  readonly #named = new Map<string, NamedSession>();
  readonly #control: EngineSession;
  readonly #create: (sessionClass: SessionClass, name: string) => EngineSession;

  constructor(engine: NativeEngine, options: EngineOptions) {
    this.#create = (sessionClass, name) =>
      new EngineSession(engine, options.dataPath, `millrace-${name}`, options.sessionSettings[sessionClass]);
    this.#control = this.#create('search', 'control');
    this.killer = new QueryKiller(this.#control);
    const pool = (sessionClass: SessionClass): SessionPool =>
      new SessionPool({
        sessionClass,
        size: options.sessions[sessionClass],
        maxQueued: options.maxQueued,
        queueTimeoutMs: options.queueTimeoutMs,
        createSession: (index) => this.#create(sessionClass, `${sessionClass}-${index}`),
      });
    this.#pools = ofEachClass(pool);
  }

  /** Opens the reserved session, and with it the engine and its data. */
  async open(): Promise<void> {
    await this.#control.query('SELECT 1', 'Null', {});
  }

  /** A session set up as the request wants it. */
  async acquire(request: QueryRequest, settings: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Lease> {
    if (request.namedSession !== undefined) return this.#acquireNamed(request, settings);
    const pool = this.#pools[request.sessionClass];
    const session = await pool.acquire(request.database, settings, signal);
    return {
      session,
      release: (forget) => {
        if (forget) session.reset();
        pool.release(session);
      },
    };
  }

  /** Queries that run and wait, by class. */
  load(): Record<SessionClass, { running: number; queued: number }> {
    return ofEachClass((name) => ({ running: this.#pools[name].busyCount, queued: this.#pools[name].queuedCount }));
  }

  /** Refuses what waits and closes all sessions; nothing may run any more. The engine closes its data with the last one. */
  async close(): Promise<void> {
    for (const name of sessionClasses) this.#pools[name].close();
    for (const { session, expiry } of this.#named.values()) {
      clearTimeout(expiry);
      session.reset();
    }
    await this.killer.idle();
    this.#control.reset();
  }

  async #acquireNamed(request: QueryRequest, settings: Readonly<Record<string, string>>): Promise<Lease> {
    const { id, timeoutMs, mustExist } = request.namedSession!;
    let named = this.#named.get(id);
    if (named === undefined) {
      if (mustExist) throw new EngineError(372, 'SESSION_NOT_FOUND', 'Session not found');
      if (this.#named.size >= maxNamedSessions) throw tooManyQueries(`Too many named sessions: ${maxNamedSessions} are open`);
      named = { session: this.#create(request.sessionClass, `named-${id}`), busy: false, expiry: undefined };
      this.#named.set(id, named);
    }
    if (named.busy) throw new EngineError(373, 'SESSION_IS_LOCKED', 'Session is locked by a concurrent client');
    named.busy = true;
    clearTimeout(named.expiry);
    const opened = named;
    const release = (): void => {
      opened.busy = false;
      opened.expiry = setTimeout(() => {
        this.#named.delete(id);
        opened.session.reset();
      }, timeoutMs).unref();
    };
    try {
      await opened.session.prepare(request.database, settings);
    } catch (error) {
      release();
      throw error;
    }
    return { session: opened.session, release };
  }
}

function ofEachClass<T>(make: (sessionClass: SessionClass) => T): Record<SessionClass, T> {
  return Object.fromEntries(sessionClasses.map((name) => [name, make(name)])) as Record<SessionClass, T>;
}
