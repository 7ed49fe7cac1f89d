/** A clock that only tests move: sleepers wake when `advance` passes their time. */
import type { Clock } from '#platform/clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  wake(): void;
}

export class ManualClock implements Clock {
  #elapsedMs = 0;
  readonly #startMs: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = { wakeMs: this.#elapsedMs + durationMs, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          resolve();
        },
        { once: true },
      );
    });
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  advance(durationMs: number): void {
    this.#elapsedMs += durationMs;
    const due = this.#sleepers.filter(({ wakeMs }) => wakeMs <= this.#elapsedMs);
    this.#sleepers = this.#sleepers.filter(({ wakeMs }) => wakeMs > this.#elapsedMs);
    for (const sleeper of due) sleeper.wake();
  }
}
