/**
 * Values from one producer to one consumer, one at a time: `push` resolves when the value was taken, so the producer is
 * never ahead of a slow consumer by more than one.
 */
export class Handoff<T> {
  #waiting: { readonly value: T; readonly taken: () => void } | undefined;
  #wake: () => void = () => undefined;
  #hasEnded = false;

  /** Resolves when the consumer has taken the value, or the signal is aborted. */
  async push(value: T, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      this.#waiting = { value, taken: resolve };
      this.#wake();
    });
  }

  /** Nothing more will come; what was pushed last can still be taken. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** The next value; undefined at the end. */
  async take(): Promise<T | undefined> {
    if (this.#waiting === undefined && !this.#hasEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
    const next = this.#waiting;
    this.#waiting = undefined;
    next?.taken();
    return next?.value;
  }
}
