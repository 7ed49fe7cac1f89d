import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MetricSpec } from './metrics.ts';
import { Metrics, whyBadSpec } from './metrics.ts';

const lines: MetricSpec = { name: 'millrace_ingest_lines_total', kind: 'counter', help: 'lines', labels: ['tenant'] };
const depth: MetricSpec = { name: 'millrace_ingest_queue_depth', kind: 'gauge', help: 'depth' };
const latency: MetricSpec = {
  name: 'millrace_ingest_ack_seconds',
  kind: 'histogram',
  help: 'ack',
  buckets: [0.01, 0.1],
  labels: ['worker'],
};

/** Sample lines of the page, without comments. */
async function samples(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('counts, sets and observes', async () => {
  const metrics = new Metrics();
  metrics.counter(lines).inc({ tenant: 'a' }, 5);
  metrics.gauge(depth).set(3);
  metrics.histogram(latency).observe({ worker: '0' }, 0.05);
  assert.deepEqual(await samples(metrics), [
    'millrace_ingest_lines_total{tenant="a"} 5',
    'millrace_ingest_queue_depth 3',
    'millrace_ingest_ack_seconds_bucket{le="0.01",worker="0"} 0',
    'millrace_ingest_ack_seconds_bucket{le="0.1",worker="0"} 1',
    'millrace_ingest_ack_seconds_bucket{le="+Inf",worker="0"} 1',
    'millrace_ingest_ack_seconds_sum{worker="0"} 0.05',
    'millrace_ingest_ack_seconds_count{worker="0"} 1',
  ]);
});

test('adds the deltas of workers', async () => {
  const metrics = new Metrics();
  metrics.counter(lines);
  metrics.addDeltas([{ name: lines.name, amount: 2, labels: { tenant: 'a' } }]);
  metrics.addDeltas([
    { name: lines.name, amount: 3, labels: { tenant: 'a' } },
    { name: lines.name, amount: 1, labels: { tenant: 'b' } },
  ]);
  assert.deepEqual(await samples(metrics), ['millrace_ingest_lines_total{tenant="a"} 5', 'millrace_ingest_lines_total{tenant="b"} 1']);
  assert.throws(() => metrics.addDeltas([{ name: 'millrace_no_such_total', amount: 1 }]), /not declared/);
});

test('reads what others counted when it is asked', async () => {
  const metrics = new Metrics();
  let count = 1;
  metrics.readAtScrape(lines, () => [{ value: count, labels: { tenant: 'a"\n' } }]);
  metrics.readHistogramAtScrape(latency, () => [{ counts: [1, 2, 4], sum: 9.5, labels: { worker: 1 } }]);
  count = 7;
  assert.deepEqual(await samples(metrics), [
    'millrace_ingest_lines_total{tenant="a\\"\\n"} 7',
    'millrace_ingest_ack_seconds_bucket{worker="1",le="0.01"} 1',
    'millrace_ingest_ack_seconds_bucket{worker="1",le="0.1"} 3',
    'millrace_ingest_ack_seconds_bucket{worker="1",le="+Inf"} 7',
    'millrace_ingest_ack_seconds_sum{worker="1"} 9.5',
    'millrace_ingest_ack_seconds_count{worker="1"} 7',
  ]);
  assert.match(await metrics.text(), /# TYPE millrace_ingest_ack_seconds histogram/);
});

test('a registry is not shared, and takes a name once', () => {
  const metrics = new Metrics();
  metrics.counter(lines);
  assert.throws(() => metrics.counter(lines), /there twice/);
  assert.throws(() => metrics.gauge(lines), /declared as a counter/);
  new Metrics().counter(lines);
});

describe('naming rule', () => {
  const table: [spec: MetricSpec, problem: RegExp | undefined][] = [
    [lines, undefined],
    [depth, undefined],
    [latency, undefined],
    [{ ...lines, name: 'ingest_lines_total' }, /not named/],
    [{ ...lines, name: 'millrace_lines' }, /not named/],
    [{ ...lines, name: 'millrace_ingest_Lines_total' }, /not named/],
    [{ ...lines, name: 'millrace_ingest_lines' }, /end in _total/],
    [{ ...depth, name: 'millrace_ingest_depth_total' }, /end in _total/],
    [{ ...latency, name: 'millrace_ingest_ack' }, /its unit/],
    [{ ...latency, buckets: [] }, /no buckets/],
    [{ ...lines, help: '' }, /no help/],
    [{ ...lines, labels: ['Tenant'] }, /snake_case/],
  ];
  for (const [spec, problem] of table) {
    test(`${spec.kind} ${spec.name} ${spec.help} ${spec.labels}`, () => {
      if (problem === undefined) assert.equal(whyBadSpec(spec), undefined);
      else assert.match(whyBadSpec(spec) ?? '', problem);
    });
  }
});
