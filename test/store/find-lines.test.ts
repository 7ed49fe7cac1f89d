/** Pages over parts and memtables whose times lie across each other: always what a sorted list of all lines gives. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '#language/parser.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey, LineQuery, ReadOptions, TimeRange } from '#store/log-store.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const minuteMs = 60_000;
const minutes = (from: number, to: number): TimeRange => ({
  fromNs: BigInt(startMs + from * minuteMs) * 1_000_000n,
  toNs: BigInt(startMs + to * minuteMs) * 1_000_000n,
});
const busyId = 'busy-trace-0000001';

/** Lines from one minute to another; every tenth is of the busy trace, every hundredth of a trace of its own. */
const records = (name: string, count: number, [fromMinute, toMinute]: readonly [number, number]): object[] =>
  Array.from({ length: count }, (_, index) => ({
    timestamp: new Date(startMs + fromMinute * minuteMs + Math.floor((index * (toMinute - fromMinute) * minuteMs) / count)).toISOString(),
    level: index % 5 === 0 ? 'ERROR' : 'INFO',
    service: `service-${index % 3}`,
    message: `request ${index} of ${name}`,
    trace_id: index % 100 === 7 ? `${name}-trace-${index}` : index % 10 === 0 ? busyId : '',
  }));

const queryOf = (text: string, range: TimeRange, order: 'asc' | 'desc', limit: number): LineQuery => ({
  tenant: 'default',
  where: parseQuery(text),
  range,
  order,
  limit,
});

async function pages(store: ClickHouseStore, query: LineQuery): Promise<string[]> {
  const lines: LogLine[] = [];
  for (let after: LineKey | undefined; ; ) {
    const page = await store.findLines({ ...query, ...(after ? { after } : {}) }, options);
    lines.push(...page.lines);
    assert.ok(page.complete && page.lines.length <= query.limit);
    if (!page.hasMore) return lines.map(({ id }) => id);
    after = page.lastKey;
  }
}

/** All lines of the query in order, by one read that no page cuts. */
const whole = async (store: ClickHouseStore, { tenant, where, range, order }: LineQuery): Promise<string[]> => {
  const answer = await store.findLines({ tenant, where, range, order, limit: 100_000 }, options);
  return answer.lines.map(({ id }) => id);
};

test('pages over parts and memtables that lie across each other', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore({ flush_age: 3_600_000 });
  await store.prepare();
  await store.sink.recover();
  const batches: [name: string, count: number, minutes: [number, number]][] = [
    ['old', 3000, [0, 60]],
    ['late', 500, [10, 20]],
    ['new', 1000, [55, 90]],
  ];
  await store.sink.insert(batchOf(records(...batches[0]), 0));
  await store.sink.flush();
  await store.sink.insert(batchOf(records(...batches[1]), 1));
  await store.sink.insert(batchOf(records(...batches[2]), 2));
  const expected: Record<string, number> = {
    '': 4500,
    'service:service-1': 1500,
    request: 4500,
    [`trace_id:${busyId}`]: 450,
    'trace_id:old-trace-107': 1,
  };
  for (const order of ['asc', 'desc'] as const) {
    for (const [text, count] of Object.entries(expected)) {
      await t.test(`${text || 'all lines'}, ${order}`, async () => {
        const query = queryOf(text, minutes(0, 90), order, 170);
        const all = await whole(store, query);
        assert.deepEqual([all.length, new Set(all).size], [count, count]);
        assert.deepEqual(await pages(store, query), all);
        await countsAll(store, query, count);
        const times = all.map((id) => id.slice(0, 13));
        assert.deepEqual(times, order === 'asc' ? times.toSorted() : times.toSorted().toReversed());
      });
    }
  }
  await t.test('ranges with and without memtables in them', async () => {
    for (const [from, to, count] of [
      [0, 5, 250],
      [12, 18, 600],
      [22, 50, 1400],
      [70, 90, 571],
    ]) {
      for (const order of ['asc', 'desc'] as const) {
        assert.equal((await pages(store, queryOf('', minutes(from, to), order, 250))).length, count, `${from} to ${to}`);
      }
      assert.equal((await store.countLines(queryOf('', minutes(from, to), 'asc', 1), options)).total, count);
    }
  });
  await t.test('a line of a memtable and one of a part by their ids', async () => {
    for (const name of ['old', 'late', 'new']) {
      const [line] = (await store.findLines(queryOf(`trace_id:${name}-trace-107`, minutes(0, 90), 'desc', 2), options)).lines;
      assert.deepEqual(await store.lineById('default', line.id, options), line);
      assert.equal(await store.lineById('other', line.id, options), undefined);
      const { id, tenant, tsNs, service, host, traceId } = line;
      assert.deepEqual(await store.placeOfLine('default', id, options), { id, tenant, tsNs, service, host, traceId });
      assert.equal(await store.placeOfLine('other', id, options), undefined);
    }
  });
});

/** With the count beside it every page is as without, and the count is of all pages. */
async function countsAll(store: ClickHouseStore, query: LineQuery, total: number): Promise<void> {
  const { lines, lastKey } = await store.findLines(query, options);
  for (const asked of [query, { ...query, limit: 1000 }, { ...query, offset: 100, limit: 10 }, { ...query, after: lastKey }]) {
    const { page, count } = store.findCounted(asked, options, options);
    const { lines: counted, hasMore } = await page;
    assert.equal((await count).total, total);
    const alone = await store.findLines(asked, options);
    assert.deepEqual([counted.map(({ id }) => id), hasMore], [alone.lines.map(({ id }) => id), alone.hasMore]);
  }
  assert.ok(lines.length > 0);
}

test('times that have no slot of their own in the order of the table are found all the same', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore({ flush_age: 3_600_000 });
  await store.prepare();
  await store.sink.recover();
  // slots are seconds in 32 bits: they begin anew on 7 February 2106, 06:28:16
  const times = ['1970-01-01T00:00:30Z', '2026-03-01T10:00:00Z', '2106-02-07T06:28:05Z', '2106-02-07T06:29:00Z', '2110-03-01T10:00:00Z'];
  const lines = times.map((timestamp, index) => ({
    timestamp,
    service: 'api',
    level: 'INFO',
    message: `line ${index}`,
    latency_ms: index,
  }));
  const ranges: [from: string, to: string, lines: number[]][] = [
    ['1960-01-01', '1970-01-02', [0]],
    ['1970-01-01T00:00:00', '2026-03-02', [0, 1]],
    ['2000-01-01', '2106-02-07T06:28:10', [1, 2]],
    ['2106-02-07T06:28:00', '2106-02-07T06:30:00', [2, 3]],
    ['2106-02-07T06:28:30', '2200-01-01', [3, 4]],
    ['2000-01-01', '2200-01-01', [1, 2, 3, 4]],
    ['1930-01-01', '2200-01-01', [0, 1, 2, 3, 4]],
  ];
  const checkAll = async (): Promise<void> => {
    for (const [from, to, expected] of ranges) {
      const range = { fromNs: BigInt(Date.parse(`${from}Z`)) * 1_000_000n, toNs: BigInt(Date.parse(`${to}Z`)) * 1_000_000n };
      const numbers = async (order: 'asc' | 'desc'): Promise<number[]> =>
        (await store.findLines(queryOf('', range, order, 10), options)).lines.map(({ message }) => Number(message.slice('line '.length)));
      assert.deepEqual(await numbers('asc'), expected, from);
      assert.deepEqual(await numbers('desc'), expected.toReversed(), from);
      assert.equal((await store.countLines(queryOf('latency_ms>=0', range, 'asc', 1), options)).total, expected.length, from);
    }
  };
  await store.sink.insert(batchOf(lines, 0));
  await checkAll();
  await store.sink.flush();
  await checkAll();
});
