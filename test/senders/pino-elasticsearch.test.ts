/**
 * pino-elasticsearch 9.0.0: the official client's bulk helper. After three failed tries in a row the helper ends and the
 * lines in it are lost, so there is no test with a restart.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import pino from 'pino';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

// its types describe a module that it is not
const pinoElasticsearch = createRequire(import.meta.url)('pino-elasticsearch') as typeof import('pino-elasticsearch').default;

const portSetting = 'receivers.elasticsearch.port';
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

test('pino-elasticsearch', { timeout: 420_000 }, async (t) => {
  const site = await Site.start(t, 'pino-elasticsearch', [portSetting]);
  await t.test('indexes by day', () => sendAndFind(site, 'shop', undefined, { index: 'shop-%{DATE}' }));
  await t.test('a data stream', () => sendAndFind(site, 'cart', 'production', { index: 'logs-cart-production', opType: 'create' }));
});

async function sendAndFind(site: Site, service: string, environment: string | undefined, options: object): Promise<void> {
  const stream = pinoElasticsearch({ node: `http://${site.addressOf(portSetting)}`, flushBytes: 100_000, flushInterval: 500, ...options });
  const problems: unknown[] = [];
  stream.on('error', (problem) => problems.push(problem));
  stream.on('insertError', (problem) => problems.push(problem));
  stream.on('unknown', (problem) => problems.push(problem));
  const logger = pino({ level: 'trace' }, stream);
  for (let n = 0; n < 3000; n++) logger[levels[n % 6]]({ n, trace_id: `trace-${n}` }, `line ${n}`);
  const inserted = once(stream, 'insert');
  stream.end();
  const [{ successful, failed }] = await inserted;
  assert.deepEqual({ successful, failed, problems }, { successful: 3000, failed: 0, problems: [] });

  const found = await findOnce(site.product, service, 3000);
  for (const n of [0, 1, 2, 3, 4, 5, 2999]) {
    const { level, trace_id, metadata, message, ...rest } = found.get(n)!;
    assert.deepEqual({ level, trace_id, message }, { level: levels[n % 6].toUpperCase(), trace_id: `trace-${n}`, message: `line ${n}` });
    assert.equal(rest.environment, environment);
    assert.equal(metadata.n, n);
  }
}
