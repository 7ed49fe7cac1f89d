/** winston-elasticsearch 0.19.0: health, index template, then bulk requests through the official client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import winston from 'winston';
import { ElasticsearchTransport } from 'winston-elasticsearch';
import { eventually } from '../support/product.ts';
import { findOnce, linesOf } from './found-once.ts';
import { Site } from './site.ts';

const portSetting = 'receivers.elasticsearch.port';
const levels = { error: 'ERROR', warn: 'WARN', info: 'INFO', debug: 'DEBUG', silly: 'TRACE' } as const;
const names = Object.keys(levels) as (keyof typeof levels)[];

function loggerTo(node: string, options: object = {}) {
  const transport = new ElasticsearchTransport({
    level: 'silly',
    clientOpts: { node },
    indexPrefix: 'shop',
    flushInterval: 200,
    ...options,
  });
  const warnings: unknown[] = [];
  transport.on('warning', (warning) => warnings.push(warning));
  return { logger: winston.createLogger({ level: 'silly', transports: [transport] }), transport, warnings };
}

for (const [name, options, expected] of [
  ['indexes by day', {}, { service: 'shop', environment: undefined }],
  ['a data stream', { dataStream: true, index: 'logs-shop-production' }, { service: 'shop', environment: 'production' }],
] as const) {
  test(`winston-elasticsearch, ${name}`, { timeout: 120_000 }, async (t) => {
    const site = await Site.start(t, 'winston-elasticsearch', [portSetting]);
    const { logger, transport, warnings } = loggerTo(`http://${site.addressOf(portSetting)}`, options);
    for (let n = 0; n < 2000; n++) logger.log(names[n % 5], `line ${n}`, { n, user: { id: `u${n}` } });
    const found = await findOnce(site.product, 'shop', 2000);
    await transport.flush();
    assert.deepEqual(warnings, []);
    for (const n of [0, 1, 2, 3, 4, 1999]) {
      const { level, environment, metadata, message } = found.get(n)!;
      assert.deepEqual(
        { level, environment, message },
        { level: levels[names[n % 5]], environment: expected.environment, message: `line ${n}` },
      );
      assert.deepEqual({ ...metadata }, { 'fields.n': n, 'fields.user.id': `u${n}` });
    }
  });
}

test('winston-elasticsearch, across a restart of the server', { timeout: 120_000 }, async (t) => {
  const site = await Site.start(t, 'winston-elasticsearch', [portSetting]);
  const { logger, transport } = loggerTo(`http://${site.addressOf(portSetting)}`);
  let number = 0;
  const logging = setInterval(() => {
    for (let n = 0; n < 10; n++) logger.info(`line ${number++}`);
  }, 20);
  t.after(() => clearInterval(logging));
  await eventually(
    () => linesOf(site.product, 'shop'),
    (found) => found.length > 200,
  );
  const loggedBefore = number;
  await site.restart();
  clearInterval(logging);
  assert.ok(number > loggedBefore + 50, 'it logged while the server was away');
  await findOnce(site.product, 'shop', number);
  await transport.flush();
});
