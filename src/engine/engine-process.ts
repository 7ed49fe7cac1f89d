/**
 * One life of the engine process: spawned, told its options, waited for until ready, asked to stop, killed when it
 * does not. Its stderr becomes log lines. Used by the supervisor only.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Logger } from '#platform/logger.ts';
import type { EngineOptions } from './engine-config.ts';

/** How the process ended, in words, with the last thing it said. */
export interface EngineExit {
  readonly reason: string;
  /** The data path is held by another process; worth waiting for. */
  readonly locked: boolean;
}

const childEntry = fileURLToPath(new URL('./engine-child.ts', import.meta.url));

/** What the native engine logs: `2026.11.21 13:55:03.088705 [ 8206 ] {query id} <Error> Source: text`. */
const engineLogLine = /^\d{4}\.\d\d\.\d\d [\d:.]+ \[ \d+ \] \{([^}]*)\} <(\w+)> ([^:]+): (.*)$/;
const stackFrame = /^\d+\. |^Stack trace|^\(version /;
const lockedMessage = /Cannot lock file .*status/;

export class EngineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #logger: Logger;
  #lastError = '';
  /** Resolves when the engine takes requests. Never rejects: see `exited`. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<EngineExit>;

  constructor(options: EngineOptions, threadPoolSize: number, logger: Logger) {
    this.#logger = logger;
    // A session of its own keeps a terminal's Ctrl-C from it. A clean environment and its own directory keep
    // configuration files that lie about from being picked up by the engine.
    this.#child = spawn(process.execPath, ['--max-semi-space-size=2', childEntry], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      cwd: options.dataPath,
      env: {
        TZ: 'UTC',
        LANG: 'C.UTF-8',
        UV_THREADPOOL_SIZE: String(threadPoolSize),
        // The engine has an allocator of its own; Node's would keep pools for each of the engine's threads, 17 MB when idle.
        MALLOC_ARENA_MAX: '2',
        // What a flush has freed goes back to the system soon, not after 5 s: 60 MB of its peak, for no CPU that shows.
        JE_MALLOC_CONF: 'dirty_decay_ms:200',
        // Spares the stripper of types: 17 MB of memory from the second start on.
        NODE_COMPILE_CACHE: join(dirname(options.spoolPath), 'compile-cache'),
      },
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stdin.write(`${JSON.stringify(options)}\n`);
    this.ready = this.#waitUntilReady();
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#log(line));
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ reason: `the engine process cannot be started: ${error.message}`, locked: false }));
      this.#child.once('close', (code, signal) => resolve(this.#describeExit(code, signal)));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks for a clean end: running queries may take `graceMs`, then they are killed; at `deadlineMs` the process is. */
  async stop(graceMs: number, deadlineMs: number): Promise<EngineExit> {
    this.#child.stdin.write(`${JSON.stringify({ stop: { graceMs, deadlineMs } })}\n`);
    const timer = setTimeout(() => this.kill(), deadlineMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #waitUntilReady(): Promise<void> {
    return new Promise((resolve) => {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        if (line === '{"event":"ready"}') resolve();
        else this.#log(line);
      });
    });
  }

  #describeExit(code: number | null, signal: NodeJS.Signals | null): EngineExit {
    const how = signal === null ? `exited with status ${code}` : `was ended by ${signal}`;
    const locked = lockedMessage.test(this.#lastError);
    if (locked) return { reason: 'the data directory of the engine is in use by another process', locked };
    return { reason: `the engine process ${how}${this.#lastError === '' || code === 0 ? '' : `: ${this.#lastError}`}`, locked };
  }

  #log(line: string): void {
    if (line.trim() === '' || stackFrame.test(line)) return;
    const match = engineLogLine.exec(line);
    if (match === null) {
      // The first plain line of an exit names the cause; what follows repeats it with less.
      if (this.#lastError === '') this.#lastError = line;
      this.#logger.warn({ source: 'engine' }, line);
      return;
    }
    const [, queryId, level, source, message] = match;
    const fields = queryId === '' ? { source } : { source, engine_query_id: queryId };
    if (level === 'Fatal' || level === 'Critical' || level === 'Error') {
      if (level === 'Fatal') this.#lastError = message;
      this.#logger.error(fields, message);
    } else if (level === 'Warning') this.#logger.warn(fields, message);
    else this.#logger.debug(fields, message);
  }
}
