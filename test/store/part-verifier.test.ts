/** Parts that the engine calls written and that are not whole, on the real engine: as a disk that filled up leaves them. */
import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { EngineInserter } from '#engine/engine-insert.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { silentLogger } from '#platform/logger.ts';
import { Database } from '../../src/store/clickhouse/database.ts';
import { emptyDescription } from '../../src/store/clickhouse/part-files.ts';
import { PartVerifier } from '../../src/store/clickhouse/part-verifier.ts';
import { batchOf, storeBed } from './store-harness.ts';
import type { StoreBed } from './store-harness.ts';

function databaseOf(bed: StoreBed): { database: Database; close: () => void } {
  const client = new ClickHouseHttp({ endpoint: { socketPath: bed.engine.socketPath } });
  return { database: new Database(client, new EngineInserter(client, bed.engine.spoolPath)), close: () => client.close() };
}

const linesFrom = (first: number): object[] =>
  Array.from({ length: 500 }, (_, index) => ({ timestamp: new Date().toISOString(), message: `line ${first + index}` }));

const write =
  "INSERT INTO logs (tenant, ts, receive_ts, message, gen) SELECT 'default', now64(9), now64(9), toString(number), 7 FROM numbers(100)";

/** Empties a file of the newest active part, which has this level; its name. */
async function damage(database: Database, level: number, file: string): Promise<string> {
  const parts = await database.selectInternal(
    "SELECT name, path, level FROM system.parts WHERE active AND rows > 0 AND table = 'logs' ORDER BY modification_time DESC",
  );
  const [name, path, partLevel] = parts[0].map(String);
  assert.equal(Number(partLevel), level);
  await truncate(join(path, file), 0);
  return name;
}

test('a damaged part of a merge is found while its sources are there, and a restart of the engine goes back to them', async (t) => {
  const bed = await storeBed(t);
  const { database, close } = databaseOf(bed);
  t.after(close);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  for (const [sequence, first] of [0, 500].entries()) {
    await store.sink.insert(batchOf(linesFrom(first), sequence));
    await store.sink.flush();
  }
  await database.command('OPTIMIZE TABLE logs FINAL', 'flush');
  const damaged: string[] = [];
  store.onDamagedPart((part) => damaged.push(part));
  const name = await damage(database, 1, 'data.cmrk4');
  // As an indexer does that begins anew: on a full disk it fails again and again.
  await store.prepare();
  await store.tick();
  assert.deepEqual(damaged, [name]);
  assert.equal(store.status()['damaged_parts'], 1);

  store.engineLost();
  const ended = new Promise<void>((resolve) => {
    const unwatch = bed.engine.onStateChange(({ status }) => {
      if (status !== 'ready') return;
      unwatch();
      resolve();
    });
  });
  bed.engine.restart('the test damaged a part');
  await ended;
  await store.prepare();
  await store.sink.recover();
  assert.equal(await store.countAll('default', { limits: { timeoutMs: 10_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 2 ** 40 } }), 1000);
});

for (const file of ['data.bin', 'serialization.json']) {
  test(`a damaged part that no commit covers is dropped, and its flush hears of it: ${file} is empty`, async (t) => {
    const bed = await storeBed(t);
    const { database, close } = databaseOf(bed);
    t.after(close);
    const store = await bed.openStore();
    await store.prepare();
    const parts = new PartVerifier({
      database,
      clock: systemClock,
      logger: silentLogger,
      emptyDescription: (path) => emptyDescription(nodeFiles, path),
    });
    await parts.begin();
    await database.command(write, 'flush');
    await damage(database, 0, file);
    await assert.rejects(parts.verify(), /damaged part/);
    assert.deepEqual(await database.selectInternal('SELECT count() FROM logs'), [['0']]);
    assert.equal(parts.damagedParts, 1);

    await database.command(write, 'flush');
    await parts.verify();
    assert.deepEqual(await database.selectInternal('SELECT count() FROM logs'), [['100']]);
  });
}
