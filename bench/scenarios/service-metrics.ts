/** Reads of the metrics cache: figures of one service over five minutes, from memory, over HTTP through the gateway. */
import { LineGenerator } from '../generator.ts';
import { withProduct } from '../harness.ts';
import { ApiClient } from '../harness/api-client.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendAll } from '../harness/load.ts';
import { treeCost } from '../harness/process-tree.ts';
import type { Scenario } from '../scenario.ts';

const connections = 4;
const path = '/v1/services/metrics?service=payment-api&last=5m';

export const serviceMetricsScenario: Scenario = {
  name: 'service-metrics',
  goals: [
    {
      id: 'service_metrics.reads_per_core',
      title: 'metrics cache: reads for one core of the product',
      unit: 'reads/s',
      limit: 10_000,
      direction: 'at_least',
    },
    { id: 'service_metrics.p99_ms', title: 'metrics cache: p99 of a read', unit: 'ms', limit: 2, direction: 'at_most' },
  ],
  run: (context) =>
    withProduct(context.freshDirectory('service-metrics'), async (product) => {
      const generator = new LineGenerator({ lines: context.sizes.lines, endMs: Date.now(), rangeMs: 300_000 });
      await sendAll(product.port, generator.batches());
      await product.client.flush();
      const latencies = new Latencies();
      const wrong = new Set<string>();
      const costBefore = await treeCost(product.pid);
      const startMs = performance.now();
      const endMs = startMs + context.sizes.latencyMs;
      await Promise.all(
        Array.from({ length: connections }, async () => {
          const client = new ApiClient(product.port);
          while (performance.now() < endMs) {
            const { status, tookMs, body } = await client.connection.request('GET', path, {});
            latencies.add(tookMs);
            if (status !== 200 || !body.includes('"service":"payment-api"')) wrong.add(`${status} ${body.toString().slice(0, 100)}`);
          }
          client.close();
        }),
      );
      const reads = latencies.summary()['count'] ?? 0;
      const cpuSeconds = (await treeCost(product.pid)).cpuSeconds - costBefore.cpuSeconds;
      return {
        measurements: [
          { goal: 'service_metrics.reads_per_core', value: reads / cpuSeconds },
          { goal: 'service_metrics.p99_ms', value: latencies.percentile(99) },
        ],
        wrong: [...wrong],
        details: { reads, cpuSeconds, latencies: latencies.summary(), readsPerSecond: (1000 * reads) / (performance.now() - startMs) },
      };
    }),
};
