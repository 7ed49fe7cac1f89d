/**
 * Makes the lines that the scenarios send: the same seed, count and times give the same bodies. A body is what a shipper
 * posts: `{"logs":[…]}` with 5000 lines, compressed with zstd. Bodies come one by one, so that 10 M lines need no more
 * memory than one batch; `facts` say what is true of all lines made so far.
 */
import { constants, zstdCompressSync } from 'node:zlib';
import { CorrelatedLines } from './generator/correlated.ts';
import type { Facts } from './generator/facts.ts';
import { IndependentLines } from './generator/independent.ts';

export type { Facts } from './generator/facts.ts';
export { maxLatenessMs } from './generator/independent.ts';
export { levels } from './generator/templates.ts';

export type LineSet = 'independent' | 'correlated';

export interface GeneratorOptions {
  readonly set?: LineSet;
  readonly lines: number;
  readonly seed?: number;
  readonly batchLines?: number;
  /** Time of the last line. */
  readonly endMs: number;
  /** Time between the first and the last line. */
  readonly rangeMs: number;
  readonly encoding?: 'zstd' | 'identity';
  /** The last line of every batch is a probe: service `bench-probe` and a trace id that the batch names. */
  readonly withProbes?: boolean;
  /** Facts count the lines of every second too. */
  readonly countSeconds?: boolean;
}

export interface Batch {
  readonly body: Buffer;
  readonly lineCount: number;
  /** Bytes before compression. */
  readonly jsonBytes: number;
  readonly probeTraceId: string;
}

export const probeService = 'bench-probe';
export const defaultSeed = 20_250_715;

/** What a shipper uses when nobody tells it otherwise. */
const zstdLevel = 3;
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } };

export class LineGenerator {
  readonly #options: GeneratorOptions;
  readonly #source: IndependentLines | CorrelatedLines;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    const { set = 'independent', seed = defaultSeed, lines, endMs, rangeMs, countSeconds = false } = options;
    this.#source =
      set === 'independent' ? new IndependentLines(seed, countSeconds) : new CorrelatedLines(seed, lines, endMs, rangeMs, countSeconds);
  }

  /** What is true of the lines made so far; probes are not counted. */
  get facts(): Facts {
    this.#source.settle();
    return this.#source.facts;
  }

  *batches(): Generator<Batch> {
    const { lines, batchLines = 5000, endMs, rangeMs, withProbes = false, encoding = 'zstd' } = this.#options;
    const startMs = endMs - rangeMs;
    for (let first = 0; first < lines; first += batchLines) {
      const end = Math.min(first + batchLines, lines);
      let json = '{"logs":[';
      for (let at = first; at < end; at++)
        json += `${at === first ? '' : ','}${this.#source.line(Math.floor(startMs + (rangeMs * (at + 1)) / lines))}`;
      const probeTraceId = withProbes ? probeId(this.#options.seed ?? defaultSeed, first) : '';
      if (withProbes) json += `,${probeLine(probeTraceId, Math.floor(startMs + (rangeMs * end) / lines))}`;
      const raw = Buffer.from(`${json}]}`);
      yield {
        body: encoding === 'zstd' ? zstdCompressSync(raw, zstdOptions) : raw,
        lineCount: end - first + (withProbes ? 1 : 0),
        jsonBytes: raw.length,
        probeTraceId,
      };
    }
  }
}

function probeId(seed: number, first: number): string {
  return `be0c${seed.toString(16).padStart(12, '0').slice(-12)}${first.toString(16).padStart(16, '0')}`;
}

function probeLine(traceId: string, atMs: number): string {
  return `{"timestamp":"${new Date(atMs).toISOString()}","level":"INFO","service":"${probeService}","host":"bench","trace_id":"${traceId}","message":"probe of the bench","metadata":{}}`;
}
