/** The rest of a loop between two of its rounds, which a call ends at once. */
import type { Clock } from '#platform/clock.ts';

export class Rest {
  readonly #clock: Clock;
  /** Aborted: there is no rest any more. */
  readonly #stopping: AbortSignal;
  #isWoken = false;
  #end: () => void = () => undefined;

  constructor(clock: Clock, stopping: AbortSignal) {
    this.#clock = clock;
    this.#stopping = stopping;
  }

  /** What calls from now on tell is for the next round. */
  beginRound(): void {
    this.#isWoken = false;
  }

  wake(): void {
    this.#isWoken = true;
    this.#end();
  }

  /** Resolves after that time, or when it is woken; at once where that was during the round. */
  async take(waitMs: number): Promise<void> {
    if (this.#isWoken || this.#stopping.aborted) return;
    const rest = new AbortController();
    this.#end = () => rest.abort();
    await this.#clock.sleep(waitMs, rest.signal);
    this.#end = () => undefined;
  }
}
