/**
 * Stops asking an engine that fails: when most of the latest questions failed by its fault, further ones are refused at
 * once for a while; then one is let through to see, and its success opens the way again.
 *
 * Only failures of the engine count. A wrong query, a bound of ours or a client that went says nothing about it.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';

export type BreakerSettings = Pick<SearchConfig, 'breaker_window' | 'breaker_failures' | 'breaker_pause'>;
export type BreakerState = 'closed' | 'open' | 'half_open';

const engineFaults: ReadonlySet<ErrorCode> = new Set(['search_unavailable', 'internal']);
const failingShare = 0.5;

interface Outcome {
  readonly atMs: number;
  readonly failed: boolean;
}

/** More outcomes than these tell nothing new. */
const maxOutcomes = 200;

export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #clock: Clock;
  /** The latest, oldest first. */
  #outcomes: Outcome[] = [];
  /** Set from the opening until a probe succeeds. */
  #openUntilMs: number | undefined;
  #isProbing = false;
  #openings = 0;

  constructor(settings: BreakerSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get state(): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.#clock.monotonicMs() < this.#openUntilMs ? 'open' : 'half_open';
  }

  /** Times that it opened. */
  get openings(): number {
    return this.#openings;
  }

  /** Runs the task, or throws AppError `search_unavailable` with the time to come again. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const isProbe = this.#enter();
    try {
      const result = await task();
      this.#note(false, isProbe);
      return result;
    } catch (thrown) {
      this.#noteError(toAppError(thrown).code, isProbe);
      throw thrown;
    }
  }

  /** True where the task is the one that shows whether the engine is back. */
  #enter(): boolean {
    if (this.#openUntilMs === undefined) return false;
    const leftMs = this.#openUntilMs - this.#clock.monotonicMs();
    if (leftMs > 0 || this.#isProbing) throw this.#refusal(Math.max(leftMs, 1));
    this.#isProbing = true;
    return true;
  }

  #noteError(code: ErrorCode, isProbe: boolean): void {
    if (engineFaults.has(code)) return this.#note(true, isProbe);
    // It says nothing about the engine: the next one is the probe.
    if (isProbe) this.#isProbing = false;
  }

  #note(failed: boolean, isProbe: boolean): void {
    const nowMs = this.#clock.monotonicMs();
    if (isProbe) {
      this.#isProbing = false;
      this.#openUntilMs = failed ? nowMs + this.#settings.breaker_pause : undefined;
      return;
    }
    this.#outcomes.push({ atMs: nowMs, failed });
    const sinceMs = nowMs - this.#settings.breaker_window;
    this.#outcomes = this.#outcomes.slice(-maxOutcomes).filter(({ atMs }) => atMs > sinceMs);
    if (failed && this.#openUntilMs === undefined && this.#isFailing()) this.#open(nowMs);
  }

  #isFailing(): boolean {
    const failures = this.#outcomes.filter(({ failed }) => failed).length;
    return failures >= this.#settings.breaker_failures && failures >= failingShare * this.#outcomes.length;
  }

  #open(nowMs: number): void {
    this.#openUntilMs = nowMs + this.#settings.breaker_pause;
    this.#openings++;
    this.#outcomes = [];
  }

  #refusal(retryAfterMs: number): AppError {
    return new AppError('search_unavailable', 'most searches failed lately, so none is begun for a moment; ingestion and live tail go on', {
      details: { circuit: this.state, setting: settingPath('breaker_pause') },
      retryAfterMs,
    });
  }
}
