/** @elastic/elasticsearch 9.5.1: bulk requests, the bulk helper, single documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const portSetting = 'receivers.elasticsearch.port';
/** A document in the Elastic Common Schema. */
const documentOf = (n: number, service: string) => ({
  '@timestamp': new Date().toISOString(),
  message: `line ${n}`,
  'log.level': 'warn',
  service: { name: service, environment: 'production' },
  host: { name: 'web-1' },
  trace: { id: `trace-${n}` },
  http: { response: { status_code: 500 + (n % 10) } },
});

test('@elastic/elasticsearch', { timeout: 420_000 }, async (t) => {
  const site = await Site.start(t, 'elasticsearch-js', [portSetting]);
  const ownPort = `http://${site.addressOf(portSetting)}`;
  await t.test('on its own port', () => sendAndFind(site, ownPort, 'shop'));
  await t.test('on the main port', () => sendAndFind(site, `${site.url}/elasticsearch`, 'cart'));
  await t.test('is told which operations are not taken', () => sendWhatIsNotTaken(site, ownPort));
});

async function sendAndFind(site: Site, node: string, service: string): Promise<void> {
  const client = new Client({ node, compression: true });
  assert.equal((await client.info()).tagline, 'You Know, for Search');

  const operations = Array.from({ length: 1000 }, (_, n) => [{ create: { _index: 'logs-any-default' } }, documentOf(n, service)]).flat();
  const bulk = await client.bulk({ operations });
  assert.deepEqual({ errors: bulk.errors, items: bulk.items.length }, { errors: false, items: 1000 });

  const stats = await client.helpers.bulk({
    datasource: Array.from({ length: 1000 }, (_, n) => documentOf(1000 + n, service)),
    onDocument: () => ({ index: { _index: 'any-2026.11.21' } }),
    refreshOnCompletion: true,
    flushBytes: 50_000,
  });
  assert.deepEqual({ successful: stats.successful, failed: stats.failed }, { successful: 1000, failed: 0 });
  const single = await client.index({ index: 'any', document: documentOf(2000, service) });
  assert.equal(single.result, 'created');
  await client.close();

  const found = await findOnce(site.product, service, 2001);
  for (const n of [0, 999, 1000, 1999, 2000]) {
    const { level, host, environment, trace_id, message, metadata } = found.get(n)!;
    assert.deepEqual(
      { level, host, environment, trace_id, message },
      { level: 'WARN', host: 'web-1', environment: 'production', trace_id: `trace-${n}`, message: `line ${n}` },
    );
    assert.deepEqual({ ...metadata }, { 'http.response.status_code': 500 + (n % 10) });
  }
}

async function sendWhatIsNotTaken(site: Site, node: string): Promise<void> {
  const client = new Client({ node });
  const documents = [
    { index: {} },
    { message: 'line 0' },
    { delete: { _id: '1' } },
    { update: { _id: '1' } },
    { doc: {} },
    { create: {} },
    { message: 'line 1' },
  ];
  const { errors, items } = await client.bulk({ index: 'mixed', operations: documents });
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
  await findOnce(site.product, 'mixed', 2);
}
