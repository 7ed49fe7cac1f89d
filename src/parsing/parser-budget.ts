/**
 * What a parser may cost: its average time per line over a window. One over its budget is switched off for a while; its
 * lines go on as they are. Patterns of users are the reason (each line of theirs is measured); of built-in parsers, which
 * are linear in the length of a line, every 16th line is.
 */
import type { Clock } from '#platform/clock.ts';

export interface BudgetLimits {
  /** Average microseconds per line. */
  readonly maxMicroseconds: number;
  readonly switchedOffMs: number;
}

/** Lines of a window. Its slowest line is left out, so that one pause of the process cannot switch a parser off. */
const windowLines = 64;

export class ParserBudget {
  readonly #limits: BudgetLimits;
  readonly #clock: Clock;
  #count = 0;
  #sumMs = 0;
  #longestMs = 0;
  #offUntilMs = -Infinity;
  /** Times it was switched off. */
  switchedOffCount = 0;

  constructor(limits: BudgetLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Whether the parser is switched off now. */
  isOff(): boolean {
    return this.#offUntilMs > 0 && this.#clock.monotonicMs() < this.#offUntilMs;
  }

  /** Counts a line that began at `startMs` of the monotonic clock and is done now. */
  measured(startMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const tookMs = nowMs - startMs;
    this.#sumMs += tookMs;
    if (tookMs > this.#longestMs) this.#longestMs = tookMs;
    if (++this.#count < windowLines) return;
    const averageMs = (this.#sumMs - this.#longestMs) / (windowLines - 1);
    if (averageMs * 1000 > this.#limits.maxMicroseconds) {
      this.#offUntilMs = nowMs + this.#limits.switchedOffMs;
      this.switchedOffCount++;
    }
    this.#count = 0;
    this.#sumMs = 0;
    this.#longestMs = 0;
  }
}
