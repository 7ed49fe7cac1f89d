/** The metrics cache over a log in memory: what it counts, what it forgets, and how it comes back. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { originOf } from '#base/ids.ts';
import { metricsCacheConfig } from '#consumers/service-metrics/config.ts';
import type { MetricsCacheConfig } from '#consumers/service-metrics/config.ts';
import { QuantileSketch } from '#base/quantile-sketch.ts';
import { MinuteFigures, otherServices } from '#consumers/service-metrics/minute-figures.ts';
import { ServiceMetrics } from '#consumers/service-metrics/service-metrics.ts';
import { ingestConfig } from '#ingest/config.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogWriter } from '#log/durable-log.ts';
import { MemoryLog, MemoryLogStorage } from '#log/memory.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { silentLogger } from '#platform/logger.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { SimulatedClock } from '../faults/simulated-clock.ts';
import { defaultsOf } from '../support/config-defaults.ts';

const incarnation = 3;
const minuteMs = 60_000;
const defaults = defaultsOf(metricsCacheConfig);

interface Sent {
  readonly service?: string;
  readonly level?: string;
  readonly atMs?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

function createBed(t: TestContext, settings: Partial<MetricsCacheConfig> = {}) {
  const clock = new SimulatedClock();
  const storage = new MemoryLogStorage(incarnation);
  const log = new MemoryLog({ storage, clock, holders: [], keepAfterIndexMs: 86_400_000 });
  const writers = new Map<number, LogWriter>();
  const decoder = new BatchDecoder(defaultsOf(ingestConfig));
  const builder = new LogBatchBuilder();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn++) {
      clock.advance(1);
      await setImmediate();
    }
  };
  const begin = async (): Promise<ServiceMetrics> => {
    const config = { ...defaults, read_interval: 1, ...settings };
    const metrics = new ServiceMetrics({ log, config, readBlock: readNativeBlock, clock, logger: silentLogger });
    metrics.start();
    t.after(() => metrics.stop());
    await settle();
    return metrics;
  };
  const write = async (lines: readonly Sent[], tenant = 'default', shard = 0): Promise<void> => {
    const writer = writers.get(shard) ?? log.openWriter(shard);
    writers.set(shard, writer);
    const records = lines.map(({ service = 'shop', level = 'INFO', atMs = clock.nowMs(), metadata = {} }) => ({
      timestamp: new Date(atMs).toISOString(),
      service,
      level,
      message: 'm',
      metadata,
    }));
    decoder.decodeJson(Buffer.from(JSON.stringify(records)), {}, builder);
    const receivedMs = clock.nowMs();
    const rowCount = builder.rowCount;
    const outcomes = { accepted: rowCount, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
    const stamp = { tenant, receivedMs, origin: originOf(incarnation, shard), seq: writer.nextSequence, maxClockSkewMs: 30_000 };
    await writer.append({ kind: frameKinds.logs, tenant, rowCount, outcomes, receivedMs }, [builder.finish(stamp)]);
  };
  return { clock, log, begin, write, settle };
}

test('lines, errors and durations by service and minute, of one tenant', async (t) => {
  const { begin, write, settle, clock } = createBed(t);
  const metrics = await begin();
  const startMs = Math.floor(clock.nowMs() / minuteMs) * minuteMs;
  await write(Array.from({ length: 100 }, (_, index) => ({ level: index < 5 ? 'ERROR' : 'INFO', metadata: { duration_ms: index + 1 } })));
  await write(
    [
      { service: 'pay', metadata: { latency_ms: '12.5' } },
      { service: 'pay', metadata: { latency_ms: 'slow' } },
    ],
    'default',
    1,
  );
  await write([{ service: 'shop' }], 'other');
  await settle();
  const { services } = metrics.read('default', { lastMs: 5 * minuteMs });
  assert.deepEqual(
    services.map(({ service, lines, errorRate, measured }) => [service, lines, errorRate, measured]),
    [
      ['shop', 100, 0.05, 100],
      ['pay', 2, 0, 1],
    ],
  );
  const [{ p50, p99 }, { p95 }] = services;
  for (const [value, wanted] of [
    [p50, 50],
    [p99, 99],
    [p95, 12.5],
  ])
    assert.ok(Math.abs((value ?? 0) / (wanted ?? 1) - 1) <= 0.0201, `${value} is not near ${wanted}`);
  const one = metrics.read('default', { service: 'shop', lastMs: minuteMs }).services[0];
  assert.deepEqual(
    one.minutes?.map(({ timeMs, lines }) => [timeMs, lines]),
    [[startMs, 100]],
  );
  assert.deepEqual(metrics.read('nobody', { lastMs: minuteMs }).services, []);
  assert.deepEqual(metrics.read('other', { lastMs: minuteMs }).services[0].lines, 1);
});

test('of several spellings the most wanted counts; what is no number is none', async (t) => {
  const { begin, write, settle } = createBed(t, { duration_attribute: 'duration_ms, latency_ms' });
  const metrics = await begin();
  const spellings = [
    { latency_ms: 900, duration_ms: 10 },
    { duration_ms: 'x', latency_ms: 10 },
    { duration_ms: -4 },
    { duration_ms: 1e1 },
    { took: 5 },
  ];
  await write(spellings.map((metadata) => ({ metadata })));
  await settle();
  const [{ lines, measured, p99 }] = metrics.read('default', { lastMs: minuteMs }).services;
  assert.deepEqual([lines, measured], [5, 3]);
  assert.ok(Math.abs((p99 ?? 0) - 10) <= 0.2);
});

test('after a restart the last minutes are read again from the log, and it says since when they are whole', async (t) => {
  const { begin, write, clock, settle } = createBed(t, { replay: 10 * minuteMs });
  await begin();
  await write([{ service: 'early' }]);
  clock.advance(20 * minuteMs);
  await write([{ service: 'late' }]);
  await settle();
  const again = await begin();
  const { services, wholeSinceMs } = again.read('default', { lastMs: 60 * minuteMs });
  assert.deepEqual(
    services.map(({ service }) => service),
    ['late'],
  );
  assert.ok(wholeSinceMs >= clock.nowMs() - 10 * minuteMs && wholeSinceMs <= clock.nowMs() - 9 * minuteMs);
  assert.equal(again.status().lagLines, 0);
});

test('minutes that are too old or too far ahead are left out, counted, and forgotten in time', async (t) => {
  const { begin, write, clock, settle } = createBed(t);
  const metrics = await begin();
  await write([{ atMs: clock.nowMs() - defaults.retention - minuteMs }, { atMs: clock.nowMs() + 10 * minuteMs }, {}]);
  await settle();
  assert.deepEqual([metrics.status().untimelyLines, metrics.status().buckets], [2, 1]);
  clock.advance(defaults.retention + 3 * minuteMs);
  await write([{ service: 'new' }]);
  await settle();
  assert.deepEqual([metrics.status().services, metrics.status().buckets], [1, 1]);
});

test('services and minutes are bounded: those beyond are counted together, the oldest minutes go first', () => {
  const figures = new MinuteFigures({ retention: 100 * minuteMs, max_services: 2, max_buckets: 100 });
  const nowMs = 1000 * minuteMs;
  for (const service of ['a', 'b', 'c', 'd']) figures.bucketOf('t', service, nowMs, nowMs)?.add(1, false, undefined);
  assert.deepEqual(
    figures.read('t', undefined, nowMs, nowMs + minuteMs).map(({ service, lines }) => [service, lines]),
    [
      [otherServices, 2],
      ['a', 1],
      ['b', 1],
    ],
  );
  for (let minute = 0; minute < 150; minute++) figures.bucketOf('t', 'a', nowMs + (minute - 90) * minuteMs, nowMs + 60 * minuteMs);
  assert.ok(figures.counts.buckets <= 100);
  assert.equal(figures.read('t', 'a', 0, nowMs - 80 * minuteMs)[0]?.lines ?? 0, 0);
});

test('a sketch is right to 1 % in every quantile, and sketches add up', () => {
  const durations = fc.array(fc.double({ min: 0.001, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(durations, durations, (first, second) => {
      const [sketch, other] = [new QuantileSketch(), new QuantileSketch()];
      for (const value of first) sketch.add(value);
      for (const value of second) other.add(value);
      sketch.addAll(other);
      const sorted = [...first, ...second].sort((a, b) => a - b);
      const shares = [0.01, 0.5, 0.95, 0.99, 1];
      for (const [index, value] of sketch.quantiles(shares).entries()) {
        const exact = sorted[Math.max(0, Math.ceil(shares[index] * sorted.length - 1e-9) - 1)];
        assert.ok(Math.abs((value ?? 0) / exact - 1) <= 0.0101, `p${shares[index]}: ${value} for ${exact}`);
      }
    }),
  );
});
