/** Lines as blocks, on the real engine: each line once, in order, over memtables and parts, whatever the size of pages. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '#language/parser.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow } from '#model/native-block.ts';
import type { LineKey, ReadOptions } from '#store/log-store.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const rangeMs = 40 * 60_000;
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + rangeMs) * 1_000_000n };

const record = fc.record({
  timestamp: fc.integer({ min: 0, max: rangeMs - 1 }).map((offset) => new Date(startMs + offset).toISOString()),
  level: fc.constantFrom('', 'INFO', 'ERROR'),
  service: fc.constantFrom('', 'pay', 'cart'),
  host: fc.string({ maxLength: 8 }),
  message: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant('Ünïcode TIMEOUT')),
  trace_id: fc.constantFrom('', 'abc'),
  tags: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
  resource: fc.dictionary(fc.constantFrom('region', 'pod'), fc.string({ maxLength: 5 })),
  metadata: fc.dictionary(fc.constantFrom('x', 'y.z', 'é'), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
});

/** A line's resource entries may have a prototype or none. */
const plain = (line: LogLine): LogLine => ({ ...line, resource: { ...line.resource } });

async function readAll(store: ClickHouseStore, text: string, limit: number): Promise<{ lines: LogLine[]; pages: number }> {
  const lines: LogLine[] = [];
  let [rest, after]: [typeof range, LineKey | undefined] = [range, undefined];
  for (let pages = 1; ; pages++) {
    const query = { tenant: 'default', where: parseQuery(text), range: rest, order: 'asc', limit, ...(after ? { after } : {}) } as const;
    const page = await store.lineBlocks(query, options);
    for (const block of page.blocks) for (let row = 0; row < block.rowCount; row++) lines.push(lineOfRow(block, row));
    assert.ok(page.lineCount <= limit);
    if (page.hasMore) after = page.lastKey;
    else if (page.searchedToNs === undefined) return { lines, pages };
    else [rest, after] = [{ ...rest, fromNs: page.searchedToNs }, undefined];
  }
}

test('blocks hold every line once and in order, as search gives it', { timeout: 420_000 }, async (t) => {
  const store = await (await storeBed(t)).openStore();
  await store.prepare();
  await store.sink.recover();
  const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now());
  t.diagnostic(`seed ${seed}`);
  const records = fc.sample(record, { seed, numRuns: 1500 });
  for (const [sequence, start] of [0, 500, 1000].entries()) {
    await store.sink.insert(batchOf(records.slice(start, start + 500), sequence));
    if (sequence < 2) await store.sink.flush();
  }
  await store.sink.insert(batchOf([{ message: 'of another tenant', timestamp: new Date(startMs).toISOString() }], 3, 'other'));
  for (const text of ['', 'level:ERROR', 'timeout AND service:pay', 'x:*', 'nothing-at-all']) {
    const where = parseQuery(text);
    const { lines: expected } = await store.findLines({ tenant: 'default', where, range, order: 'asc', limit: 5000 }, options);
    for (const limit of [10_000, 137]) {
      const { lines, pages } = await readAll(store, text, limit);
      assert.equal(lines.length, expected.length, `"${text}" by ${limit}`);
      for (const [index, line] of lines.entries()) assert.deepEqual(plain(line), plain(expected[index]));
      if (limit === 137 && expected.length > 1000) assert.ok(pages >= 10);
    }
  }
});
