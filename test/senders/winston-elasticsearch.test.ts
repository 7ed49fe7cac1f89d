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

function loggerTo(site: Site, options: object) {
  const node = `http://${site.addressOf(portSetting)}`;
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

test('winston-elasticsearch', { timeout: 420_000 }, async (t) => {
  const site = await Site.start(t, 'winston-elasticsearch', [portSetting]);
  await t.test('indexes by day', () => sendAndFind(site, 'shop', undefined, { indexPrefix: 'shop' }));
  await t.test('a data stream', () => sendAndFind(site, 'cart', 'production', { dataStream: true, index: 'logs-cart-production' }));
  await t.test('across a restart of the server', () => sendAcrossRestart(site));
});

async function sendAndFind(site: Site, service: string, environment: string | undefined, options: object): Promise<void> {
  const { logger, transport, warnings } = loggerTo(site, options);
  for (let n = 0; n < 2000; n++) logger.log(names[n % 5], `line ${n}`, { n, user: { id: `u${n}` } });
  const found = await findOnce(site.product, service, 2000);
  await transport.flush();
  assert.deepEqual(warnings, []);
  for (const n of [0, 1, 2, 3, 4, 1999]) {
    const { level, metadata, message, ...rest } = found.get(n)!;
    assert.deepEqual({ level, message, environment: rest.environment }, { level: levels[names[n % 5]], message: `line ${n}`, environment });
    assert.deepEqual({ ...metadata }, { 'fields.n': n, 'fields.user.id': `u${n}` });
  }
}

async function sendAcrossRestart(site: Site): Promise<void> {
  const { logger, transport } = loggerTo(site, { indexPrefix: 'restart' });
  let number = 0;
  const logging = setInterval(() => {
    for (let n = 0; n < 10; n++) logger.info(`line ${number++}`);
  }, 20);
  try {
    await eventually(
      () => linesOf(site.product, 'restart'),
      (found) => found.length > 200,
    );
    const loggedBefore = number;
    await site.restart();
    assert.ok(number > loggedBefore + 50, 'it logged while the server was away');
  } finally {
    clearInterval(logging);
  }
  await findOnce(site.product, 'restart', number);
  await transport.flush();
}
