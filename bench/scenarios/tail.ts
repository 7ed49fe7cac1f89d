/**
 * Line → tail subscriber at 20 K lines/s in batches of 500: the last line of each batch is a probe; the time runs from
 * the start of its request to the arrival of its frame. A second subscriber gets all warnings and errors meanwhile.
 */
import { LineGenerator, probeService } from '../generator.ts';
import { sleep, withProduct } from '../harness.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendPaced } from '../harness/load.ts';
import { TailClient } from '../harness/tail-client.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const linesPerSecond = 20_000;
const batchLines = 500;
const settleMs = 3000;

async function run(context: BenchContext) {
  const { latencyMs } = context.sizes;
  return withProduct(context.freshDirectory('tail'), async (product) => {
    const lines = Math.round((linesPerSecond * latencyMs) / 1000);
    const batches = [
      ...new LineGenerator({ lines, batchLines, withProbes: true, endMs: Date.now() + latencyMs, rangeMs: latencyMs }).batches(),
    ];
    const sent = new Map<string, number>();
    const delays = new Latencies();
    let strange = 0;
    const probes = await TailClient.open({
      port: product.port,
      query: `service:${probeService}`,
      onLine: ({ trace_id = '' }, receivedMs) => {
        const sentMs = sent.get(trace_id);
        if (sentMs === undefined) strange++;
        else delays.add(receivedMs - sentMs);
        sent.delete(trace_id);
      },
    });
    const warnings = await TailClient.open({ port: product.port, query: 'level>=WARN', onLine: () => {} });
    await sendPaced({ port: product.port, batches, linesPerSecond, onSend: ({ probeTraceId }, sentMs) => sent.set(probeTraceId, sentMs) });
    await sleep(settleMs);
    probes.close();
    warnings.close();
    const wrong: string[] = [];
    if (sent.size > 0) wrong.push(`${sent.size} of ${batches.length} probes never came to the tail`);
    if (strange > 0) wrong.push(`${strange} probes came to the tail twice or without being sent`);
    return {
      measurements: [{ goal: 'tail.p99', value: delays.percentile(99) }],
      wrong,
      details: { delays: delays.summary(), probes: probes.counts, warnings: warnings.counts },
    };
  });
}

export const tailScenario: Scenario = {
  name: 'tail',
  goals: [{ id: 'tail.p99', title: 'line to tail at 20 K lines/s, p99', unit: 'ms', limit: 100, direction: 'at_most' }],
  run,
};
