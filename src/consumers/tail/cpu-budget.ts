/**
 * A share of one core, as a bucket of milliseconds that refills with time; while the cores of the machine are busy it refills
 * at a third of the speed, since who writes goes before who watches. Work is measured after it is done, so the bucket may run
 * into debt by one piece of work; while it is in debt no more is matched. Sending is charged too, but never refused: what was
 * matched is in memory, and giving it away frees that. Who sends spreads it out (`spreadMs`), so that both together stay
 * within the share, and less is matched where more is sent.
 */
import type { TailCpuShare } from '#consumers/live-tail.ts';
import type { Clock } from '#platform/clock.ts';

/** How much can be saved up; short, so that a burst after a calm does not take the core for long. */
const savedUpMs = 500;
/** Share of all cores in use from which the machine is busy, and what is left of the tail's own share then. */
const busyFrom = 0.9;
const shareWhenBusy = 1 / 3;
/** Lines that were made become garbage, which other threads of the runtime collect: measured with 200 tails, half of the work again. */
const withCollection = 1.5;

export interface CpuBudgetOptions {
  readonly clock: Clock;
  /** CPU time of this thread. */
  readonly cpuMs: () => number;
  /** Share of all cores of the machine that is in use, 0 to 1. */
  readonly busyShare: () => number;
  readonly share: number;
}

export class CpuBudget implements TailCpuShare {
  readonly #options: CpuBudgetOptions;
  #leftMs: number;
  #filledAtMs: number;

  constructor(options: CpuBudgetOptions) {
    this.#options = options;
    this.#leftMs = savedUpMs * options.share;
    this.#filledAtMs = options.clock.monotonicMs();
  }

  get hasRoom(): boolean {
    const { clock, share } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#leftMs = Math.min(savedUpMs * share, this.#leftMs + (nowMs - this.#filledAtMs) * this.#shareNow);
    this.#filledAtMs = nowMs;
    return this.#leftMs > 0;
  }

  spreadMs(workMs: number): number {
    return workMs / this.#shareNow;
  }

  charge(work: () => void, elsewhereMs = 0): number {
    const { cpuMs } = this.#options;
    const startMs = cpuMs();
    let workMs = elsewhereMs;
    try {
      work();
    } finally {
      workMs += (cpuMs() - startMs) * withCollection;
      this.#leftMs -= workMs;
    }
    return workMs;
  }

  get #shareNow(): number {
    const { share, busyShare } = this.#options;
    return busyShare() >= busyFrom ? share * shareWhenBusy : share;
  }
}
