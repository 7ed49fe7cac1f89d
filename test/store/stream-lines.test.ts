/** Streamed searches on the real engine: the same lines in the same order as pages, over memtables, parts and late lines. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createEngineClient } from '#engine/official-client.test-support.ts';
import { parseQuery } from '#language/parser.ts';
import type { LineKey, LineQuery, LinesStep, ReadOptions } from '#store/log-store.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const rangeMs = 40 * 60_000;
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + rangeMs) * 1_000_000n };

/** In an order that is not that of time, with ties. */
const records = (from: number, count: number): object[] =>
  Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const scattered = (number * 7919 * 13) % rangeMs;
    return {
      timestamp: new Date(startMs + scattered - (scattered % 100)).toISOString(),
      level: number % 5 === 0 ? 'ERROR' : 'INFO',
      service: `service-${number % 7}`,
      message: `request ${number} ended with ${number % 3 === 0 ? 'timeout' : 'success'}`,
    };
  });

const query = (text: string, change: Partial<LineQuery> = {}): LineQuery => ({
  tenant: 'default',
  where: parseQuery(text),
  range,
  order: 'desc',
  limit: 1_000_000,
  ...change,
});

async function allPages(store: ClickHouseStore, request: LineQuery, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const ids: string[] = [];
  for (let after: LineKey | undefined; ; ) {
    const answer = await store.findLines({ ...request, limit: 350, ...(after ? { after } : {}) }, options);
    ids.push(...answer.lines.map(({ id }) => id));
    if (!answer.hasMore || ids.length >= most) return ids.slice(0, most);
    after = answer.lastKey;
  }
}

async function allSteps(store: ClickHouseStore, request: LineQuery, readOptions = options): Promise<LinesStep[]> {
  const steps: LinesStep[] = [];
  for await (const step of store.streamLines(request, readOptions)) steps.push(step);
  return steps;
}

const idsOf = (steps: readonly LinesStep[]): string[] => steps.flatMap(({ lines }) => lines.map(({ id }) => id));

test('a stream gives what pages give, and says how far it is', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  for (let sequence = 0; sequence < 24; sequence++) await store.sink.insert(batchOf(records(sequence * 5000, 5000), sequence));
  await store.sink.flush();
  for (let sequence = 24; sequence < 26; sequence++) await store.sink.insert(batchOf(records(sequence * 5000, 5000), sequence));

  for (const order of ['desc', 'asc'] as const) {
    for (const text of ['level:ERROR service:service-3', '-timeout service:service-2 level:ERROR', 'request 4711', 'never-there']) {
      await t.test(`${text}, ${order}`, async () => {
        const wanted = await allPages(store, query(text, { order }));
        const steps = await allSteps(store, query(text, { order }));
        assert.deepEqual(idsOf(steps), wanted);
        assert.ok(steps.every(({ share }, index) => share >= (steps[index - 1]?.share ?? 0) && share <= 1));
        const last = steps.at(-1);
        assert.deepEqual([last?.share, last?.hasMore, last?.reason], [1, false, undefined]);
        assert.equal(last?.searchedToNs, order === 'desc' ? range.fromNs : range.toNs);
      });
    }
    await t.test(`a limit ends it inside, and it goes on behind its last key, ${order}`, async () => {
      const wanted = await allPages(store, query('timeout', { order }), 3000);
      const first = await allSteps(store, query('timeout', { order, limit: 1700 }));
      assert.deepEqual(idsOf(first), wanted.slice(0, 1700));
      const after = first.at(-1)?.lastKey;
      assert.ok(after !== undefined);
      assert.deepEqual(idsOf(await allSteps(store, query('timeout', { order, limit: 1300, after }))), wanted.slice(1700));
    });
  }
  await t.test('the bound of scanned lines ends it with a reason, whole up to there', async () => {
    const bounded = { limits: { ...options.limits, maxScannedRows: 60_000 } };
    const steps = await allSteps(store, query('timeout', { limit: 100_000 }), bounded);
    const last = steps.at(-1);
    assert.match(last?.reason ?? '', /max_scanned_rows/);
    const edge = last?.searchedToNs ?? 0n;
    const wanted = await allPages(store, query('timeout', { range: { fromNs: edge, toNs: range.toNs } }));
    assert.deepEqual(idsOf(steps), wanted);
  });
  await t.test('who stops early leaves no snapshot behind', async () => {
    for await (const step of store.streamLines(query(''), options)) if (step.lines.length > 0) break;
    await store.sink.flush();
    const { rows } = await countMemtables(bed.engine.socketPath);
    assert.equal(rows, 0);
  });
});

/** Memtables that are still there; one that a query reads is not dropped. */
async function countMemtables(socketPath: string): Promise<{ rows: number }> {
  const client = createEngineClient({ socketPath });
  const deadline = Date.now() + 5000;
  try {
    for (;;) {
      const result = await client.query({ query: "SELECT name FROM system.tables WHERE name LIKE 'memtable%'", format: 'JSONCompact' });
      const rows = ((await result.json()) as { data: unknown[] }).data.length;
      if (rows === 0 || Date.now() > deadline) return { rows };
    }
  } finally {
    await client.close();
  }
}
