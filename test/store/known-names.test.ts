/** Bare words that are names of committed lines are found, before and after what names there are is known; on the real engine. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseQuery } from '#language/parser.ts';
import type { LineQuery, ReadOptions } from '#store/log-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const atMs = Date.parse('2026-03-01T10:00:00Z');

interface Names {
  readonly service: string;
  readonly host: string;
  readonly trace_id: string;
  readonly span_id: string;
}

const first: Names = { service: 'billing', host: 'web7', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' };
/** Ids of other lengths, a name in letters of two bytes, and texts that no index of words has. */
const second: Names = { service: 'größe', host: 'zürich2', trace_id: 'short1', span_id: `span${'9'.repeat(70)}` };

test('words that are names', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const lineOf = (names: Names, index: number) => ({ timestamp: new Date(atMs + index).toISOString(), message: 'nothing of it', ...names });
  const queryOf = (word: string): LineQuery => ({
    tenant: 'default',
    where: parseQuery(word),
    range: { fromNs: BigInt(atMs - 1000) * 1_000_000n, toNs: BigInt(atMs + 60_000) * 1_000_000n },
    order: 'desc',
    limit: 10,
  });
  /** Asked until what is known has been read, and then some times more. */
  const finds = async (expected: Readonly<Record<string, number>>): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      for (const [word, count] of Object.entries(expected)) {
        const { page, count: counting } = store.findCounted(queryOf(word), options, options);
        assert.deepEqual([(await page).lines.length, (await counting).total], [Math.min(10, count), count], word);
        const { buckets } = await store.aggregate({ ...queryOf(word), groupBy: [], metric: { kind: 'count' }, maxBuckets: 10 }, options);
        assert.equal(buckets[0]?.value ?? 0, count, word);
      }
      await sleep(50);
    }
  };
  const expectedOf = (names: Names, count: number) => Object.fromEntries(Object.values(names).map((name) => [name, count]));

  await store.sink.insert(
    batchOf(
      [0, 1, 2].map((index) => lineOf(first, index)),
      0,
    ),
  );
  await store.sink.flush();
  await finds({ ...expectedOf(first, 3), ...expectedOf(second, 0), nothing: 3, timeout: 0 });

  await store.sink.insert(
    batchOf(
      [3, 4].map((index) => lineOf(second, index)),
      1,
    ),
  );
  await finds({ ...expectedOf(first, 3), ...expectedOf(second, 2), nothing: 5 });

  await store.sink.flush();
  await finds({ ...expectedOf(second, 2), ...expectedOf(first, 3), nothing: 5, timeout: 0 });

  await store.sink.insert(
    batchOf(
      Array.from({ length: 20 }, (_, index) => lineOf(first, 10 + index)),
      2,
    ),
  );
  await finds({ ...expectedOf(first, 23), ...expectedOf(second, 2), nothing: 25 });
});
