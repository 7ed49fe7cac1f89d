/** The quarantine of the whole product: records out of bounds, wider bounds after a restart, a replay, lines that are found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';

const time = '2020-01-01T10:00:00.123Z';
const attribute = { key: 'service.name', value: { stringValue: 'shop' } };
const logRecords = [{ timeUnixNano: `${Date.parse(time)}000000`, body: { stringValue: 'of otlp' } }];
const otlp = { resourceLogs: [{ resource: { attributes: [attribute] }, scopeLogs: [{ logRecords }] }] };
const bulk = `{"create":{"_index":"logs-billing-prod"}}\n${JSON.stringify({ '@timestamp': time, message: 'of elasticsearch' })}\n`;

test('a restart with wider bounds, then a replay: each record is a line of its own receiver', { timeout: 420_000 }, async (t) => {
  const dataDirectory = await temporaryDirectory('quarantine-replay');
  const strict = await Product.start({ dataDirectory, flags: ['--ingest.max_age=1d'] });
  t.after(() => strict.kill());
  await answered(strict, '/v1/logs', otlp);
  await answered(strict, '/elasticsearch/_bulk', bulk);
  assert.equal(await strict.stop(), 0);

  const product = await Product.start({ dataDirectory });
  t.after(() => product.kill());
  const kept = await waiting(product, 2);
  assert.deepEqual(
    kept.map(({ receiver, code, context }) => [receiver, code, context.request]),
    [
      ['elasticsearch', 'timestamp_out_of_window', { index: 'logs-billing-prod' }],
      ['otlp', 'timestamp_out_of_window', undefined],
    ],
  );
  type Replay = { readonly replayed: number; readonly failed: number };
  const preview = await answered<Replay>(product, '/v1/quarantine/replay', { preview: true });
  const replay = await answered<Replay>(product, '/v1/quarantine/replay', {});
  assert.deepEqual([preview.replayed, replay.replayed, replay.failed], [2, 2, 0]);
  const request = { query: 'replayed_from:*', time_range: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' } };
  const { hits } = await eventually(
    () => product.search(request),
    ({ total }) => total === 2,
  );
  const found = hits.map((line) => [(line as { timestamp?: string }).timestamp, line.message, line.service]);
  assert.deepEqual(
    found.sort(([, a], [, b]) => String(a).localeCompare(String(b))),
    [
      ['2020-01-01T10:00:00.123Z', 'of elasticsearch', 'billing'],
      ['2020-01-01T10:00:00.123Z', 'of otlp', 'shop'],
    ],
  );
  assert.deepEqual(await waiting(product, 0), []);
});

interface Kept {
  readonly receiver: string;
  readonly code: string;
  readonly context: { readonly request?: object };
}

/** The waiting records, once there are so many. */
function waiting({ url }: Product, count: number): Promise<readonly Kept[]> {
  return eventually(
    async () => {
      const response = await fetch(`${url}/v1/quarantine?state=waiting`);
      return ((await response.json()) as { records: readonly Kept[] }).records;
    },
    ({ length }) => length === count,
  );
}

/** The answer to a request that succeeds. */
async function answered<T>(product: Product, path: string, body: unknown): Promise<T> {
  const response = await product.post(path, body);
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
