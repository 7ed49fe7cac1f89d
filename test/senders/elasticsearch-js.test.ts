/** @elastic/elasticsearch 9.5.1: bulk requests, the bulk helper, single documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const portSetting = 'receivers.elasticsearch.port';
/** A document in the Elastic Common Schema. */
const documentOf = (n: number) => ({
  '@timestamp': new Date().toISOString(),
  message: `line ${n}`,
  'log.level': 'warn',
  service: { name: 'shop', environment: 'production' },
  host: { name: 'web-1' },
  trace: { id: `trace-${n}` },
  http: { response: { status_code: 500 + (n % 10) } },
});

for (const [name, nodeOf] of [
  ['its own port', (site: Site) => `http://${site.addressOf(portSetting)}`],
  ['the main port', (site: Site) => `${site.url}/elasticsearch`],
] as const) {
  test(`@elastic/elasticsearch, ${name}`, { timeout: 120_000 }, async (t) => {
    const site = await Site.start(t, 'elasticsearch-js', [portSetting]);
    const client = new Client({ node: nodeOf(site), compression: true });
    assert.equal((await client.info()).tagline, 'You Know, for Search');

    const operations = Array.from({ length: 1000 }, (_, n) => [{ create: { _index: 'logs-shop-default' } }, documentOf(n)]).flat();
    const bulk = await client.bulk({ operations });
    assert.deepEqual({ errors: bulk.errors, items: bulk.items.length }, { errors: false, items: 1000 });

    const stats = await client.helpers.bulk({
      datasource: Array.from({ length: 1000 }, (_, n) => documentOf(1000 + n)),
      onDocument: () => ({ index: { _index: 'shop-2026.11.21' } }),
      refreshOnCompletion: true,
      flushBytes: 50_000,
    });
    assert.deepEqual({ successful: stats.successful, failed: stats.failed }, { successful: 1000, failed: 0 });
    const single = await client.index({ index: 'shop', document: documentOf(2000) });
    assert.equal(single.result, 'created');
    await client.close();

    const found = await findOnce(site.product, 'shop', 2001);
    for (const n of [0, 999, 1000, 1999, 2000]) {
      const { level, host, environment, trace_id, message, metadata } = found.get(n)!;
      assert.deepEqual(
        { level, host, environment, trace_id, message },
        { level: 'WARN', host: 'web-1', environment: 'production', trace_id: `trace-${n}`, message: `line ${n}` },
      );
      assert.deepEqual({ ...metadata }, { 'http.response.status_code': 500 + (n % 10) });
    }
  });
}

test('@elastic/elasticsearch is told which operations are not taken', { timeout: 120_000 }, async (t) => {
  const site = await Site.start(t, 'elasticsearch-js', [portSetting]);
  const client = new Client({ node: `http://${site.addressOf(portSetting)}` });
  const { errors, items } = await client.bulk({
    index: 'shop',
    operations: [
      { index: {} },
      documentOf(0),
      { delete: { _id: '1' } },
      { update: { _id: '1' } },
      { doc: {} },
      { create: {} },
      documentOf(1),
    ],
  });
  assert.equal(errors, true);
  assert.deepEqual(
    items.map((item) => Object.entries(item).map(([action, { status, error }]) => [action, status, error === undefined])[0]),
    [
      ['index', 201, true],
      ['delete', 400, false],
      ['update', 400, false],
      ['create', 201, true],
    ],
  );
  await client.close();
  await findOnce(site.product, 'shop', 2);
});
