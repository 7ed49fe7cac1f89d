/** One burst from an idle product to rest, with everything that the rows of the table read from it. */
import { rm } from 'node:fs/promises';
import { LineGenerator } from '../generator.ts';
import type { Batch } from '../generator.ts';
import { Product, sleep } from '../harness.ts';
import { readDiskSizes } from './disk.ts';
import type { DiskSizes } from './disk.ts';
import { sendAll } from './load.ts';
import { threadCosts } from './process-tree.ts';
import type { ThreadCost } from './process-tree.ts';
import { compareWithFacts, wholeRange } from './oracle.ts';

export interface BurstRun {
  readonly lines: number;
  readonly linesPerSecond: number;
  readonly ackedPerSecond: number;
  readonly ackSummary: Readonly<Record<string, number>>;
  readonly backpressure: number;
  /** From the first byte until everything is flushed, indexed and merged. */
  readonly cpuSeconds: number;
  readonly cpuSecondsUntilFound: number;
  readonly idlePssBytes: number;
  readonly peakPssBytes: number;
  readonly disk: DiskSizes;
  /** CPU since the start of the product by process and thread, when at rest. */
  readonly threads: readonly ThreadCost[];
  readonly wrong: readonly string[];
}

const settleMs = 4000;

export interface BurstBodies {
  readonly batches: readonly Batch[];
  readonly generator: LineGenerator;
}

/** Bodies ready in memory: the last hour, up to now. */
export function makeBodies(lines: number, seed?: number): BurstBodies {
  const generator = new LineGenerator({ lines, seed, endMs: Date.now(), rangeMs: 3_600_000 });
  return { batches: [...generator.batches()], generator };
}

/** The measured part alone: sends and waits until a count finds all. */
export async function burst(
  product: Product,
  { batches, generator }: BurstBodies,
): Promise<{ tookMs: number; ackedMs: number; acks: Readonly<Record<string, number>>; backpressure: number }> {
  const { facts } = generator;
  const startMs = performance.now();
  const load = await sendAll(product.port, batches, 2);
  const foundMs = await product.awaitFound(facts.lines, wholeRange(facts));
  return { tookMs: foundMs - startMs, ackedMs: load.tookMs, acks: load.acks.summary(), backpressure: load.backpressure };
}

/** Flushes, waits for rest, compares with the oracle, stops, and reads the sizes on disk. */
export async function runBurst(directory: string, lines: number): Promise<BurstRun> {
  const bodies = makeBodies(lines);
  const product = await Product.start(directory);
  try {
    await sleep(settleMs);
    const idlePssBytes = product.sampler.peakPssBytes(performance.now() - settleMs / 2);
    const cpuBefore = await product.cpuSeconds();
    const startMs = performance.now();
    const { tookMs, ackedMs, acks, backpressure } = await burst(product, bodies);
    const cpuSecondsUntilFound = (await product.cpuSeconds()) - cpuBefore;
    await product.client.flush();
    const cpuSeconds = (await product.awaitRest()) - cpuBefore;
    const threads = (await threadCosts(product.pid)).slice(0, 12);
    const peakPssBytes = product.sampler.peakPssBytes(startMs);
    const wrong = await compareWithFacts(product.client, bodies.generator.facts);
    await product.stop();
    const disk = await readDiskSizes(product.dataDirectory);
    return {
      lines,
      linesPerSecond: (1000 * lines) / tookMs,
      ackedPerSecond: (1000 * lines) / ackedMs,
      ackSummary: acks,
      backpressure,
      cpuSeconds,
      cpuSecondsUntilFound,
      idlePssBytes,
      peakPssBytes,
      disk,
      threads,
      wrong,
    };
  } finally {
    await product.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
