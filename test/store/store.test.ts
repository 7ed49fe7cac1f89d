/** The ClickHouse store on the real engine: what is found, in which order, across memtables, flushes and failures. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { parseQuery } from '#language/parser.ts';
import type { LineKey, LineQuery, Metric, ReadOptions } from '#store/log-store.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { batchOf, storeBed } from './store-harness.ts';
import type { StoreBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + 3_600_000) * 1_000_000n };

interface Sent {
  readonly timestamp: string;
  readonly level: string;
  readonly service: string;
  readonly message: string;
  readonly trace_id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const levels = ['INFO', 'INFO', 'INFO', 'WARN', 'ERROR'];

/** Records with many ties in time, in an order that is not that of time. */
function records(from: number, count: number): Sent[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const scattered = (number * 7919) % 3_500_000;
    return {
      timestamp: new Date(startMs + scattered - (scattered % 250)).toISOString(),
      level: levels[number % levels.length],
      service: `service-${number % 7}`,
      message: `request ${number} finished with ${number % 3 === 0 ? 'timeout' : 'success'} after ${number % 900} ms`,
      trace_id: `trace-${number}`,
      metadata: { latency_ms: number % 900, order_id: `ord-${number}`, text: '5' },
    };
  });
}

const query = (text: string, change: Partial<LineQuery> = {}): LineQuery => ({
  tenant: 'default',
  where: parseQuery(text),
  range,
  order: 'desc',
  limit: 100,
  ...change,
});

async function allPages(store: ClickHouseStore, request: LineQuery): Promise<string[]> {
  const messages: string[] = [];
  let after: LineKey | undefined;
  for (;;) {
    const answer = await store.findLines({ ...request, ...(after ? { after } : {}) }, options);
    assert.equal(answer.complete, true);
    messages.push(...answer.lines.map(({ message }) => message));
    if (!answer.hasMore) return messages;
    after = answer.lastKey;
  }
}

async function preparedStore(bed: StoreBed, change = {}): Promise<ClickHouseStore> {
  const store = await bed.openStore(change);
  await store.prepare();
  await store.sink.recover();
  return store;
}

test('lines are found alike in the memtable, in parts and across both', async (t) => {
  const bed = await storeBed(t);
  const store = await preparedStore(bed);
  const sent = [records(0, 2000), records(2000, 2000), records(4000, 2000)];
  const known: Sent[] = [];
  const check = async (): Promise<void> => {
    for (const [text, matches] of [
      ['', () => true],
      ['timeout', ({ message }) => message.includes('timeout')],
      ['"with success"', ({ message }) => message.includes('success')],
      ['level:ERROR', ({ level }) => level === 'ERROR'],
      ['level>=WARN service:service-3', ({ level, service }) => level !== 'INFO' && service === 'service-3'],
      ['ord-1234', ({ metadata }) => metadata.order_id === 'ord-1234'],
      ['trace_id:trace-4001', ({ trace_id }) => trace_id === 'trace-4001'],
      ['latency_ms:5', ({ metadata }) => metadata.latency_ms === 5],
      ['-timeout', ({ message }) => !message.includes('timeout')],
    ] as const satisfies readonly (readonly [string, (line: Sent) => boolean])[]) {
      const expected = known.filter(matches).map(({ message }) => message);
      const { total } = await store.countLines(query(text), options);
      assert.equal(total, expected.length, `count of "${text}"`);
      const found = await allPages(store, query(text, { limit: 777 }));
      assert.deepEqual([...found].sort(), [...expected].sort(), `lines of "${text}"`);
    }
  };

  await store.sink.insert(batchOf(sent[0], 0));
  known.push(...sent[0]);
  await check();
  await store.sink.flush();
  assert.equal(store.status().memtable_rows, 0);
  await check();
  await store.sink.insert(batchOf(sent[1], 1));
  known.push(...sent[1]);
  await check();
  await store.sink.flush();
  await store.sink.insert(batchOf(sent[2], 2));
  known.push(...sent[2]);
  await check();

  await t.test('pages are in order, both ways, and have no seam', async () => {
    const newestFirst = await allPages(store, query('', { limit: 101 }));
    const oldestFirst = await allPages(store, query('', { limit: 997, order: 'asc' }));
    assert.equal(newestFirst.length, 6000);
    assert.deepEqual(oldestFirst, [...newestFirst].reverse());
    const timeOf = new Map(known.map(({ message, timestamp }) => [message, timestamp]));
    const times = newestFirst.map((message) => timeOf.get(message) ?? '');
    assert.deepEqual(times, [...times].sort().reverse());
  });

  await t.test('a line comes back as it was sent, and by its id', async () => {
    const { lines } = await store.findLines(query('trace_id:trace-17'), options);
    assert.equal(lines.length, 1);
    const [line] = lines;
    assert.deepEqual(line.attributes, { names: ['latency_ms', 'order_id', 'text'], values: ['17', 'ord-17', '5'], kinds: 'nss' });
    assert.equal(line.level, 13 - 4, 'INFO');
    assert.deepEqual(await store.lineById('default', line.id, options), line);
    assert.equal(await store.lineById('another', line.id, options), undefined);
    const { id, tenant, tsNs, service, host, traceId } = line;
    assert.deepEqual(await store.placeOfLine('default', id, options), { id, tenant, tsNs, service, host, traceId });
    assert.equal(await store.placeOfLine('another', id, options), undefined);
  });

  await t.test('another tenant sees nothing', async () => {
    assert.equal((await store.countLines(query('', { tenant: 'another' }), options)).total, 0);
    assert.deepEqual((await store.findLines(query('', { tenant: 'another' }), options)).lines, []);
  });

  await t.test('aggregates agree with the lines, from the roll-up and from rows', async () => {
    const count = async (
      groupBy: string[],
      intervalMs: number | undefined,
      metric: Metric,
      from = range.fromNs,
    ): Promise<[string, number | null][]> => {
      const aggregate = {
        tenant: 'default',
        where: parseQuery(''),
        range: { ...range, fromNs: from },
        groupBy,
        metric,
        maxBuckets: 10_000,
      };
      const { buckets } = await store.aggregate({ ...aggregate, ...(intervalMs ? { intervalMs } : {}) }, options);
      return buckets.map(({ group, timeMs, value }) => [[...(timeMs === undefined ? [] : [timeMs]), ...group].join(' '), value]);
    };
    const tally = (key: (line: Sent) => string, lines = known): [string, number][] => {
      const counts = new Map<string, number>();
      for (const line of lines) counts.set(key(line), (counts.get(key(line)) ?? 0) + 1);
      return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
    };
    const sorted = (rows: [string, number | null][]): [string, number | null][] => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(
      sorted(await count(['level'], undefined, { kind: 'count' })),
      tally(({ level }) => level),
    );
    const minute = ({ timestamp }: Sent): number => Math.floor(Date.parse(timestamp) / 60_000) * 60_000;
    assert.deepEqual(
      sorted(await count(['level'], 60_000, { kind: 'count' })),
      tally((line) => `${minute(line)} ${line.level}`),
    );
    assert.deepEqual(sorted(await count(['host'], undefined, { kind: 'count' })), [['', 6000]]);
    const fromMs = startMs + 90_250;
    const later = known.filter(({ timestamp }) => Date.parse(timestamp) >= fromMs);
    const uneven = await count(['service', 'level'], undefined, { kind: 'count' }, BigInt(fromMs) * 1_000_000n);
    assert.deepEqual(
      sorted(uneven),
      tally(({ service, level }) => `${service} ${level}`, later),
    );
    assert.deepEqual(await count([], undefined, { kind: 'error_rate' }), [['', 0.2]]);
    assert.deepEqual(await count([], undefined, { kind: 'distinct', field: 'order_id' }), [['', 6000]]);
    assert.deepEqual(await count([], undefined, { kind: 'max', field: 'latency_ms' }), [['', 899]]);
    assert.deepEqual(await count([], undefined, { kind: 'sum', field: 'latency_ms' }), [
      ['', known.reduce((sum, { metadata }) => sum + Number(metadata.latency_ms), 0)],
    ]);
  });
});

test('counts never fall and always equal what was inserted, while flushes run', async (t) => {
  const bed = await storeBed(t);
  const store = await preparedStore(bed, { flush_rows: 4000 });
  let inserted = 0;
  let writing = true;
  const reading = (async () => {
    let last = 0;
    let reads = 0;
    while (writing) {
      const atLeast = inserted;
      const { total, complete } = await store.countLines(query('success'), options);
      const { total: all } = await store.countLines(query(''), options);
      assert.equal(complete, true);
      assert.ok(total >= last, `count fell from ${last} to ${total}`);
      assert.ok(all >= atLeast && all <= inserted + 1000, `count ${all}, inserted ${atLeast} to ${inserted}`);
      last = total;
      reads += 1;
    }
    return reads;
  })();
  for (let sequence = 0; sequence < 40; sequence += 1) {
    await store.sink.insert(batchOf(records(inserted, 1000), sequence));
    inserted += 1000;
  }
  await store.sink.flush();
  writing = false;
  assert.ok((await reading) > 5);
  assert.ok(Number(store.status().flushes) >= 3);
  assert.equal((await store.countLines(query(''), options)).total, 40_000);
});

test('a flush of many lines brings them in parts of bounded size, as one generation', async (t) => {
  const bed = await storeBed(t);
  const store = await preparedStore(bed, { part_rows: 1000 });
  const client = new ClickHouseHttp({ endpoint: { socketPath: bed.engine.socketPath } });
  t.after(() => client.close());
  const sql = "SELECT rows FROM system.parts WHERE table = 'logs' AND database = currentDatabase() AND level = 0 ORDER BY name FORMAT TSV";
  // Merged ones are listed too, for they stay a while.
  const partRows = async (): Promise<number[]> => (await client.run({ sql })).body.toString().trim().split('\n').map(Number);
  for (let sequence = 0; sequence < 14; sequence += 1) await store.sink.insert(batchOf(records(sequence * 250, 250), sequence));
  await store.sink.flush();
  const parts = await partRows();
  assert.equal(parts.length, 4);
  assert.ok(Math.max(...parts) <= 1250, `parts of ${parts.join(', ')} lines`);
  assert.equal(store.status().generation, 1);
  assert.equal(store.status().memtable_rows, 0);
  assert.equal((await store.countLines(query(''), options)).total, 3500);
  assert.equal((await allPages(store, query('', { limit: 999 }))).length, 3500);

  await store.sink.insert(batchOf(records(3500, 700), 14));
  await store.sink.flush();
  assert.equal((await partRows()).length, 5);
});

test('a new start continues at the last commit and drops what was not committed', async (t) => {
  const bed = await storeBed(t);
  const first = await preparedStore(bed);
  await first.sink.insert(batchOf(records(0, 500), 0));
  await first.sink.flush();
  await first.sink.insert(batchOf(records(500, 500), 1));

  const second = await bed.openStore();
  await second.prepare();
  assert.deepEqual([...(await second.sink.recover())], [[0, 1]]);
  assert.equal((await second.countLines(query(''), options)).total, 500);
  await second.sink.insert(batchOf(records(500, 500), 1));
  assert.equal((await second.countLines(query(''), options)).total, 1000);
  assert.deepEqual(second.sink.ledger().get('default')?.accepted, 1000);

  const otherLog = await bed.openStore({}, 2);
  await otherLog.prepare();
  assert.deepEqual([...(await otherLog.sink.recover())], [], 'positions of another incarnation do not count');
});
