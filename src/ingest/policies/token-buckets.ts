/** Token buckets by name: a steady rate with bursts of one second, for a bounded number of names. */

interface Bucket {
  tokens: number;
  filledMs: number;
}

export class TokenBuckets {
  readonly #ratePerSecond: number;
  readonly #maxNames: number;
  readonly #buckets = new Map<string, Bucket>();

  /** Beyond `maxNames` the one that was idle longest starts anew. */
  constructor(ratePerSecond: number, maxNames: number) {
    this.#ratePerSecond = ratePerSecond;
    this.#maxNames = maxNames;
  }

  /** Takes one token of the name; false where there is none. */
  take(name: string, nowMs: number): boolean {
    const bucket = this.#bucket(name, nowMs);
    const capacity = Math.max(1, this.#ratePerSecond);
    // a clock that was set back fills nothing
    const elapsedMs = Math.max(0, nowMs - bucket.filledMs);
    bucket.tokens = Math.min(capacity, bucket.tokens + (elapsedMs * this.#ratePerSecond) / 1000);
    bucket.filledMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #bucket(name: string, nowMs: number): Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket !== undefined) this.#buckets.delete(name);
    else bucket = { tokens: Math.max(1, this.#ratePerSecond), filledMs: nowMs };
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > this.#maxNames)
      for (const [idle] of this.#buckets) {
        this.#buckets.delete(idle);
        break;
      }
    return bucket;
  }
}
