/** Time that only moves when a test says so. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, TimerHandle } from './declarations/index.d.ts';

interface Timer extends TimerHandle {
  readonly atMs: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  nowMs = Date.parse('2026-11-21T12:00:00Z');
  #timers = new Set<Timer>();

  now(): number {
    return this.nowMs;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { atMs: this.nowMs + ms, callback, unref() {} };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: TimerHandle): void {
    this.#timers.delete(timer as Timer);
  }

  /** Lets time pass, timer by timer. */
  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    await settle();
    for (let next = this.#next(); next !== undefined && next.atMs <= end; next = this.#next()) {
      this.#timers.delete(next);
      this.nowMs = next.atMs;
      next.callback();
      await settle();
    }
    this.nowMs = end;
  }

  #next(): Timer | undefined {
    return [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
  }
}

/** Lets everything happen that needs no time; uncompressed bodies and a fake fetch need a few promises each. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await turn();
}
