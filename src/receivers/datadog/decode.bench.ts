/**
 * What a record costs from a body of Datadog's log intake to rows.
 *
 *   node src/receivers/datadog/decode.bench.ts [lines]
 */
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { DatadogDecoder } from './decode.ts';

const lineCount = Number(process.argv[2] ?? 50_000);
/** As many as the agent puts into a payload. */
const linesPerBody = 1000;
const { context, intake } = createFakeIntake();
const decoder = new DatadogDecoder(context.ingestConfig);
const source = { tenant: 'default', receiver: 'datadog', sender: 'bench', content: 'text', format: 'json' } as const;

const bodies = Array.from({ length: lineCount / linesPerBody }, (_, body) => {
  const records = Array.from({ length: linesPerBody }, (__, i) => ({
    message: `Failed to process payment for order ord-${body * linesPerBody + i}: card network answered TIMEOUT after ${i} ms`,
    status: 'error',
    timestamp: 1_752_575_025_123 + i,
    hostname: `web-${i % 40}`,
    service: 'checkout',
    ddsource: 'nodejs',
    ddtags: 'env:production,version:1.2.3,team:payments,filename:app.log',
  }));
  return new TextEncoder().encode(JSON.stringify(records));
});

let bestUs = Infinity;
for (let round = 0; round < 9; round++) {
  const before = process.threadCpuUsage();
  for (const body of bodies) decoder.decode(body, intake.open(source));
  const { user, system } = process.threadCpuUsage(before);
  bestUs = Math.min(bestUs, user + system);
}
const perLineNs = (bestUs * 1000) / lineCount;
console.log(`datadog ${perLineNs.toFixed(0)} ns/line, ${(1e6 / perLineNs).toFixed(0)} K lines/s`);
