/** Durations, kept one by one, so that a percentile is exact. */
export class Latencies {
  readonly #values: number[] = [];
  #sorted = true;

  add(durationMs: number): void {
    this.#values.push(durationMs);
    this.#sorted = false;
  }

  get count(): number {
    return this.#values.length;
  }

  /** 0 < percent ≤ 100; NaN without values. */
  percentile(percent: number): number {
    if (!this.#sorted) {
      this.#values.sort((a, b) => a - b);
      this.#sorted = true;
    }
    return this.#values[Math.max(0, Math.ceil((percent / 100) * this.#values.length) - 1)] ?? Number.NaN;
  }

  summary(): Record<'count' | 'p50' | 'p90' | 'p99' | 'p99.9' | 'max', number> {
    const at = (percent: number): number => Math.round(this.percentile(percent) * 100) / 100;
    return { count: this.count, p50: at(50), p90: at(90), p99: at(99), 'p99.9': at(99.9), max: at(100) };
  }
}
