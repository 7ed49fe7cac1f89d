/**
 * The built-in canary: proves from outside, again and again, that a line which is acknowledged is tailed and found, once,
 * and how soon.
 *
 * It is a sender and a reader like any other, through the public endpoint, in a tenant of its own, so it neither sees nor
 * disturbs anybody's lines. It holds a bounded number of lines in mind: those of `confirm_after`.
 */
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { CanaryConfig } from './config.ts';
import { Delays } from './delays.ts';
import type { DelaySummary } from './delays.ts';
import type { PublicEndpoint } from './endpoint.ts';
import { canaryDelayBounds } from './metrics.ts';

export interface CanaryOptions {
  readonly endpoint: PublicEndpoint;
  readonly config: CanaryConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names this run, so that lines of an earlier one are not mistaken for its own. */
  readonly runId: string;
}

export interface CanaryStatus {
  readonly rounds: number;
  readonly tailing: boolean;
  readonly ack: DelaySummary;
  readonly tail: DelaySummary;
  readonly search: DelaySummary;
  /** Lines that were not acknowledged; acknowledged ones that tail or search did not show in time. */
  readonly failed: number;
  readonly missing_in_tail: number;
  readonly missing_in_search: number;
  readonly doubled_in_tail: number;
  readonly doubled_in_search: number;
  readonly last_problem: string | null;
}

interface WatchedLine {
  readonly id: string;
  readonly sentMs: number;
  /** Tail was open when it was sent, so it must be seen there. */
  readonly tailMustSee: boolean;
  timesTailed: number;
  found: boolean;
}

/** Pauses between two searches for a line: quick at first, since the delay is what is measured. */
const firstSearchPauseMs = 20;
const maxSearchPauseMs = 500;
const tailRetryMs = 1000;

export class Canary {
  readonly delays = { ack: new Delays(canaryDelayBounds), tail: new Delays(canaryDelayBounds), search: new Delays(canaryDelayBounds) };
  readonly counts = { rounds: 0, failed: 0, missing_in_tail: 0, missing_in_search: 0, doubled_in_tail: 0, doubled_in_search: 0 };
  readonly #options: CanaryOptions;
  readonly #stopping = new AbortController();
  readonly #watched = new Map<string, WatchedLine>();
  readonly #running: Promise<unknown>[] = [];
  /** Searches in progress; they end by themselves within `timeout`. */
  readonly #checks = new Set<Promise<void>>();
  #tailing = false;
  #lastProblem: string | null = null;

  constructor(options: CanaryOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running.push(this.#tail(), this.#sendRounds());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running, ...this.#checks]);
    this.#options.endpoint.close();
  }

  status(): CanaryStatus {
    const { ack, tail, search } = this.delays;
    return {
      ...this.counts,
      tailing: this.#tailing,
      ack: ack.summary(),
      tail: tail.summary(),
      search: search.summary(),
      last_problem: this.#lastProblem,
    };
  }

  async #sendRounds(): Promise<void> {
    const { config, clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await clock.sleep(config.interval, signal);
      if (signal.aborted) return;
      await this.#round();
    }
  }

  async #round(): Promise<void> {
    const { endpoint, clock, runId } = this.#options;
    this.counts.rounds += 1;
    const id = `${runId}-${this.counts.rounds}`;
    const line: WatchedLine = { id, sentMs: clock.monotonicMs(), tailMustSee: this.#tailing, timesTailed: 0, found: false };
    this.#watched.set(id, line);
    try {
      await endpoint.send({ id, message: `canary line ${this.counts.rounds} of run ${runId}` });
    } catch (error) {
      // It may be in the log all the same, so nothing is expected of it.
      this.#watched.delete(id);
      this.counts.failed += 1;
      return this.#problem('a canary line was not acknowledged', error);
    }
    this.delays.ack.add(clock.monotonicMs() - line.sentMs);
    const check: Promise<void> = this.#check(line).finally(() => this.#checks.delete(check));
    this.#checks.add(check);
  }

  /** From the acknowledgement to the confirmation. */
  async #check(line: WatchedLine): Promise<void> {
    const { clock, config } = this.#options;
    const { signal } = this.#stopping;
    await this.#searchUntilFound(line);
    await clock.sleep(Math.max(0, line.sentMs + config.timeout - clock.monotonicMs()), signal);
    if (signal.aborted) return;
    if (line.timesTailed === 0 && line.tailMustSee) {
      this.counts.missing_in_tail += 1;
      this.#problem('a canary line was not seen in live tail', line.id);
    }
    await clock.sleep(Math.max(0, line.sentMs + config.confirm_after - clock.monotonicMs()), signal);
    this.#watched.delete(line.id);
    if (!signal.aborted && line.found) await this.#confirm(line);
  }

  async #searchUntilFound(line: WatchedLine): Promise<void> {
    const { endpoint, clock, config } = this.#options;
    const { signal } = this.#stopping;
    let pauseMs = firstSearchPauseMs;
    while (!signal.aborted && clock.monotonicMs() - line.sentMs < config.timeout) {
      const count = await endpoint.count(line.id).catch((error: unknown) => {
        this.#lastProblem = String(error);
        return 0;
      });
      if (count > 0) {
        line.found = true;
        return this.delays.search.add(clock.monotonicMs() - line.sentMs);
      }
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(maxSearchPauseMs, pauseMs * 2);
    }
    if (signal.aborted) return;
    this.counts.missing_in_search += 1;
    this.#problem('a canary line was not found by search', line.id);
  }

  async #confirm(line: WatchedLine): Promise<void> {
    let count: number;
    try {
      count = await this.#options.endpoint.count(line.id);
    } catch (error) {
      return this.#problem('a canary line could not be looked for again', error);
    }
    if (count === 1) return;
    this.counts[count === 0 ? 'missing_in_search' : 'doubled_in_search'] += 1;
    this.#problem(count === 0 ? 'a canary line that was found before is gone' : 'a canary line is found more than once', line.id);
  }

  async #tail(): Promise<void> {
    const { endpoint, clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await endpoint.tail(
          (id) => this.#seen(id),
          () => (this.#tailing = true),
          signal,
        );
      } catch (error) {
        if (!signal.aborted) this.#problem('the canary cannot open live tail', error);
      }
      this.#tailing = false;
      await clock.sleep(tailRetryMs, signal);
    }
  }

  #seen(id: string): void {
    const line = this.#watched.get(id);
    if (line === undefined) return;
    line.timesTailed += 1;
    if (line.timesTailed === 1) return this.delays.tail.add(this.#options.clock.monotonicMs() - line.sentMs);
    this.counts.doubled_in_tail += 1;
    this.#problem('a canary line was seen twice in live tail', id);
  }

  #problem(message: string, cause: unknown): void {
    this.#lastProblem = `${message}: ${String(cause)}`;
    this.#options.logger.warn({ cause: String(cause) }, message);
  }
}
