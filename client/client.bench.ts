/**
 * What a line costs the application: the CPU time of its thread from `log()` until the batch is with the operating
 * system, against an endpoint in this process that takes everything at once, and what a line takes in the buffer.
 *
 *   node client/client.bench.ts [lines]
 */
import { Writable } from 'node:stream';
import { createClient } from './index.mjs';
import millracePino from './pino.mjs';
import { MillraceTransport } from './winston.mjs';
import type { ClientOptions } from './declarations/index.d.ts';

const lineCount = Number(process.argv[2] ?? 200_000);
/** Lines logged before the event loop turns, as a busy server does in a request or two. */
const burst = 100;
const rounds = 5;

const options: ClientOptions = {
  url: 'http://127.0.0.1:4880',
  service: 'payment-service',
  maxBufferBytes: 2 ** 30,
  flushOnExit: false,
  fetch: async () => ({ status: 202, headers: { get: () => null }, text: async () => '{"accepted":1000,"failed":0,"lag_hint":"normal"}' }),
};
const fields = (n: number) => ({ trace_id: 'abc-123-def', user_id: `u_${n}`, latency_ms: n % 1000, card: 'visa', retried: false });
const pinoLine = (n: number) =>
  `{"level":30,"time":1750000000${String(n % 1000).padStart(3, '0')},"pid":4711,"hostname":"ip-10-0-3-42","trace_id":"abc-123-def","user_id":"u_${n}","latency_ms":${n % 1000},"msg":"Failed to charge card ending 4242: CARD_DECLINED"}\n`;

async function measure(name: string, run: () => Promise<{ write: (n: number) => void; end: () => Promise<unknown> }>): Promise<void> {
  let bestUs = Infinity;
  for (let round = 0; round < rounds; round++) {
    const { write, end } = await run();
    const before = process.threadCpuUsage();
    for (let n = 0; n < lineCount; n++) {
      write(n);
      if (n % burst === 0) await new Promise(setImmediate);
    }
    await end();
    const { user, system } = process.threadCpuUsage(before);
    bestUs = Math.min(bestUs, user + system);
  }
  console.log(`${name.padEnd(44)} ${(bestUs / lineCount).toFixed(2).padStart(6)} µs/line`);
}

const message = 'Failed to charge card ending 4242: CARD_DECLINED';
await measure('JSON.stringify of the record alone', async () => {
  let sum = 0;
  return {
    write: (n) => (sum += JSON.stringify({ ts: 1750000000000, level: 'INFO', msg: message, meta: fields(n) }).length),
    end: async () => sum,
  };
});
for (const compression of ['none', 'gzip', 'zstd'] as const) {
  await measure(`client.log, ${compression}`, async () => {
    const client = createClient({ ...options, compression });
    return { write: (n) => client.log('INFO', message, fields(n)), end: () => client.close() };
  });
}
await measure('pino stream, one line a write', async () => {
  const stream = await millracePino(options);
  return { write: (n) => void stream.write(pinoLine(n)), end: () => endOf(stream) };
});
await measure('pino stream, 100 lines a write', async () => {
  const stream = await millracePino(options);
  let chunk = '';
  return {
    write: (n) => {
      chunk += pinoLine(n);
      if (n % burst === 0) {
        stream.write(chunk);
        chunk = '';
      }
    },
    end: () => endOf(stream),
  };
});
await measure('winston transport', async () => {
  const transport = new MillraceTransport(options);
  const symbol = Symbol.for('level');
  return { write: (n) => void transport.write({ level: 'info', [symbol]: 'info', message, ...fields(n) }), end: () => endOf(transport) };
});
measureMemory();

function endOf(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.end(resolve));
}

/** Heap per line of lines that wait, beside their text. Needs --expose-gc to be exact. */
function measureMemory(): void {
  const client = createClient({ ...options, maxBatchLines: 50_000, maxBatchBytes: 2 ** 26, fetch: () => new Promise(() => {}) });
  // the first batches leave the queue and stay under way
  for (let n = 0; n < 200_000; n++) client.log('INFO', message, fields(n));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const buffered = client.stats;
  for (let n = 0; n < lineCount; n++) client.log('INFO', message, fields(n));
  globalThis.gc?.();
  const perLine = (process.memoryUsage().heapUsed - before) / lineCount;
  const counted = (client.stats.bufferedBytes - buffered.bufferedBytes) / lineCount;
  console.log(`${'a waiting line'.padEnd(44)} ${perLine.toFixed(0).padStart(6)} B of heap, counted as ${counted.toFixed(0)} B`);
  process.exit();
}
