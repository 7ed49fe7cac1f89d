/**
 * An export in the background over kill -9 of the whole product: its file has each line once. And, of the same lines, the
 * journeys: where they were acknowledged, by which receiver, where they lie.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Product, temporaryDirectory } from '../support/product.ts';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly lines: number;
  readonly share: number;
  readonly complete?: boolean;
  readonly reason?: string;
}

interface Journey {
  readonly state: string;
  readonly batch: string;
  readonly acknowledged: { readonly in_log: boolean; readonly receiver?: string; readonly batch_id?: string; readonly row: number };
  readonly stored?: { readonly committed: boolean; readonly part?: { readonly name: string; readonly disk: string } };
}

const lineCount = 60_000;
const batchLines = 5000;
const startMs = Date.now() - 1_800_000;

async function json<T>(product: Product, path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`${product.url}${path}`, init);
  assert.ok(response.ok, `${path} answered ${response.status}: ${response.ok ? '' : await response.text()}`);
  return (await response.json()) as T;
}

async function untilJob(product: Product, id: string, isWanted: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await json<Job>(product, `/v1/exports/${id}`);
    assert.notEqual(job.state, 'failed', job.reason);
    if (isWanted(job)) return job;
    await sleep(20);
  }
}

test('an export goes on after kill -9, each line once; the journey of its lines', { timeout: 420_000 }, async (t) => {
  const dataDirectory = await temporaryDirectory('export');
  // Slow enough to be killed in the midst of it.
  const first = await Product.start({ dataDirectory, flags: ['--exports.max_bytes_per_second=1MiB', '--search.export_window_lines=4000'] });
  t.after(() => first.kill());
  for (let from = 0; from < lineCount; from += batchLines) {
    const logs = Array.from({ length: batchLines }, (_, index) => {
      const number = from + index;
      return {
        timestamp: new Date(startMs + number * 20).toISOString(),
        service: `s-${number % 5}`,
        message: `line ${number} ${'x'.repeat(300)}`,
      };
    });
    const sent = await first.post('/v1/logs/ingest', { logs }, { 'x-batch-id': `batch-${from}` });
    assert.equal(sent.status, 202);
  }
  const wanted = { time_range: { from: new Date(startMs).toISOString(), to: new Date(startMs + lineCount * 20).toISOString() } };
  while ((await first.search({ ...wanted, limit: 1 })).total < lineCount) await sleep(50);
  const { id } = (await (await first.post('/v1/exports', { ...wanted, sort: 'asc', format: 'raw' })).json()) as Job;
  const before = await untilJob(first, id, ({ lines, state }) => lines > 5000 || state === 'done');
  assert.equal(before.state, 'running', 'it was too fast to be killed');
  await first.kill();

  const second = await Product.start({ dataDirectory });
  t.after(() => second.kill());
  const done = await untilJob(second, id, ({ state }) => state === 'done');
  assert.deepEqual([done.lines, done.complete, done.share], [lineCount, true, 1]);
  const file = `${second.url}/v1/exports/${id}/file`;
  const text = await (await fetch(file)).text();
  assert.equal(text, Array.from({ length: lineCount }, (_, number) => `line ${number} ${'x'.repeat(300)}\n`).join(''));
  const part = await fetch(file, { headers: { range: 'bytes=0-6' } });
  assert.deepEqual([part.status, await part.text()], [206, 'line 0 ']);

  const { hits } = await second.search({ ...wanted, query: '"line 7"', limit: 1 });
  const journey = await json<Journey>(second, `/v1/logs/${hits[0].id}/journey`);
  const { state, acknowledged, batch } = journey;
  assert.deepEqual(
    [state, acknowledged.in_log, acknowledged.receiver, acknowledged.batch_id, acknowledged.row],
    ['searchable', true, 'native', 'batch-0', 7],
  );
  const { batches } = await json<{ batches: { batch: string; states: object; lines: unknown[]; truncated: boolean }[] }>(
    second,
    `/v1/batches/${batch}`,
  );
  assert.deepEqual(
    [batches[0].batch, batches[0].states, batches[0].lines.length, batches[0].truncated],
    [batch, { searchable: batchLines, waiting: 0, removed: 0 }, 1000, true],
  );
  const bySender = await json<{ batches: { batch: string }[] }>(second, '/v1/batches/batch-0');
  assert.deepEqual(
    bySender.batches.map((found) => found.batch),
    [batch],
  );
  assert.equal((await fetch(`${second.url}/v1/batches/never`)).status, 404);
  await second.post('/v1/admin/flush', {});
  const flushed = await json<Journey>(second, `/v1/logs/${hits[0].id}/journey`);
  assert.equal(flushed.stored?.committed, true);
  assert.equal(flushed.stored?.part?.disk, 'default');
  assert.equal(await second.stop(), 0);
});
