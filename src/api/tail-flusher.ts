/**
 * One timer for all tail connections: the first line after a calm is sent at once, later ones at most every
 * `tail.flush_interval`; idle connections get a sign of life every `tail.heartbeat_interval`. With a timer for each,
 * 1000 readers would cost 20,000 a second.
 */
import type { Clock } from '#platform/clock.ts';

export interface TailConnection {
  /** Takes what has gathered and sends it as far as the connection has room. */
  flush(): void;
  heartbeat(): void;
  /** The server stops. */
  end(): void;
}

export interface TailFlusherOptions {
  readonly clock: Clock;
  readonly flushIntervalMs: number;
  readonly heartbeatIntervalMs: number;
}

export class TailFlusher {
  readonly #options: TailFlusherOptions;
  readonly #connections = new Set<TailConnection>();
  #due = new Set<TailConnection>();
  readonly #stopping = new AbortController();
  #beating = false;
  #flushedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: TailFlusherOptions) {
    this.#options = options;
  }

  add(connection: TailConnection): void {
    this.#connections.add(connection);
    if (!this.#beating) void this.#beat();
  }

  remove(connection: TailConnection): void {
    this.#connections.delete(connection);
    this.#due.delete(connection);
  }

  /** The connection has something to send; it will be flushed with the others. */
  schedule(connection: TailConnection): void {
    if (this.#due.size === 0) void this.#flushLater();
    this.#due.add(connection);
  }

  stop(): void {
    this.#stopping.abort();
    for (const connection of [...this.#connections]) connection.end();
  }

  async #flushLater(): Promise<void> {
    const { clock, flushIntervalMs } = this.#options;
    await clock.sleep(Math.max(0, this.#flushedAtMs + flushIntervalMs - clock.monotonicMs()), this.#stopping.signal);
    this.#flushedAtMs = clock.monotonicMs();
    const due = this.#due;
    this.#due = new Set();
    for (const connection of due) connection.flush();
  }

  /** Runs while there are connections. */
  async #beat(): Promise<void> {
    const { clock, heartbeatIntervalMs } = this.#options;
    this.#beating = true;
    while (this.#connections.size > 0 && !this.#stopping.signal.aborted) {
      await clock.sleep(heartbeatIntervalMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) break;
      for (const connection of [...this.#connections]) connection.heartbeat();
    }
    this.#beating = false;
  }
}
