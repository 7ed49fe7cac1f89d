/**
 * Durations of one window in buckets that grow by a tenth: quantiles are right to 5 %, which is enough to see that they
 * rose, in a kilobyte. Called by window-figures.ts.
 */
const growth = Math.log(1.1);
const leastMs = 1e-3;
/** From a microsecond to half a day. */
const bucketCount = 256;

export class LatencyBuckets {
  readonly #weights = new Float64Array(bucketCount);
  total = 0;

  get bytes(): number {
    return this.#weights.byteLength;
  }

  /** Negative ones count as none at all. */
  add(durationMs: number, weight: number): void {
    const bucket = durationMs <= leastMs ? 0 : Math.min(bucketCount - 1, Math.ceil(Math.log(durationMs / leastMs) / growth));
    this.#weights[bucket] += weight;
    this.total += weight;
  }

  /** Value below which that share lies; NaN where there is nothing. */
  quantile(share: number): number {
    if (this.total === 0) return Number.NaN;
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#weights[bucket];
      if (seen >= share * this.total && this.#weights[bucket] > 0) return valueOf(bucket);
    }
    return valueOf(this.#weights.findLastIndex((weight) => weight > 0));
  }

  /** Pairs of bucket and weight: most are empty. */
  save(): unknown {
    return [...this.#weights.entries()].filter(([, weight]) => weight > 0).flat();
  }

  static restored(saved: unknown): LatencyBuckets {
    const buckets = new LatencyBuckets();
    const pairs = Array.isArray(saved) ? (saved as number[]) : [];
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      if (!(pairs[at] >= 0 && pairs[at] < bucketCount)) continue;
      buckets.#weights[pairs[at]] = pairs[at + 1];
      buckets.total += pairs[at + 1];
    }
    return buckets;
  }
}

const valueOf = (bucket: number): number => leastMs * Math.exp((bucket - 0.5) * growth);
