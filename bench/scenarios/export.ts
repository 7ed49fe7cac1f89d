/**
 * Exports through HTTP over 1 M flushed lines with a memtable beside them: all lines of the time range, from the request
 * to the last byte, and what they cost the product's processes. The lines are counted and compared with the oracle.
 */
import { requestLarge } from '../../src/platform/large-answer.ts';
import type { Facts } from '../generator.ts';
import { withProduct } from '../harness.ts';
import type { Product } from '../harness.ts';
import { wholeRange } from '../harness/oracle.ts';
import type { Goal, Measurement, Scenario } from '../scenario.ts';
import { fill } from './queries.ts';

const formats = [
  { format: 'ndjson', linesPerSecond: 300_000, beside: 1 },
  { format: 'csv', linesPerSecond: 300_000, beside: 1 },
  { format: 'raw', linesPerSecond: 300_000, beside: 0 },
] as const;

const goalOf = (format: string, linesPerSecond: number): Goal => ({
  id: `export.${format}`,
  title: `export of all lines as ${format}, median of 3`,
  unit: 'lines/s',
  limit: linesPerSecond,
  direction: 'at_least',
});

const turns = 3;

interface Run {
  readonly lines: number;
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly tookMs: number;
  readonly cpuSeconds: number;
}

/** As cheap as `curl`: with Node's client what is measured would be that client's buffers too, on the same two cores. */
async function post(product: Product, path: string, body: unknown): Promise<AsyncIterable<Buffer>> {
  const text = Buffer.from(JSON.stringify(body));
  const headers = ['Host', '127.0.0.1', 'Content-Type', 'application/json', 'Content-Length', String(text.length)];
  const connection = { host: '127.0.0.1', port: product.port };
  const { head, parts } = await requestLarge({ connection, method: 'POST', path, headers, body: text });
  if (head.status !== 200) throw new Error(`${path} answered ${head.status}`);
  return parts;
}

async function exportAll(product: Product, facts: Facts, format: string): Promise<Run> {
  const { fromMs, toMs } = wholeRange(facts);
  const cpuBefore = await product.cpuSeconds();
  const startMs = performance.now();
  const answer = await post(product, '/v1/logs/export', { time_range: { from: fromMs, to: toMs }, format });
  let [lines, bytes, firstByteMs] = [0, 0, 0];
  for await (const chunk of answer) {
    if (bytes === 0) firstByteMs = performance.now() - startMs;
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  }
  const tookMs = performance.now() - startMs;
  return { lines, bytes, firstByteMs, tookMs, cpuSeconds: (await product.cpuSeconds()) - cpuBefore };
}

export const exportScenario: Scenario = {
  name: 'export',
  goals: formats.map(({ format, linesPerSecond }) => goalOf(format, linesPerSecond)),
  run: (context) =>
    withProduct(context.freshDirectory('export'), async (product) => {
      const facts = await fill(context, product, context.sizes.lines, 3_600_000);
      const measurements: Measurement[] = [];
      const wrong: string[] = [];
      const details: Record<string, unknown> = {};
      for (const { format, beside } of formats) {
        const runs: Run[] = [];
        for (let turn = 0; turn < turns; turn++) runs.push(await exportAll(product, facts, format));
        for (const { lines } of runs)
          if (lines - beside !== facts.lines) wrong.push(`export.${format}: ${lines - beside} lines instead of ${facts.lines}`);
        const [, median] = runs.toSorted((a, b) => a.tookMs - b.tookMs);
        measurements.push({ goal: `export.${format}`, value: (facts.lines / median.tookMs) * 1000 });
        details[format] = runs;
      }
      return { measurements, wrong, details };
    }),
};
