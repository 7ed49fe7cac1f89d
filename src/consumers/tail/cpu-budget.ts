/**
 * A share of one core, as a bucket of milliseconds that refills with time. Work is measured after it is done, so the
 * bucket may run into debt by one piece of work; while it is in debt no more is matched. Sending is charged too, but never
 * refused: what was matched is in memory, and giving it away frees that. Who sends spreads it out (`spreadMs`), so that both
 * together stay within the share, and less is matched where more is sent.
 */
import type { TailCpuShare } from '#consumers/live-tail.ts';
import type { Clock } from '#platform/clock.ts';

/** How much can be saved up; short, so that a burst after a calm does not take the core for long. */
const savedUpMs = 500;

export class CpuBudget implements TailCpuShare {
  readonly #clock: Clock;
  readonly #cpuMs: () => number;
  readonly #share: number;
  #leftMs: number;
  #filledAtMs: number;

  /** `cpuMs`: CPU time of this thread. */
  constructor(clock: Clock, cpuMs: () => number, share: number) {
    this.#clock = clock;
    this.#cpuMs = cpuMs;
    this.#share = share;
    this.#leftMs = savedUpMs * share;
    this.#filledAtMs = clock.monotonicMs();
  }

  get hasRoom(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#leftMs = Math.min(savedUpMs * this.#share, this.#leftMs + (nowMs - this.#filledAtMs) * this.#share);
    this.#filledAtMs = nowMs;
    return this.#leftMs > 0;
  }

  spreadMs(workMs: number): number {
    return workMs / this.#share;
  }

  charge(work: () => void, elsewhereMs = 0): number {
    const startMs = this.#cpuMs();
    let workMs = elsewhereMs;
    try {
      work();
    } finally {
      workMs += this.#cpuMs() - startMs;
      this.#leftMs -= workMs;
    }
    return workMs;
  }
}
