/** The engine's plan on the real engine: which indexes a query asks, and what they leave. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '#language/parser.ts';
import type { ReadOptions } from '#store/log-store.ts';
import type { ReadPlan } from '#store/read-plan.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + 3_600_000) * 1_000_000n };
const lineCount = 8000;

const lines = Array.from({ length: lineCount }, (_, number) => ({
  timestamp: new Date(startMs + number * 100).toISOString(),
  service: 'shop',
  message: number === 5000 ? 'a needle in the hay' : 'only hay here',
  metadata: { latency_ms: number },
}));

test('plans of reads', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const planOf = (query: string): Promise<ReadPlan> => store.planRead({ tenant: 'default', where: parseQuery(query), range }, options);

  await t.test('an empty table has nothing to read', async () => {
    const plan = await planOf('needle');
    assert.deepEqual([plan.parts, plan.granules, plan.rows, plan.memtables], [0, 0, 0, 0]);
  });

  await store.sink.insert(batchOf(lines, 0));
  await store.sink.flush();
  await store.sink.insert(batchOf(lines.slice(0, 1), 1));

  await t.test('all lines: the order of the table, and counts from the roll-up', async () => {
    const plan = await planOf('');
    assert.deepEqual([plan.condition, plan.parts, plan.rows, plan.memtables, plan.countsFromRollup], ['1', 1, lineCount, 1, true]);
    assert.ok(plan.indexes.some(({ kind }) => kind === 'order'));
  });

  await t.test('words, regular expressions with words in them, and wildcards ask the text index', async () => {
    for (const query of ['message:needle', '/needle \\w+/', '*eedl*', 'message:/(?i)NEEDLE/']) {
      const plan = await planOf(query);
      const words = plan.indexes.find(({ name }) => name === 'message_words');
      assert.ok(words !== undefined, query);
      assert.equal(plan.granules, 1, query);
      assert.ok(plan.granules < words.granulesBefore && plan.rows < lineCount, query);
      assert.equal(plan.countsFromRollup, false);
    }
  });

  await t.test('a comparison has no index', async () => {
    const plan = await planOf('latency_ms>500');
    assert.deepEqual([plan.rows, plan.indexes.filter(({ kind }) => kind === 'skip').length], [lineCount, 0]);
    assert.deepEqual(plan.parameters, { p0: 'latency_ms', p1: 500 });
  });
});
