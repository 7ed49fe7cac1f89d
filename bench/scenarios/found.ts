/**
 * Line → found by search at 20 K and at 50 K lines/s in batches of 1000: the last line of a batch is a probe. Two
 * clients take the newest probe each and ask for its trace id until an answer has it; the time runs from the start of
 * the probe's request to that answer.
 */
import { LineGenerator } from '../generator.ts';
import { sleep, withProduct } from '../harness.ts';
import { ApiClient } from '../harness/api-client.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendPaced } from '../harness/load.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const batchLines = 1000;
const searcherCount = 2;
const pollMs = 5;
const giveUpMs = 20_000;

interface Probe {
  readonly traceId: string;
  readonly sentMs: number;
}

class Probes {
  readonly delays = new Latencies();
  readonly wrong: string[] = [];
  stopped = false;
  #newest: Probe | undefined;

  offer(probe: Probe): void {
    this.#newest = probe;
  }

  async search(port: number, range: { fromMs: number; toMs: number }): Promise<void> {
    const client = new ApiClient(port);
    while (!this.stopped) {
      const probe = this.#newest;
      this.#newest = undefined;
      if (probe === undefined) await sleep(pollMs);
      else await this.#awaitProbe(client, probe, range);
    }
    client.close();
  }

  async #awaitProbe(client: ApiClient, { traceId, sentMs }: Probe, range: { fromMs: number; toMs: number }): Promise<void> {
    while (performance.now() < sentMs + giveUpMs) {
      const { hits } = await client.search({ query: `trace_id:${traceId}`, range, limit: 1 });
      if (hits.length > 0) return this.delays.add(performance.now() - sentMs);
      await sleep(pollMs);
    }
    this.wrong.push(`probe ${traceId} was not found within ${giveUpMs / 1000} s`);
  }
}

async function measure(context: BenchContext, linesPerSecond: number): Promise<Probes> {
  const { latencyMs } = context.sizes;
  return withProduct(context.freshDirectory(`found-${linesPerSecond}`), async (product) => {
    const lines = Math.round((linesPerSecond * latencyMs) / 1000);
    const endMs = Date.now() + latencyMs;
    const batches = [...new LineGenerator({ lines, batchLines, withProbes: true, endMs, rangeMs: latencyMs }).batches()];
    const probes = new Probes();
    const range = { fromMs: endMs - latencyMs - 10_000, toMs: endMs + 600_000 };
    const searching = Array.from({ length: searcherCount }, () => probes.search(product.port, range));
    const sending = sendPaced({
      port: product.port,
      batches,
      linesPerSecond,
      onSend: ({ probeTraceId }, sentMs) => probes.offer({ traceId: probeTraceId, sentMs }),
    }).finally(() => (probes.stopped = true));
    await Promise.all([sending, ...searching]);
    return probes;
  });
}

export const foundScenario: Scenario = {
  name: 'found',
  goals: [
    { id: 'found.at_20k_p99', title: 'line to found at 20 K lines/s, p99', unit: 'ms', limit: 300, direction: 'at_most' },
    { id: 'found.at_50k_p99', title: 'line to found at 50 K lines/s, p99', unit: 'ms', limit: 500, direction: 'at_most' },
  ],
  async run(context) {
    const slow = await measure(context, 20_000);
    const fast = await measure(context, 50_000);
    return {
      measurements: [
        { goal: 'found.at_20k_p99', value: slow.delays.percentile(99) },
        { goal: 'found.at_50k_p99', value: fast.delays.percentile(99) },
      ],
      wrong: [...slow.wrong, ...fast.wrong],
      details: { at20k: slow.delays.summary(), at50k: fast.delays.summary() },
    };
  },
};
