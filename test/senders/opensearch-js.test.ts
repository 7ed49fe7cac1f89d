/** @opensearch-project/opensearch 3.9.0: bulk requests, the bulk helper, single documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@opensearch-project/opensearch';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const portSetting = 'receivers.elasticsearch.port';
const documentOf = (n: number) => ({ '@timestamp': new Date().toISOString(), message: `line ${n}`, level: 'error', host: 'web-1', n });

test('@opensearch-project/opensearch', { timeout: 420_000 }, async (t) => {
  const site = await Site.start(t, 'opensearch-js', [portSetting]);
  const client = new Client({ node: `http://${site.addressOf(portSetting)}` });
  const body = Array.from({ length: 1000 }, (_, n) => [{ index: {} }, documentOf(n)]).flat();
  const bulk = (await client.bulk({ index: 'shop', body })).body;
  assert.deepEqual({ errors: bulk.errors, items: bulk.items.length }, { errors: false, items: 1000 });

  const stats = await client.helpers.bulk({
    datasource: Array.from({ length: 1000 }, (_, n) => documentOf(1000 + n)),
    onDocument: () => ({ create: { _index: 'shop-000001' } }),
    refreshOnCompletion: true,
    flushBytes: 50_000,
  });
  assert.deepEqual({ successful: stats.successful, failed: stats.failed }, { successful: 1000, failed: 0 });
  assert.equal((await client.index({ index: 'shop', body: documentOf(2000) })).body.result, 'created');
  await client.close();

  const found = await findOnce(site.product, 'shop', 2001);
  for (const n of [0, 999, 1000, 1999, 2000]) {
    const { level, host, message, metadata } = found.get(n)!;
    assert.deepEqual(
      { level, host, message, metadata: { ...metadata } },
      { level: 'ERROR', host: 'web-1', message: `line ${n}`, metadata: { n } },
    );
  }
});
