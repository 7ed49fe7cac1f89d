/**
 * Sustained: 60 K lines/s for ten minutes with two clients that search without pause. A third asks all the time how many
 * lines lie in the part of the run that must be found by now, and compares with the oracle, through flushes and merges.
 * Lag and memory are recorded. Bodies are made before, with the times at which they will be sent.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LineGenerator, maxLatenessMs } from '../generator.ts';
import type { Facts } from '../generator.ts';
import { sleep, withProduct } from '../harness.ts';
import type { Product } from '../harness.ts';
import { ApiClient } from '../harness/api-client.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendPaced } from '../harness/load.ts';
import { compareWithFacts } from '../harness/oracle.ts';
import { Spool } from '../harness/spool.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const linesPerSecond = 60_000;
const batchLines = 5000;
const connectionCount = 2;
const maxLagSeconds = 2;
/** A count that is short is asked again after this; only if it is short still are lines missing. */
const secondChanceMs = 10_000;
const countEveryMs = 200;
const statusEveryMs = 500;
/** Time that making one line takes at most, for planning when sending can begin. */
const makingUsPerLine = 15;
/** A product that cannot keep the rate ends the run after so much more time than planned. */
const maxOvertime = 1.3;

class Run {
  readonly product: Product;
  readonly facts: Facts;
  readonly searches = new Latencies();
  readonly lagSeconds = new Latencies();
  readonly memtableRows: number[] = [];
  readonly wrong = new Set<string>();
  /** Event time before which all lines are acknowledged, and when the last of them was. */
  readonly #acked: { readonly eventMs: number; readonly ackMs: number }[] = [];
  lateCounts = 0;
  counts = 0;
  flushes = 0;
  stopped = false;

  constructor(product: Product, facts: Facts) {
    this.product = product;
    this.facts = facts;
  }

  noteAcked(eventMs: number): void {
    this.#acked.push({ eventMs, ackMs: performance.now() });
  }

  /** Two of these: newest lines, a word, errors of a service, a histogram; over the last minutes, as people look. */
  async searchOn(turn: number): Promise<void> {
    const client = new ApiClient(this.product.port);
    for (let at = turn; !this.stopped; at++) {
      const range = { fromMs: Date.now() - 600_000, toMs: Date.now() + 1000 };
      const startMs = performance.now();
      if (at % 4 === 0) await client.search({ range });
      else if (at % 4 === 1) await client.search({ query: 'timeout', range });
      else if (at % 4 === 2) await client.search({ filters: { service: 'payment-api', level: ['ERROR'] }, range });
      else await client.aggregate({ range, groupBy: ['level'], interval: '10s' });
      this.searches.add(performance.now() - startMs);
    }
    client.close();
  }

  /** Asks for the count of all seconds that are old enough, again and again. */
  async countOn(): Promise<void> {
    const client = new ApiClient(this.product.port);
    const fromMs = this.facts.earliestMs - 1000;
    const bySecond = [...(this.facts.bySecond as Map<number, number>)].toSorted(([a], [b]) => a - b);
    for (; !this.stopped; await sleep(countEveryMs)) {
      const due = this.#acked.findLast(({ ackMs }) => ackMs < performance.now() - maxLagSeconds * 1000);
      if (due === undefined) continue;
      const endSecond = Math.floor((due.eventMs - maxLatenessMs) / 1000);
      const expected = bySecond.reduce((sum, [second, lines]) => (second < endSecond ? sum + lines : sum), 0);
      await this.#compare(client, { fromMs, toMs: endSecond * 1000 }, expected);
    }
    client.close();
  }

  async #compare(client: ApiClient, range: { fromMs: number; toMs: number }, expected: number): Promise<void> {
    this.counts++;
    const found = await client.count({ range });
    if (found === expected) return;
    this.lateCounts++;
    if (found > expected) return void this.wrong.add(`${found} lines found where only ${expected} were sent`);
    await sleep(secondChanceMs);
    const later = await client.count({ range });
    if (later !== expected) this.wrong.add(`${later} lines found (${found} before) where ${expected} were acknowledged`);
  }

  async watchOn(): Promise<void> {
    const client = new ApiClient(this.product.port);
    for (let wasFlushing = false; !this.stopped; await sleep(statusEveryMs)) {
      const { lagSeconds, memtableRows, flushing } = await client.storeState();
      this.lagSeconds.add(lagSeconds);
      this.memtableRows.push(memtableRows);
      if (flushing && !wasFlushing) this.flushes++;
      wasFlushing = flushing;
    }
    client.close();
  }
}

/** Writes all bodies of the run; their times begin at `startMs` of the wall clock. */
async function makeSpool(context: BenchContext, path: string, lines: number, startMs: number): Promise<{ spool: Spool; facts: Facts }> {
  await mkdir(dirname(path), { recursive: true });
  const rangeMs = (1000 * lines) / linesPerSecond;
  const spool = await Spool.create(path);
  const generator = new LineGenerator({ lines, batchLines, endMs: startMs + rangeMs, rangeMs, countSeconds: true });
  let made = 0;
  for (const batch of generator.batches()) {
    await spool.write(batch);
    made += batch.lineCount;
    if (made % 6_000_000 === 0) context.say(`${made / 1e6} M of ${lines / 1e6} M lines are ready`);
  }
  return { spool, facts: generator.facts };
}

/** Ends early at the time of `performance.now()`. */
async function* until<T>(items: AsyncIterable<T>, endMs: number): AsyncGenerator<T> {
  for await (const item of items) {
    if (performance.now() > endMs) return;
    yield item;
  }
}

async function load(product: Product, spool: Spool, facts: Facts, startMs: number, plannedMs: number) {
  const run = new Run(product, facts);
  const underWay = new Set<number>();
  let index = 0;
  const eventMsOf = (batch: number): number => startMs + (1000 * batch * batchLines) / linesPerSecond;
  const indexes = new Map<object, number>();
  await sleep(Math.max(0, startMs - Date.now()));
  const background = [run.searchOn(0), run.searchOn(2), run.countOn(), run.watchOn()];
  const fromMs = performance.now();
  const sending = sendPaced({
    port: product.port,
    batches: until(spool.batches(), fromMs + maxOvertime * plannedMs),
    linesPerSecond,
    connectionCount,
    onSend: (batch) => {
      underWay.add(index);
      indexes.set(batch, index++);
    },
    onAck: (batch) => {
      underWay.delete(indexes.get(batch) as number);
      indexes.delete(batch);
      run.noteAcked(eventMsOf(Math.min(index, ...underWay)));
    },
  }).finally(() => (run.stopped = true));
  const [sent] = await Promise.all([sending, ...background]);
  return { run, sent, fromMs, toMs: performance.now() };
}

async function measure(context: BenchContext) {
  const lines = Math.round((linesPerSecond * context.sizes.sustainedMs) / 1000 / batchLines) * batchLines;
  const directory = context.freshDirectory('sustained');
  return withProduct(directory, async (product) => {
    const startMs = Date.now() + 10_000 + (lines * makingUsPerLine) / 1000;
    const { spool, facts } = await makeSpool(context, `${directory}/bodies`, lines, startMs);
    try {
      const { run, sent, fromMs, toMs } = await load(product, spool, facts, startMs, context.sizes.sustainedMs);
      await product.awaitFound(sent.lines, { fromMs: facts.earliestMs - 1000, toMs: facts.latestMs + 1000 }, 250);
      // What was cut off for want of time the facts do not know.
      const wrong = [...run.wrong, ...(sent.lines === lines ? await compareWithFacts(product.client, facts) : [])];
      const fifth = (toMs - fromMs) / 5;
      const memory = [1, 2, 3, 4].map((at) => product.sampler.meanPssBytes(fromMs + at * fifth, fromMs + (at + 1) * fifth) / 1e6);
      return {
        measurements: [
          { goal: 'sustained.lines_per_second', value: (1000 * sent.lines) / sent.tookMs },
          { goal: 'sustained.lag_seconds', value: run.lagSeconds.percentile(100) },
          { goal: 'sustained.late_counts', value: run.lateCounts },
          { goal: 'sustained.memory_growth', value: memory[3] / memory[0] },
        ],
        wrong,
        details: {
          minutes: sent.tookMs / 60_000,
          acks: sent.acks.summary(),
          backpressure: sent.backpressure,
          searches: run.searches.summary(),
          counts: run.counts,
          lagSeconds: run.lagSeconds.summary(),
          flushes: run.flushes,
          maxMemtableRows: Math.max(0, ...run.memtableRows),
          memoryMbByFifth: memory,
          peakMemoryMb: product.sampler.peakPssBytes(fromMs, toMs) / 1e6,
          spoolBytes: spool.byteCount,
        },
      };
    } finally {
      await spool.remove();
    }
  });
}

export const sustainedScenario: Scenario = {
  name: 'sustained',
  goals: [
    { id: 'sustained.lines_per_second', title: 'sustained: rate kept', unit: 'lines/s', limit: 59_500, direction: 'at_least' },
    { id: 'sustained.lag_seconds', title: 'sustained: highest lag of the index', unit: 's', limit: maxLagSeconds, direction: 'at_most' },
    {
      id: 'sustained.late_counts',
      title: 'sustained: counts short after 2 s (complete later)',
      unit: 'counts',
      limit: 0,
      direction: 'at_most',
    },
    { id: 'sustained.memory_growth', title: 'sustained: memory, last fifth to second', unit: '×', limit: 1.15, direction: 'at_most' },
  ],
  run: measure,
};
