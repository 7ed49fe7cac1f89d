/**
 * What an event costs from a compressed Lumberjack window to a finished Native block, beside the native NDJSON decoder in
 * receivers/native/decode.bench.ts (same machine, same run).
 *
 *   node src/receivers/beats/decode.bench.ts [events]
 */
import { decompress } from '#platform/decompress.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { measureRate } from '#receivers/sample-records.test-support.ts';
import { LumberjackDecoder } from './decode.ts';
import { countEvents } from './frames.ts';
import { GatheredEvents } from './gathered-events.ts';
import { compressedFrame, jsonFrame } from './lumberjack-client.test-support.ts';

const eventCount = Number(process.argv[2] ?? 50_000);
const perWindow = 2048;
const bounds = { maxBytes: 1 << 28, setting: 'receivers.beats.max_frame_bytes' };

const filebeatEvent = (i: number) => ({
  '@timestamp': `2025-06-15T15:06:${String(i % 60).padStart(2, '0')}.123Z`,
  '@metadata': { beat: 'filebeat', type: '_doc', version: '9.1.0' },
  log: { offset: i * 120, file: { path: '/var/log/nginx/access.log' } },
  message: `10.0.${i % 256}.7 - - "GET /api/v2/items/${i} HTTP/1.1" 200 ${i % 90_000} "-" "curl/8.5.0"`,
  input: { type: 'filestream' },
  ecs: { version: '8.0.0' },
  host: { name: 'web-1' },
  agent: {
    ephemeral_id: '6f6f1c3e-6b4e-4f5e-8c9e-0d1f2a3b4c5d',
    id: '1d2c3b4a-5f6e-7d8c-9b0a-1c2d3e4f5a6b',
    name: 'web-1',
    type: 'filebeat',
    version: '9.1.0',
  },
});

const windows: Uint8Array[] = [];
for (let at = 0; at < eventCount; at += perWindow) {
  const frames = Array.from({ length: perWindow }, (_, i) => jsonFrame(i + 1, filebeatEvent(at + i)));
  windows.push(compressedFrame(...frames).subarray(6));
}
const total = windows.length * perWindow;
const plain = windows.map((window) => decompress(window, 'deflate', bounds.maxBytes, bounds.setting));
const source = { tenant: 'acme', receiver: 'beats', sender: 'bench', content: 'text', format: 'json' } as const;
const fake = createFakeIntake();
const decoder = new LumberjackDecoder(fake.context.ingestConfig);

function decodeWindow(frames: Uint8Array): void {
  const events = new GatheredEvents();
  events.add(frames, countEvents(new DataView(frames.buffer, frames.byteOffset, frames.length), frames.length, bounds));
  const batch = fake.intake.open(source);
  decoder.decode(events, batch, perWindow);
  if (batch.rows.rowCount !== perWindow) throw new Error(`${batch.rows.rowCount} rows`);
  batch.rows.finish({ tenant: 'acme', receivedMs: 1_750_000_000_000, origin: 64, seq: 1, maxClockSkewMs: 30_000 });
}

console.log(`${total} events of ${(plain.reduce((sum, { length }) => sum + length, 0) / total).toFixed(0)} B`);
measureRate('decode and finish', total, () => plain.forEach(decodeWindow));
measureRate('decompress, decode and finish', total, () => {
  for (const window of windows) decodeWindow(decompress(window, 'deflate', bounds.maxBytes, bounds.setting));
});
