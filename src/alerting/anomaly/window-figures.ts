/**
 * A window of five minutes of one service: what is counted while its lines come, and the figures that are left at its end.
 * Windows lie on full five minutes of UTC. Called by service-windows.ts for each line.
 */
import { firstErrorSeverity, severityRangeSize } from '#model/severity.ts';
import { PatternSet } from '../conditions/pattern-set.ts';
import { LatencyBuckets } from './latency-buckets.ts';

export const windowMs = 300_000;
export const windowOf = (timeMs: number): number => Math.floor(timeMs / windowMs);

const firstWarnSeverity = firstErrorSeverity - severityRangeSize;
const firstInfoSeverity = firstWarnSeverity - severityRangeSize;

/** At the end of a window. Lines are weighed by their rate of sampling. */
export interface WindowFigures {
  readonly startMs: number;
  readonly lines: number;
  /** Below INFO, but not those without a level. */
  readonly debugs: number;
  readonly warns: number;
  readonly errors: number;
  /** Lines that a kept line stands for: 1 where nothing is sampled. */
  readonly grain: number;
  /** Lines that came so late that they count at the time they came. */
  readonly lateLines: number;
  readonly patterns: number;
  readonly newPatterns: number;
  /** Lines with a duration, and its quantiles in milliseconds; NaN where there is none. */
  readonly measured: number;
  readonly p50: number;
  readonly p99: number;
}

/** Of a window in which nothing came. */
export const emptyWindow = (startMs: number): WindowFigures => ({
  startMs,
  lines: 0,
  debugs: 0,
  warns: 0,
  errors: 0,
  grain: 1,
  lateLines: 0,
  patterns: 0,
  newPatterns: 0,
  measured: 0,
  p50: Number.NaN,
  p99: Number.NaN,
});

export class OpenWindow {
  readonly index: number;
  #lines = 0;
  #squares = 0;
  #debugs = 0;
  #warns = 0;
  #errors = 0;
  #late = 0;
  #patterns: PatternSet | undefined;
  #newPatterns = 0;
  #latencies: LatencyBuckets | undefined;

  constructor(index: number) {
    this.index = index;
  }

  get bytes(): number {
    return 140 + (this.#patterns?.bytes ?? 0) + (this.#latencies?.bytes ?? 0);
  }

  add(level: number, weight: number, isLate: boolean): void {
    this.#lines += weight;
    this.#squares += weight * weight;
    if (isLate) this.#late += weight;
    if (level >= firstErrorSeverity) this.#errors += weight;
    else if (level >= firstWarnSeverity) this.#warns += weight;
    else if (level > 0 && level < firstInfoSeverity) this.#debugs += weight;
  }

  /** A pattern by its two words; one that is not among the known is new, and known from now on. At most `maxPatterns` are. */
  addPattern(low: number, high: number, known: PatternSet, maxPatterns: number): void {
    this.#patterns ??= new PatternSet();
    if (this.#patterns.size >= maxPatterns || !this.#patterns.add(low, high)) return;
    if (known.size < maxPatterns && known.add(low, high)) this.#newPatterns++;
  }

  addDuration(durationMs: number, weight: number): void {
    this.#latencies ??= new LatencyBuckets();
    this.#latencies.add(durationMs, weight);
  }

  figures(): WindowFigures {
    return {
      startMs: this.index * windowMs,
      lines: this.#lines,
      debugs: this.#debugs,
      warns: this.#warns,
      errors: this.#errors,
      grain: this.#lines === 0 ? 1 : this.#squares / this.#lines,
      lateLines: this.#late,
      patterns: this.#patterns?.size ?? 0,
      newPatterns: this.#newPatterns,
      measured: this.#latencies?.total ?? 0,
      p50: this.#latencies?.quantile(0.5) ?? Number.NaN,
      p99: this.#latencies?.quantile(0.99) ?? Number.NaN,
    };
  }

  save(): unknown {
    return {
      index: this.index,
      counts: [this.#lines, this.#squares, this.#debugs, this.#warns, this.#errors, this.#late],
      ...(this.#patterns === undefined ? {} : { patterns: this.#patterns.save(), newPatterns: this.#newPatterns }),
      ...(this.#latencies === undefined ? {} : { latencies: this.#latencies.save() }),
    };
  }

  static restored(saved: unknown): OpenWindow | undefined {
    const { index, counts, patterns, newPatterns, latencies } = (saved ?? {}) as Record<string, unknown>;
    if (!Number.isInteger(index) || !Array.isArray(counts) || counts.length !== 6) return undefined;
    const window = new OpenWindow(index as number);
    [window.#lines, window.#squares, window.#debugs, window.#warns, window.#errors, window.#late] = counts as number[];
    if (typeof patterns === 'string') window.#patterns = PatternSet.restore(patterns);
    if (typeof newPatterns === 'number') window.#newPatterns = newPatterns;
    if (latencies !== undefined) window.#latencies = LatencyBuckets.restored(latencies);
    return window;
  }
}
