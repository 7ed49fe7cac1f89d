/** Queries with pipes on the real engine: the committed table, the memtables and the roll-ups give the same table. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parsePipeline, planPipeline } from '#language/pipes.ts';
import type { ReadOptions } from '#store/log-store.ts';
import type { PipeAnswer, PipeQuery } from '#store/pipe-reads.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + 3_600_000) * 1_000_000n };
const lineCount = 8000;

const lines = Array.from({ length: lineCount }, (_, number) => ({
  timestamp: new Date(startMs + number * 100).toISOString(),
  service: `svc-${number % 4}`,
  level: number % 10 === 0 ? 'ERROR' : 'INFO',
  message: `user u-${number % 7} took ${number % 100}ms`,
  metadata: { latency_ms: number % 100, user: `u-${number % 7}` },
}));

test('pipes over the store', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const query = (text: string, change: Partial<PipeQuery> = {}): PipeQuery => ({
    tenant: 'default',
    plan: planPipeline(parsePipeline(text), { text, nowMs: startMs }),
    range,
    maxRows: 100,
    aliases: new Map(),
    ...change,
  });
  const run = (text: string, change: Partial<PipeQuery> = {}): Promise<PipeAnswer> => store.runPipes(query(text, change), options);
  const rowsOf = async (text: string): Promise<unknown[][]> =>
    (await run(text)).rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value / 1_000_000n) - startMs : value)));

  await t.test('an empty store', async () => {
    assert.deepEqual(await rowsOf('| stats count(), avg(latency_ms), max(timestamp), first(service)'), [[0, null, null, '']]);
    assert.deepEqual(await rowsOf('| stats count() by service'), []);
    assert.deepEqual((await run('| limit 5')).lines, []);
  });

  await store.sink.insert(batchOf(lines.slice(0, 6000), 0));
  await store.sink.flush();
  await store.sink.insert(batchOf(lines.slice(6000), 1));

  /** Answers are the same from disk and memory as they are here. */
  const tables: readonly (readonly [string, unknown[][]])[] = [
    ['| stats count()', [[8000]]],
    [
      'level:ERROR | stats count() by service',
      [
        ['svc-0', 400],
        ['svc-2', 400],
      ],
    ],
    [
      '| stats count(), avg(latency_ms), max(latency_ms) by service | sort max_latency_ms desc | limit 2',
      [
        ['svc-3', 2000, 51, 99],
        ['svc-2', 2000, 50, 98],
      ],
    ],
    [
      '| stats count(), error_rate() by service, bin(10m) | where service:svc-0',
      [
        ['svc-0', 0, 1500, 0.2],
        ['svc-0', 600_000, 500, 0.2],
      ],
    ],
    [
      '| stats count() by level | sort level desc',
      [
        [17, 800],
        [9, 7200],
      ],
    ],
    ['| rate by service | where rate>0.5 service:svc-1', [['svc-1', 2000 / 3600]]],
    [
      '| top 2 by user',
      [
        ['u-0', 1143, 14.2875],
        ['u-1', 1143, 14.2875],
      ],
    ],
    ['| parse "user <who> took <ms>ms" | where who:u-3 ms>=98 | stats count(), min(ms) by who', [['u-3', 23, 98]]],
    ['| stats first(user), last(user), min(timestamp)', [['u-0', 'u-5', 0]]],
    ['| stats count() by service, bin(1m) | stats max(count), count() by service | limit 1', [['svc-0', 150, 14]]],
    ['| dedup service | stats count()', [[4]]],
    [
      '| limit 10 | stats count() by service',
      [
        ['svc-0', 2],
        ['svc-1', 2],
        ['svc-2', 3],
        ['svc-3', 3],
      ],
    ],
    ['| stats distinct(user), count(nothing), count(user)', [[7, 0, 8000]]],
    ['| patterns | fields pattern, count', [['0000000000000000', 8000]]],
  ];
  for (const [text, expected] of tables) {
    await t.test(text, async () => assert.deepEqual(await rowsOf(text), expected));
  }

  await t.test('counts by minute come from the roll-up: hardly a line is read', async () => {
    const { scannedRows } = await run('| stats count() by service, bin(1m)');
    assert.ok(scannedRows < 3000, `${scannedRows} rows read, of which 2000 lie in memory`);
  });

  await t.test('lines come newest first, with what was parsed, from widening ranges', async () => {
    const { lines: found, rows, hasMore } = await run('level:ERROR | parse "user <who> took" | where who:u-2 | limit 3');
    assert.deepEqual(
      found.map(({ tsNs }) => Number(tsNs / 1_000_000n) - startMs),
      [79_40, 78_70, 78_00].map((tenths) => tenths * 100),
    );
    assert.deepEqual([rows, hasMore], [[['u-2'], ['u-2'], ['u-2']], false]);
    const page = await run('user:u-2', { maxRows: 2 });
    assert.deepEqual([page.lines.length, page.hasMore], [2, true]);
    const old = await run('| sort timestamp | limit 2 | fields service');
    assert.deepEqual(
      old.lines.map(({ service }) => service),
      ['svc-0', 'svc-1'],
    );
  });

  await t.test('the bound of scanned lines ends a search of lines, which says so', async () => {
    const answer = await store.runPipes(query('latency_ms>1000'), { limits: { ...options.limits, maxScannedRows: 1000 } });
    assert.deepEqual([answer.complete, answer.searchedToNs], [false, range.toNs]);
    assert.match(answer.reason ?? '', /max_scanned_rows/);
  });

  await t.test('the statement is told with its parameters, and holds no value', async () => {
    const { sql, parameters } = await store.pipeStatement(
      query('service:"it\'s" | parse "x <y> z" from user | stats count() by y, bin(5m)'),
      options,
    );
    assert.ok(!sql.includes("it's") && !sql.includes('default') && Object.values(parameters).includes("it's"), sql);
    for (const [, name] of sql.matchAll(/\{(\w+):/g)) assert.ok(name in parameters, name);
  });
});
