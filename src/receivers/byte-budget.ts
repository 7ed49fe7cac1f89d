/** A bound on the bytes of requests that one gateway worker holds at a time, from reading to durable. */
import { AppError } from '#base/errors.ts';

/** What one request holds of the budget. */
export interface ByteReservation {
  /** Makes the reservation this large; throws `gateway_overloaded` where the budget does not allow it. */
  resize(bytes: number): void;
  release(): void;
}

export class ByteBudget {
  readonly #maxBytes: number;
  readonly #setting: string;
  readonly #retryAfterMs: number;
  #usedBytes = 0;

  constructor(maxBytes: number, setting: string, retryAfterMs: number) {
    this.#maxBytes = maxBytes;
    this.#setting = setting;
    this.#retryAfterMs = retryAfterMs;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** An empty reservation. A request that is alone may exceed the budget, else a large one could never be taken. */
  reserve(): ByteReservation {
    let held = 0;
    return {
      resize: (bytes) => {
        const others = this.#usedBytes - held;
        if (bytes > held && others > 0 && others + bytes > this.#maxBytes) {
          throw new AppError('gateway_overloaded', `more than ${this.#maxBytes} bytes of requests are in flight; retry later`, {
            details: { setting: this.#setting },
            retryAfterMs: this.#retryAfterMs,
          });
        }
        this.#usedBytes = others + bytes;
        held = bytes;
      },
      release: () => {
        this.#usedBytes -= held;
        held = 0;
      },
    };
  }
}
