/** Counts whose committed part is in memory, on the real engine: at every step of a store's life the same as counted by hand. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { parseQuery } from '#language/parser.ts';
import { selectRows } from '#model/select-rows.ts';
import type { AggregateQuery, Metric, ReadOptions, TimeRange } from '#store/log-store.ts';
import type { InsertBatch } from '#store/line-sink.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const minuteMs = 60_000;
const nsPerMs = 1_000_000n;
const seed = 20_260_301;

interface Line {
  readonly atMs: number;
  readonly service: string;
  readonly environment: string;
  readonly level: string;
  /** 1 / sample_rate. */
  readonly weight: number;
}

const lineIn = (fromMinute: number, toMinute: number): fc.Arbitrary<Line> =>
  fc.record({
    atMs: fc.integer({ min: startMs + fromMinute * minuteMs, max: startMs + toMinute * minuteMs - 1 }),
    service: fc.constantFrom('api', 'pay', 'größe', ''),
    environment: fc.constantFrom('prod', 'test', ''),
    level: fc.constantFrom('INFO', 'WARN', 'ERROR', 'FATAL', ''),
    weight: fc.constantFrom(1, 1, 1, 4),
  });

const linesIn = (fromMinute: number, toMinute: number, count: number): Line[] =>
  fc.sample(lineIn(fromMinute, toMinute), { seed: seed + fromMinute + count, numRuns: count });

/** Lines with their weights, as sampling leaves them. */
function sampledBatch(lines: readonly Line[], sequence: number, tenant = 'default'): InsertBatch {
  const records = lines.map(({ atMs, service, environment, level }) => ({
    timestamp: new Date(atMs).toISOString(),
    ...(service === '' ? {} : { service }),
    ...(environment === '' ? {} : { environment }),
    ...(level === '' ? {} : { level }),
    message: 'x',
  }));
  const batch = batchOf(records, sequence, tenant);
  const rates = Float32Array.from(lines, ({ weight }) => 1 / weight);
  return { ...batch, blocks: [selectRows(batch.blocks[0], new Uint8Array(lines.length).fill(1), rates)] };
}

const selections: readonly (readonly [query: string, passes: (line: Line) => boolean])[] = [
  ['', () => true],
  ['service:pay', ({ service }) => service === 'pay'],
  ['-environment:prod', ({ environment }) => environment !== 'prod'],
  ['level:ERROR OR service:gr*', ({ level, service }) => level === 'ERROR' || service === 'größe'],
  // counted from rows: in the words of the message there is no roll-up
  ['x level:ERROR', ({ level }) => level === 'ERROR'],
  ['level:>=WARN environment:*', ({ level, environment }) => ['WARN', 'ERROR', 'FATAL'].includes(level) && environment !== ''],
];
const isError = ({ level }: Line): boolean => level === 'ERROR' || level === 'FATAL';
const fieldOf = (line: Line, field: string): string => line[field as 'service' | 'environment' | 'level'];

const asked = fc.record({
  selection: fc.constantFrom(...selections),
  /** Of minute 0; whole minutes now and then. */
  fromMs: fc.oneof(
    fc.integer({ min: -5, max: 100 }).map((minute) => minute * minuteMs),
    fc.integer({ min: -400_000, max: 7_000_000 }),
  ),
  widthMs: fc.oneof(fc.constantFrom(minuteMs, 30 * minuteMs, 200 * minuteMs), fc.integer({ min: 1, max: 9_000_000 })),
  groupBy: fc.subarray(['service', 'environment', 'level']),
  intervalMs: fc.constantFrom(undefined, minuteMs, 7 * minuteMs, 360 * minuteMs),
  metric: fc.constantFrom<Metric>({ kind: 'count' }, { kind: 'rate' }, { kind: 'error_rate' }),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

const rangeOf = ({ fromMs, widthMs }: Pick<Asked, 'fromMs' | 'widthMs'>): TimeRange => ({
  fromNs: BigInt(startMs + fromMs) * nsPerMs,
  toNs: BigInt(startMs + fromMs + widthMs) * nsPerMs,
});

function queryOf({ selection, groupBy, intervalMs, metric, ...range }: Asked): AggregateQuery {
  const where = parseQuery(selection[0]);
  return {
    tenant: 'default',
    where,
    range: rangeOf(range),
    groupBy,
    metric,
    maxBuckets: 10_000,
    ...(intervalMs === undefined ? {} : { intervalMs }),
  };
}

/** Rows of time, groups and value, in the order in which the store gives them. */
function expected(lines: readonly Line[], { selection: [, passes], groupBy, intervalMs, metric, fromMs, widthMs }: Asked): unknown[][] {
  const inside = lines.filter((line) => passes(line) && line.atMs >= startMs + fromMs && line.atMs < startMs + fromMs + widthMs);
  const bucket = (line: Line): number => (intervalMs === undefined ? 0 : Math.floor(line.atMs / intervalMs) * intervalMs);
  const byKey = Map.groupBy(inside, (line) => JSON.stringify([bucket(line), ...groupBy.map((field) => fieldOf(line, field))]));
  const weightOf = (of: readonly Line[]): number => of.reduce((sum, { weight }) => sum + weight, 0);
  const seconds = (intervalMs ?? widthMs) / 1000;
  const valueOf = (of: readonly Line[]): number =>
    metric.kind === 'error_rate' ? weightOf(of.filter(isError)) / weightOf(of) : weightOf(of) / (metric.kind === 'rate' ? seconds : 1);
  const rows = [...byKey].map(([key, of]) => [...(JSON.parse(key) as unknown[]), valueOf(of)]);
  return rows.sort(inOrder(groupBy.length + 1));
}

const inOrder =
  (keys: number) =>
  (a: readonly unknown[], b: readonly unknown[]): number => {
    for (let index = 0; index < keys; index++) {
      const [x, y] = [a[index], b[index]];
      const order = typeof x === 'number' ? x - Number(y) : Buffer.compare(Buffer.from(String(x)), Buffer.from(String(y)));
      if (order !== 0) return order;
    }
    return 0;
  };

async function agrees(store: ClickHouseStore, lines: readonly Line[]): Promise<void> {
  const property = fc.asyncProperty(asked, async (question) => {
    const { buckets, extrapolated, complete } = await store.aggregate(queryOf(question), options);
    const rows = buckets.map(({ timeMs = 0, group, value }) => [timeMs, ...group, value]);
    const wanted = expected(lines, question);
    assert.deepEqual(rows, wanted);
    assert.equal(complete, true);
    if (question.groupBy.length === 3) assert.equal(extrapolated, isExtrapolated(lines, question));
    const { total } = await store.countLines(queryOf(question), options);
    const weightless = lines.map((line) => ({ ...line, weight: 1 }));
    const [row = [0, 0]] = expected(weightless, { ...question, groupBy: [], intervalMs: undefined, metric: { kind: 'count' } });
    assert.equal(total, row.at(-1));
  });
  await fc.assert(property, { seed, numRuns: 40 });
}

function isExtrapolated(lines: readonly Line[], question: Asked): boolean {
  const sampled = lines.filter(({ weight }) => weight > 1);
  return expected(sampled, { ...question, metric: { kind: 'count' } }).length > 0;
}

/** Asks until the answer comes from memory: then nothing is scanned for whole minutes. */
async function awaitKept(store: ClickHouseStore): Promise<void> {
  const query = queryOf({
    selection: selections[0],
    fromMs: minuteMs,
    widthMs: 10 * minuteMs,
    groupBy: ['level'],
    intervalMs: undefined,
    metric: { kind: 'count' },
  });
  for (let tries = 0; (await store.aggregate(query, options)).scannedRows > 0; tries++) {
    assert.ok(tries < 1000, 'counts do not come into memory');
    await sleep(10);
  }
}

test('counts from memory agree with the lines', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const lines: Line[] = [];
  let sequence = 0;
  const send = async (more: Line[], flush: boolean): Promise<void> => {
    await store.sink.insert(sampledBatch(more, sequence++));
    lines.push(...more);
    if (flush) await store.sink.flush();
  };

  await send(linesIn(0, 30, 400), true);
  await store.sink.insert(sampledBatch(linesIn(0, 60, 50), 1000, 'other'));
  await store.sink.flush();
  await awaitKept(store);
  await t.test('of one generation', () => agrees(store, lines));

  await send(linesIn(20, 60, 300), true);
  await t.test('of another one, which brings minutes that were there', () => agrees(store, lines));

  await send(linesIn(55, 80, 200), false);
  await t.test('with lines in memory', () => agrees(store, lines));

  await send(linesIn(2, 90, 100), false);
  await t.test('with late lines in memory', () => agrees(store, lines));

  await store.sink.flush();
  await t.test('after they were written', () => agrees(store, lines));

  await t.test('while re-processed lines stand in the place of older ones, and after', async () => {
    const better = linesIn(5, 30, 150);
    await store.replacer.replace(sampledBatch(better, 0), { origin: 64, fromSequence: 0, toSequence: 1 });
    lines.splice(0, 400, ...better);
    await agrees(store, lines);
    await store.replacer.tick();
    await agrees(store, lines);
    await awaitKept(store);
    await agrees(store, lines);
  });

  await t.test('after memtables were lost and replayed', async () => {
    const last = linesIn(60, 95, 80);
    await store.sink.insert(sampledBatch(last, sequence));
    store.engineLost();
    await store.prepare();
    await store.sink.recover();
    await send(last, false);
    await agrees(store, lines);
    await awaitKept(store);
    await agrees(store, lines);
  });

  await t.test('no more buckets than asked for', async () => {
    const query = queryOf({
      selection: selections[0],
      fromMs: 0,
      widthMs: 95 * minuteMs,
      groupBy: ['service'],
      intervalMs: minuteMs,
      metric: { kind: 'count' },
    });
    await assert.rejects(store.aggregate({ ...query, maxBuckets: 100 }, options), { code: 'limit_exceeded' });
  });
});
