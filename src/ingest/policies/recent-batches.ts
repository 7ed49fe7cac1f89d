/**
 * Batch ids seen within a window: a batch that a sender repeats, because the answer to it was lost, is recognised (I17).
 * Only what is durable is known; while the first is on its way nobody can say yet.
 */

export type BatchState = 'new' | 'under_way' | 'known';

export class RecentBatches {
  readonly #windowMs: number;
  readonly #maxBatches: number;
  /** In the order of their arrival. */
  readonly #seenMs = new Map<string, number>();
  readonly #underWay = new Set<string>();

  constructor(windowMs: number, maxBatches: number) {
    this.#windowMs = windowMs;
    this.#maxBatches = maxBatches;
  }

  stateOf(tenant: string, id: string, nowMs: number): BatchState {
    const key = keyOf(tenant, id);
    if (this.#underWay.has(key)) return 'under_way';
    const seenMs = this.#seenMs.get(key);
    return seenMs !== undefined && nowMs - seenMs <= this.#windowMs ? 'known' : 'new';
  }

  /** Knows the batch once `durable` resolves; forgets it where that rejects. */
  track(tenant: string, id: string, nowMs: number, durable: Promise<unknown>): void {
    const key = keyOf(tenant, id);
    this.#underWay.add(key);
    durable.then(
      () => {
        this.#underWay.delete(key);
        this.remember(tenant, id, nowMs);
      },
      () => this.#underWay.delete(key),
    );
  }

  /** Knows a batch that is durable, such as those of the log at the start. */
  remember(tenant: string, id: string, seenMs: number): void {
    const key = keyOf(tenant, id);
    this.#seenMs.delete(key);
    this.#seenMs.set(key, seenMs);
    for (const [oldest, oldestMs] of this.#seenMs) {
      if (this.#seenMs.size <= this.#maxBatches && seenMs - oldestMs <= this.#windowMs) break;
      this.#seenMs.delete(oldest);
    }
  }
}

const keyOf = (tenant: string, id: string): string => `${tenant}\n${id}`;
