/** The tables' versions on the real engine: what an earlier version wrote stays found, and is written on as this one does. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { addPatternRollup, createLogs } from '../../src/store/clickhouse/schema.ts';
import { batchOf, storeBed } from './store-harness.ts';

const timesNs = ['2026-03-01T10:00:00.123456789Z', '2026-03-01T10:00:00.5Z', '1999-12-31T23:59:59.999Z', '2026-03-01T10:00:01Z'];
const all = timesNs.map((timestamp, index) => ({ timestamp, service: 'api', message: `line ${index}` }));

test('lines of a table of version 2 stay as they are, and new ones get the codecs of this version', async (t) => {
  const bed = await storeBed(t);
  const client = new ClickHouseHttp({ endpoint: { socketPath: bed.engine.socketPath } });
  t.after(() => client.close());
  const run = (sql: string) => client.run({ sql, sessionClass: 'flush' });
  const rows = async (sql: string): Promise<string[]> => (await run(`${sql} FORMAT TSVRaw`)).body.toString().trim().split('\n');
  const stored = (): Promise<string[]> => rows('SELECT toString(ts) FROM logs ORDER BY message');

  await run(createLogs);
  await run(addPatternRollup);
  await run('CREATE TABLE migrations (version UInt32, name String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version');
  await run("INSERT INTO migrations (version, name) VALUES (1, 'log lines'), (2, 'lines by pattern')");
  const old = await bed.openStore();
  // Written as version 2 did: the migration comes with `prepare`.
  await old.sink.recover();
  await old.sink.insert(batchOf(all.slice(0, 2), 0));
  await old.sink.flush();
  const before = await stored();
  assert.deepEqual(before, ['2026-03-01 10:00:00.123456789', '2026-03-01 10:00:00.500000000']);

  for (let start = 0; start < 2; start += 1) await old.prepare();
  assert.deepEqual(await rows('SELECT max(version) FROM migrations'), ['3']);
  assert.deepEqual(await stored(), before);
  const codec = "SELECT compression_codec FROM system.columns WHERE table = 'logs' AND name = 'ts'";
  assert.deepEqual(await rows(codec), ['CODEC(GCD, Delta(8), T64, LZ4)']);

  await old.sink.insert(batchOf(all.slice(2), 1));
  await old.sink.flush();
  const after = [...before, '1999-12-31 23:59:59.999000000', '2026-03-01 10:00:01.000000000'];
  assert.deepEqual(await stored(), after);
  await run('OPTIMIZE TABLE logs FINAL');
  assert.deepEqual(await stored(), after);
});
