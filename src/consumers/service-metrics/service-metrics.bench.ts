/** What the metrics cache costs: nanoseconds a line to count, microseconds a read with its JSON text. */
import { addFrame } from './frame-figures.ts';
import { MinuteFigures } from './minute-figures.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { ingestConfig } from '#ingest/config.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';

const lineCount = 5000;
const nowMs = Date.now();
const defaults = Object.fromEntries(
  Object.entries(ingestConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as ConstructorParameters<typeof BatchDecoder>[0];

const logs = Array.from({ length: lineCount }, (_, index) => ({
  timestamp: new Date(nowMs - ((index * 37) % 300_000)).toISOString(),
  service: `service-${index % 20}`,
  level: index % 20 === 0 ? 'ERROR' : 'INFO',
  message: `request ${index} done`,
  metadata: { order_id: `o-${index}`, user_id: `u-${index % 900}`, region: 'eu', status: 200, latency_ms: (index * 7919) % 2000 },
}));
const builder = new LogBatchBuilder();
new BatchDecoder(defaults).decodeJson(Buffer.from(JSON.stringify({ logs })), {}, builder);
const block = Buffer.from(builder.finish({ tenant: 't', receivedMs: nowMs, origin: 64, seq: 0, maxClockSkewMs: 30_000 }));
const figures = new MinuteFigures({ retention: 3_600_000, max_services: 2000, max_buckets: 50_000 });

const measure = (name: string, unit: string, perRun: number, runs: number, run: () => void): void => {
  for (let warm = 0; warm < runs / 4; warm++) run();
  const startNs = process.hrtime.bigint();
  for (let at = 0; at < runs; at++) run();
  console.log(`${name}: ${(Number(process.hrtime.bigint() - startNs) / runs / perRun).toFixed(1)} ${unit}`);
};

measure('counting a line, its block decoded', 'ns/line', lineCount, 200, () =>
  addFrame(figures, 't', readNativeBlock(block), ['duration_ms', 'latency_ms'], nowMs),
);
const toMs = Math.ceil(nowMs / 60_000) * 60_000;
measure(
  'one service over five minutes, as JSON',
  'us/read',
  1000,
  20_000,
  () => void JSON.stringify(figures.read('t', 'service-7', toMs - 300_000, toMs)),
);
