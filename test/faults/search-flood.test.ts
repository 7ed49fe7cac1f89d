/**
 * A flood of expensive searches: every line that was acknowledged meanwhile is found, none was refused, the flood itself is
 * told to come later, and an incident's search gets through.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';

const floodClients = 50;
const batchCount = 60;
const batchLines = 500;

const lines = (batch: number): object[] =>
  Array.from({ length: batchLines }, (_, index) => ({
    service: `service-${index % 9}`,
    message: `line ${batch * batchLines + index} of a flood with words that repeat ${index % 17}`,
    metadata: { n: batch * batchLines + index, latency_ms: index },
  }));

test('ingestion goes on under a flood of expensive searches, and an incident is heard', { timeout: 420_000 }, async (t) => {
  // Everything is expensive, and one may run at a time.
  const flags = [
    '--search.expensive_rows=1',
    '--search.max_concurrent_expensive=1',
    '--search.max_queued_per_tenant=20',
    '--search.queue_timeout=500ms',
  ];
  const product = await Product.start({ dataDirectory: await temporaryDirectory('flood'), flags: [...flags, '--canary.enabled=false'] });
  t.after(() => product.kill());
  assert.equal((await product.post('/v1/logs/ingest', { logs: lines(0) })).status, 202);
  assert.equal((await product.post('/v1/admin/flush', {})).status, 200);
  let isOver = false;
  const statuses = new Map<number, number>();
  const expensive = (turn: number) => ({
    query: `-host:none-${turn}`,
    time_range: { last: '1h' },
    group_by: ['host'],
    metric: 'distinct(n)',
  });
  const flood = Array.from({ length: floodClients }, async (_, client) => {
    for (let turn = client; !isOver; turn += floodClients) {
      const { status } = await product.post('/v1/logs/aggregate', expensive(turn));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const answers: number[] = [];
  for (let batch = 1; batch < batchCount; batch++) answers.push((await product.post('/v1/logs/ingest', { logs: lines(batch) })).status);
  const incident = await product.post('/v1/logs/aggregate', expensive(-1), { 'x-priority': 'p0' });
  await eventually(
    async () => [statuses.get(200) ?? 0, statuses.get(429) ?? 0],
    ([answered, refused]) => answered > 0 && refused > 0,
  );
  const { search } = await product.status();
  isOver = true;
  await Promise.all(flood);
  assert.deepEqual([...new Set(answers)], [202]);
  assert.equal(incident.status, 200);
  assert.deepEqual(
    [...statuses.keys()].filter((status) => status !== 200 && status !== 429),
    [],
    'a flood is answered or told to come later',
  );
  assert.ok(search.pools.expensive <= 1);
  const found = await eventually(
    async () => (await product.search({ limit: 0, query: 'flood', time_range: { last: '1h' } })).total,
    (total) => total === batchCount * batchLines,
  );
  assert.equal(found, batchCount * batchLines);
});
