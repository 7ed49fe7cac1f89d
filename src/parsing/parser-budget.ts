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

/** Lines of a window. */
const windowLines = 64;
/**
 * A line counts for this many times the budget at most, so that a few pauses of the process (V8 compiling an expression, a
 * collection of garbage) cannot switch a parser off, and one slow line in eight can.
 */
const maxShare = 16;

export class ParserBudget {
  readonly #limits: BudgetLimits;
  readonly #clock: Clock;
  #count = 0;
  #sumMs = 0;
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
    const budgetMs = this.#limits.maxMicroseconds / 1000;
    this.#sumMs += Math.min(nowMs - startMs, budgetMs * maxShare);
    if (++this.#count < windowLines) return;
    if (this.#sumMs > budgetMs * windowLines) {
      this.#offUntilMs = nowMs + this.#limits.switchedOffMs;
      this.switchedOffCount++;
    }
    this.#count = 0;
    this.#sumMs = 0;
  }
}
