/** The gateway with real threads over a real WAL. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { accessConfig } from '#access/config.ts';
import type { AccessConfig } from '#access/config.ts';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import { ingestConfig } from '#ingest/config.ts';
import { logConfig } from '#log/config.ts';
import { parsingConfig } from '#parsing/config.ts';
import { metricsCacheConfig } from '#consumers/service-metrics/config.ts';
import { patternsConfig } from '#patterns/config.ts';
import { openWalLog } from '#log/wal/wal-log.ts';
import type { WalLog } from '#log/wal/wal-log.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { receiversConfig } from '#receivers/config.ts';
import { policiesConfig } from '#ingest/policies-config.ts';
import { noRules } from '#ingest/rule-book.ts';
import { quarantineConfig } from '#ingest/quarantine-config.ts';
import { silentLogger } from '#platform/logger.ts';
import { gatewayConfig } from '#server/gateway-config.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import { startGatewayThread } from '#server/gateway/worker-keeper.ts';
import { startGateway, workerCount } from '#server/gateway.ts';
import type { Gateway } from '#server/gateway.ts';
import { defaultsOf, onFreePorts } from '../support/config-defaults.ts';

interface Started {
  readonly gateway: Gateway;
  readonly log: WalLog;
  readonly url: string;
  readonly threads: Worker[];
}

async function start(t: TestContext, settings: Partial<GatewayConfig> = {}, access?: AccessConfig): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-gateway-'));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  const log = await openWalLog({
    directory: join(directory, 'log'),
    files: nodeFiles,
    clock: systemClock,
    logger: silentLogger,
    config: defaultsOf(logConfig),
    holders: ['indexer'],
  });
  t.after(() => log.close());
  const threads: Worker[] = [];
  const gateway = await startGateway({
    config: {
      gateway: { ...defaultsOf(gatewayConfig), port: 0, stop_timeout: 1000, restart_backoff: 10, ...settings },
      ingest: defaultsOf(ingestConfig),
      log: defaultsOf(logConfig),
      access: access ?? defaultsOf(accessConfig),
      receivers: onFreePorts(defaultsOf(receiversConfig)),
      quarantine: defaultsOf(quarantineConfig),
      policies: defaultsOf(policiesConfig),
      parsing: defaultsOf(parsingConfig),
      patterns: defaultsOf(patternsConfig),
      metrics_cache: defaultsOf(metricsCacheConfig),
    },
    incarnation: log.incarnation,
    logDirectory: join(directory, 'log'),
    apiSocketPath: join(directory, 'api.sock'),
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
  t.after(() => gateway.stop());
  return { gateway, log, url: `http://127.0.0.1:${gateway.port}`, threads };
}

const send = (url: string, headers: Record<string, string> = {}): Promise<number> =>
  fetch(`${url}/v1/ingest`, {
    method: 'POST',
    body: '{"logs":[{"message":"m"}]}',
    headers: { 'content-type': 'application/json', ...headers },
  }).then(async (response) => {
    await response.text();
    return response.status;
  });

const rowsIn = (log: WalLog): number => log.shards().reduce((sum, { end }) => sum + end.rows, 0);

test('acknowledged lines are in the log, told to the main thread, and counted', async (t) => {
  const { gateway, log, url } = await start(t, { workers: 1 });
  for (let i = 0; i < 10; i += 1) assert.equal(await send(url), 202);
  assert.equal(rowsIn(log), 10);
  const counts = await gateway.freshCounts();
  assert.equal(counts.outcomesByTenant.default.accepted, 10);
  assert.equal(counts.requests['/v1/ingest 202'], 10);
  const reader = await log.openReader(0, 0);
  let accepted = 0;
  while (reader.nextSequence < 10) for (const { outcomes } of await reader.read(1e6)) accepted += outcomes.accepted;
  await reader.close();
  assert.equal(accepted, 10);
});

test('several workers share the port and have a shard each', async (t) => {
  const { gateway, log, url } = await start(t, { workers: 3 });
  const { workers, listening, restarts, listeners } = gateway.status();
  assert.deepEqual([workers, listening, restarts], [3, 3, 0]);
  assert.ok(listeners.length > 5 && listeners.every(({ problem, port }) => problem === undefined && port > 0), JSON.stringify(listeners));
  // A connection each, which the kernel spreads.
  for (let i = 0; i < 60; i += 1) assert.equal(await send(url, { connection: 'close' }), 202);
  assert.equal(rowsIn(log), 60);
  assert.ok(log.shards().filter(({ end }) => end.rows > 0).length > 1);
});

test('a port in use is one clear error that names the setting', async (t) => {
  const occupant = net.createServer();
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
  t.after(() => occupant.close());
  const { port } = occupant.address() as AddressInfo;
  await assert.rejects(start(t, { port, workers: 2 }), (error: unknown) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid_configuration');
    assert.equal(error.message, `cannot listen on 127.0.0.1, port ${port}: another process listens there`);
    assert.equal(error.details.setting, 'gateway.port');
    return true;
  });
});

test('with keys configured, the key decides; its secret does not go to the worker', async (t) => {
  const key = {
    name: 'k',
    key: new Secret('0123456789abcdef-secret'),
    key_sha256: '',
    tenant: 'acme',
    may_ingest: true,
    may_read: true,
    may_prioritise: false,
    may_act_for_others: false,
  };
  const { gateway, url } = await start(t, { workers: 1 }, { keys: [key] });
  assert.equal(await send(url), 401);
  assert.equal(await send(url, { 'x-api-key': 'wrong-wrong-wrong-wrong' }), 401);
  assert.equal(await send(url, { authorization: 'Bearer 0123456789abcdef-secret' }), 202);
  assert.deepEqual(Object.keys((await gateway.freshCounts()).outcomesByTenant), ['acme']);
});

test('a stop with requests in flight loses none that were acknowledged', async (t) => {
  const { gateway, log, url } = await start(t, { workers: 2, stop_timeout: 600_000 });
  let acknowledged = 0;
  const senders = Array.from({ length: 8 }, async () => {
    for (;;) {
      const status = await send(url).catch(() => 0);
      if (status !== 202) return;
      acknowledged += 1;
    }
  });
  while (acknowledged < 50) await new Promise((resolve) => setImmediate(resolve));
  await gateway.stop();
  await Promise.all(senders);
  assert.equal(rowsIn(log), acknowledged);
});

test('a crashed worker is replaced, on the same port and with a fresh shard; nothing acknowledged is lost', async (t) => {
  const { gateway, log, url, threads } = await start(t, { workers: 1 });
  for (let i = 0; i < 5; i += 1) assert.equal(await send(url), 202);
  await threads[0].terminate();
  let status = 0;
  while (status !== 202) status = await send(url, { connection: 'close' }).catch(() => 0);
  assert.deepEqual(
    log.shards().map(({ shard, end }) => [shard, end.rows]),
    [
      [0, 5],
      [1, 1],
    ],
  );
  const { workers, listening, restarts, listeners } = gateway.status();
  assert.deepEqual([workers, listening, restarts], [1, 1, 1]);
  assert.deepEqual(
    listeners.filter(({ problem }) => problem !== undefined),
    [],
  );
  assert.equal((await gateway.freshCounts()).requests['/v1/ingest 202'] >= 1, true);
});

test('the number of workers follows the cores', () => {
  assert.deepEqual([workerCount(0, 1), workerCount(0, 2), workerCount(0, 16), workerCount(5, 2)], [1, 1, 8, 5]);
});
