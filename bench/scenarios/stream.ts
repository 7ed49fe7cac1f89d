/** Streamed searches over many lines of five days: how soon the first lines are there, and whether all of a page come. */
import { request } from 'node:http';
import { LineGenerator } from '../generator.ts';
import { withProduct } from '../harness.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendAll } from '../harness/load.ts';
import { wholeRange } from '../harness/oracle.ts';
import type { Scenario } from '../scenario.ts';

const dayMs = 86_400_000;
const limit = 1000;
const searches = { newest: '', word: 'timeout', errors: 'level:ERROR service:payment-api', scan: 'host:*7' };

interface Streamed {
  readonly firstMs: number;
  readonly allMs: number;
  readonly found: number;
  readonly complete: boolean;
}

/** Reads one stream; the first lines count when their bytes are there. */
function stream(port: number, body: object): Promise<Streamed> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, method: 'POST', path: '/v1/logs/search/stream', headers: { 'content-type': 'application/json' } },
      (answer) => {
        let firstMs = Number.NaN;
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          if (Number.isNaN(firstMs)) firstMs = performance.now() - startMs;
          text += part;
        });
        answer.on('error', reject).on('end', () => {
          const { end } = JSON.parse(text.slice(text.lastIndexOf('\n', text.length - 2) + 1)) as {
            end: { found: number; complete: boolean };
          };
          resolve({ firstMs, allMs: performance.now() - startMs, found: end.found, complete: end.complete });
        });
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

export const streamScenario: Scenario = {
  name: 'stream',
  goals: Object.keys(searches).map((name) => ({
    id: `stream.${name}`,
    title: `first rows of a stream, ${name}, 10 M lines, median`,
    unit: 'ms',
    limit: 150,
    direction: 'at_most' as const,
  })),
  run: (context) =>
    withProduct(context.freshDirectory('stream'), async (product) => {
      const generator = new LineGenerator({ lines: context.sizes.manyLines, endMs: Date.now(), rangeMs: 5 * dayMs });
      await sendAll(product.port, generator.batches());
      await product.client.flush();
      const { fromMs, toMs } = wholeRange(generator.facts);
      const wrong = new Set<string>();
      const details: Record<string, unknown> = {};
      const measurements = [];
      for (const [name, query] of Object.entries(searches)) {
        const [first, all] = [new Latencies(), new Latencies()];
        for (let turn = 0; turn < context.sizes.repeats; turn++) {
          // Another range each time: nothing can have been kept.
          const streamed = await stream(product.port, { query, limit, time_range: { from: fromMs - turn, to: toMs } });
          first.add(streamed.firstMs);
          all.add(streamed.allMs);
          if (!streamed.complete) wrong.add(`${name}: not complete`);
          if (name !== 'scan' && name !== 'errors' && streamed.found !== limit)
            wrong.add(`${name}: ${streamed.found} lines instead of ${limit}`);
        }
        measurements.push({ goal: `stream.${name}`, value: first.percentile(50) });
        details[name] = { first: first.summary(), all: all.summary() };
      }
      return { measurements, wrong: [...wrong], details };
    }),
};
