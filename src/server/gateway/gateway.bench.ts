/**
 * What a gateway worker costs: CPU a line through HTTP, decompression, decoding and the WAL (fsync on), and how soon
 * single batches are acknowledged at a steady 20,000 lines a second. Run: `node src/server/gateway/gateway.bench.ts`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import http from 'node:http';
import { accessConfig } from '#access/config.ts';
import { ingestConfig } from '#ingest/config.ts';
import { logConfig } from '#log/config.ts';
import { parsingConfig } from '#parsing/config.ts';
import { metricsCacheConfig } from '#consumers/service-metrics/config.ts';
import { patternsConfig } from '#patterns/config.ts';
import { openWalLog } from '#log/wal.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { receiversConfig } from '#receivers/config.ts';
import { policiesConfig } from '#ingest/policies-config.ts';
import { noRules } from '#ingest/rule-book.ts';
import { quarantineConfig } from '#ingest/quarantine-config.ts';
import { silentLogger } from '#platform/logger.ts';
import { gatewayConfig } from '#server/gateway-config.ts';
import { startGateway } from '#server/gateway.ts';
import { LineGenerator } from '../../../bench/generator.ts';
import { defaultsOf, onFreePorts } from '../../../test/support/config-defaults.ts';
import { startGatewayThread } from './worker-keeper.ts';

const throughput = { lines: 500_000, batchLines: 5000, connections: 4 };
const steady = { linesPerSecond: 20_000, batchLines: 200, seconds: 5 };

function bodiesOf(lines: number, batchLines: number): Buffer[] {
  const generator = new LineGenerator({ lines, batchLines, endMs: Date.now(), rangeMs: 60_000 });
  return Array.from(generator.batches(), ({ body }) => body);
}

const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
const log = await openWalLog({
  directory,
  files: nodeFiles,
  clock: systemClock,
  logger: silentLogger,
  config: defaultsOf(logConfig),
  holders: [],
});
const threads: Worker[] = [];
const gateway = await startGateway({
  config: {
    gateway: { ...defaultsOf(gatewayConfig), port: 0, workers: 1 },
    ingest: defaultsOf(ingestConfig),
    log: defaultsOf(logConfig),
    access: defaultsOf(accessConfig),
    receivers: onFreePorts(defaultsOf(receiversConfig)),
    quarantine: defaultsOf(quarantineConfig),
    policies: defaultsOf(policiesConfig),
    parsing: defaultsOf(parsingConfig),
    patterns: defaultsOf(patternsConfig),
    metrics_cache: defaultsOf(metricsCacheConfig),
  },
  incarnation: log.incarnation,
  logDirectory: directory,
  apiSocketPath: join(directory, 'none.sock'),
  shardStart: (shard) => log.writerStart(shard),
  lastReceivedMs: 0,
  rules: noRules,
  recentBatches: async () => [],
  templates: () => [],
  onTemplates: () => undefined,
  figures: () => undefined,
  onCommitted: (end) => log.advance(end),
  clock: systemClock,
  logger: silentLogger,
  startThread(data) {
    const thread = startGatewayThread(data);
    threads.push(thread);
    return thread;
  },
});
const agent = new http.Agent({ keepAlive: true });
const options = {
  agent,
  port: gateway.port,
  host: gateway.host,
  path: '/v1/logs/ingest',
  method: 'POST',
  headers: { 'content-type': 'application/json', 'content-encoding': 'zstd' },
};

/** Milliseconds to the acknowledgement. */
function send(body: Buffer): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 202 ? resolve(performance.now() - startMs) : reject(new Error(`status ${response.statusCode}`)),
        );
    });
    request.on('error', reject).end(body);
  });
}

async function sendAll(bodies: readonly Buffer[]): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: throughput.connections }, async () => {
      while (next < bodies.length) await send(bodies[next++]);
    }),
  );
}

const bodies = bodiesOf(throughput.lines, throughput.batchLines);
await sendAll(bodies.slice(0, 20));
const before = await threads[0].cpuUsage();
const startMs = performance.now();
await sendAll(bodies);
const tookMs = performance.now() - startMs;
const used = await threads[0].cpuUsage(before);
const workerMs = (used.user + used.system) / 1000;
process.stdout.write(
  `throughput: ${Math.round((throughput.lines / tookMs) * 1000)} lines/s by the clock; the worker's thread ${((workerMs * 1e6) / throughput.lines).toFixed(0)} ns/line = ${Math.round((throughput.lines / workerMs) * 1000)} lines/s of its core\n`,
);

const small = bodiesOf(steady.linesPerSecond, steady.batchLines);
const delays: number[] = [];
const pending: Promise<unknown>[] = [];
const intervalMs = (1000 * steady.batchLines) / steady.linesPerSecond;
const beginMs = performance.now();
for (let i = 0; i < (steady.seconds * 1000) / intervalMs; i += 1) {
  await systemClock.sleep(Math.max(0, beginMs + i * intervalMs - performance.now()));
  pending.push(send(small[i % small.length]).then((delayMs) => delays.push(delayMs)));
}
await Promise.all(pending);
delays.sort((a, b) => a - b);
const quantile = (q: number): string => delays[Math.min(delays.length - 1, Math.floor(delays.length * q))].toFixed(2);
process.stdout.write(
  `steady ${steady.linesPerSecond} lines/s in batches of ${steady.batchLines}: ack p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, max ${quantile(1)} ms\n`,
);

agent.destroy();
await gateway.stop();
await log.close();
await rm(directory, { recursive: true, force: true });
