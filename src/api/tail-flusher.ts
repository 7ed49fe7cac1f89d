/**
 * One timer for all tail connections: the first line after a calm is sent at once, later ones at most every
 * `tail.flush_interval`; idle connections get a sign of life every `tail.heartbeat_interval`. With a timer for each,
 * 1000 readers would cost 20,000 a second.
 *
 * Rendering and sending is paid from the tail's CPU share: after an expensive round the next one comes later, so that many
 * broad tails get larger messages, and in the end lose lines, instead of taking the core that indexing needs.
 */
import { setImmediate } from 'node:timers/promises';
import type { TailCpuShare } from '#consumers/live-tail.ts';
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
  readonly cpuShare: TailCpuShare;
  readonly flushIntervalMs: number;
  readonly heartbeatIntervalMs: number;
}

/** What it costs the gateway worker to pass a message on; measured with 200 tails, small messages. */
const relayMs = 0.04;
/** How long sending may keep the event loop. */
const maxStretchMs = 5;
/** Longest pause after a round, whatever it cost: what is sent is not worth watching when it comes later. */
const longestPauseMs = 2000;

export class TailFlusher {
  readonly #options: TailFlusherOptions;
  readonly #connections = new Set<TailConnection>();
  /** In the order in which they asked. */
  readonly #due = new Set<TailConnection>();
  readonly #stopping = new AbortController();
  #beating = false;
  #flushing = false;
  #nextFlushMs = Number.NEGATIVE_INFINITY;

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
    this.#due.add(connection);
    if (!this.#flushing) void this.#flushRounds();
  }

  stop(): void {
    this.#stopping.abort();
    for (const connection of [...this.#connections]) connection.end();
  }

  /** Runs while somebody has something to send. */
  async #flushRounds(): Promise<void> {
    const { clock, cpuShare, flushIntervalMs } = this.#options;
    const { signal } = this.#stopping;
    this.#flushing = true;
    while (this.#due.size > 0 && !signal.aborted) {
      await clock.sleep(Math.max(0, this.#nextFlushMs - clock.monotonicMs()), signal);
      const startMs = clock.monotonicMs();
      const workMs = await this.#flushRound();
      this.#nextFlushMs = startMs + Math.max(flushIntervalMs, Math.min(longestPauseMs, cpuShare.spreadMs(workMs)));
    }
    this.#flushing = false;
  }

  /** Flushes once who is due now; who has more to send comes again in the next round. Resolves to what it cost, in ms. */
  async #flushRound(): Promise<number> {
    const { clock, cpuShare } = this.#options;
    let workMs = 0;
    let stretchStartMs = clock.monotonicMs();
    for (const connection of [...this.#due]) {
      // It may have gone while others were flushed.
      if (!this.#due.delete(connection)) continue;
      workMs += cpuShare.charge(() => connection.flush(), relayMs);
      if (clock.monotonicMs() - stretchStartMs < maxStretchMs) continue;
      await setImmediate();
      stretchStartMs = clock.monotonicMs();
    }
    return workMs;
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
