/**
 * What an event costs from a body of the HTTP Event Collector to rows.
 *
 *   node src/receivers/splunk/decode.bench.ts [lines]
 */
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { HecDecoder } from './decode.ts';

const lineCount = Number(process.argv[2] ?? 50_000);
const linesPerBody = 5000;
const { context, intake } = createFakeIntake();
const decoder = new HecDecoder(context.ingestConfig);
const source = { tenant: 'default', receiver: 'splunk', sender: 'bench', content: 'records', format: 'json' } as const;

/** Best of several runs in CPU time of this thread. */
function measure(name: string, lineOf: (index: number) => string, kind: 'events' | 'raw' = 'events'): void {
  const bodies = Array.from({ length: lineCount / linesPerBody }, (_, body) =>
    new TextEncoder().encode(Array.from({ length: linesPerBody }, (__, i) => lineOf(body * linesPerBody + i)).join('')),
  );
  let bestUs = Infinity;
  for (let round = 0; round < 9; round++) {
    const before = process.threadCpuUsage();
    for (const body of bodies) {
      const batch = intake.open(source);
      if (kind === 'raw') decoder.decodeRaw(body, { source: 'bench' }, batch);
      else decoder.decodeEvents(body, {}, batch);
    }
    const { user, system } = process.threadCpuUsage(before);
    bestUs = Math.min(bestUs, user + system);
  }
  const perLineNs = (bestUs * 1000) / lineCount;
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0) / lineCount;
  console.log(
    `${name.padEnd(36)} ${bytes.toFixed(0).padStart(4)} B ${perLineNs.toFixed(0).padStart(6)} ns/line ${(1e6 / perLineNs).toFixed(0).padStart(6)} K lines/s`,
  );
}

const message = (i: number): string =>
  `Failed to process payment for order ord-${i}: card network answered TIMEOUT after ${i % 9000} ms, attempt ${i % 5}`;
const envelope = (i: number): string =>
  `"time":${1_752_575_025 + i}.123,"host":"web-${i % 40}","source":"checkout","sourcetype":"_json","index":"main"`;

measure('text event', (i) => `{${envelope(i)},"event":"${message(i)}"}`);
measure('text event with escapes', (i) => `{${envelope(i)},"event":"${message(i)} \\"quoted\\""}`);
measure(
  'object event',
  (i) =>
    `{${envelope(i)},"event":{"message":"${message(i)}","level":"error","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","user_id":${i}}}`,
);
measure(
  'object event and fields',
  (i) => `{${envelope(i)},"event":{"message":"${message(i)}"},"fields":{"region":"eu","retries":${i},"env":"prod"}}`,
);
measure('raw line', (i) => `${message(i)}\n`, 'raw');
