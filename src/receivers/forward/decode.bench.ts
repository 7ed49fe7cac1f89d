/**
 * What a record costs from a Forward message to a finished Native block, beside the native NDJSON decoder in
 * receivers/native/decode.bench.ts (same machine, same run).
 *
 *   node src/receivers/forward/decode.bench.ts [records]
 */
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { ForwardDecoder } from './decode.ts';
import { MessageParser } from './entries.ts';
import { Packed, eventTime, pack } from './msgpack-writer.test-support.ts';

const recordCount = Number(process.argv[2] ?? 50_000);
const perMessage = 5000;

const kubernetes = {
  pod_name: 'checkout-7d9c5b8f6d-x2x9z',
  namespace_name: 'shop',
  container_name: 'checkout',
  host: 'node-17',
  labels: { app: 'checkout', 'pod-template-hash': '7d9c5b8f6d' },
};

const shapes: Record<string, (i: number) => object> = {
  'application record, 8 members': (i) => ({
    level: i % 20 === 0 ? 'ERROR' : 'INFO',
    service: 'checkout',
    host: 'web-1',
    message: `Failed to process payment for order ord-${i}: card network answered TIMEOUT after ${i % 9000} ms, attempt ${i % 5}`,
    trace_id: `4bf92f3577b34da6a3ce929d${String(i).padStart(8, '0')}`,
    user_id: `user-${i % 5000}`,
    duration_ms: i % 900,
    retried: i % 2 === 0,
  }),
  'container line with kubernetes map': (i) => ({
    log: `10.0.${i % 256}.7 - - "GET /api/v2/items/${i} HTTP/1.1" 200 ${i % 90_000} cache miss after ${i % 800} ms`,
    stream: 'stdout',
    kubernetes,
  }),
};

for (const [name, shape] of Object.entries(shapes)) {
  const fake = createFakeIntake();
  const source = { tenant: 'acme', receiver: 'forward', sender: 'bench', content: 'text', format: 'binary' } as const;
  const decoder = new ForwardDecoder(fake.context.ingestConfig, fake.intake.open(source).writer);
  const parser = new MessageParser({ maxBytes: 1 << 28, setting: 'receivers.forward.max_message_bytes' });
  const messages: Uint8Array[] = [];
  for (let at = 0; at < recordCount; at += perMessage) {
    const entries = Array.from({ length: perMessage }, (_, i) => [eventTime(1_750_000_000 + at, i), shape(at + i)]);
    messages.push(new Uint8Array(pack(['kube.shop', pack(new Packed(...entries)), { size: perMessage }])));
  }
  const bytes = messages.reduce((sum, message) => sum + message.length, 0);
  let bestUs = Infinity;
  for (let round = 0; round < 9; round++) {
    const before = process.threadCpuUsage();
    for (const message of messages) {
      const parsed = parser.parse(message, new DataView(message.buffer), 0, message.length);
      if (parsed === undefined) throw new Error('no message');
      const batch = fake.intake.open(source);
      decoder.decode(parsed, batch, perMessage);
      if (batch.rows.rowCount !== perMessage) throw new Error(`${batch.rows.rowCount} rows`);
      batch.rows.finish({ tenant: 'acme', receivedMs: 1_750_000_000_000, origin: 64, seq: 1, maxClockSkewMs: 30_000 });
    }
    const { user, system } = process.threadCpuUsage(before);
    bestUs = Math.min(bestUs, user + system);
  }
  const perRecordNs = (bestUs * 1000) / recordCount;
  console.log(
    `${name.padEnd(40)} ${(bytes / recordCount).toFixed(0)} B  ${perRecordNs.toFixed(0)} ns/record  ${(1e6 / perRecordNs).toFixed(0)} K records/s`,
  );
}
