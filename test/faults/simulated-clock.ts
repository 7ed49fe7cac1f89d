/** A clock that stands still until a test moves it. */
import type { Clock } from '#platform/clock.ts';

export class SimulatedClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || durationMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleepers.push({ untilMs: this.#monotonicMs + durationMs, wake: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Time passes; sleepers wake in order. */
  advance(durationMs: number): void {
    this.#monotonicMs += durationMs;
    this.#wallMs += durationMs;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#monotonicMs).sort((a, b) => a.untilMs - b.untilMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#monotonicMs);
    for (const { wake } of due) wake();
  }

  /** The wall clock is set, as by an operator or NTP; durations go on. */
  jump(byMs: number): void {
    this.#wallMs += byMs;
  }
}
