/** `millrace/client`, the pino transport and the winston transport against the product. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createClient } from 'millrace/client';
import { MillraceTransport } from 'millrace/client/winston';
import pino from 'pino';
import winston from 'winston';
import { ownPort } from '../support/own-ports.ts';
import { Product, temporaryDirectory } from '../support/product.ts';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

test('client, pino and winston: every line is found once, with its fields', { timeout: 420_000 }, async (t) => {
  const { product } = await Site.start(t, 'client');
  const common = { url: product.url, host: 'web-1', environment: 'production', region: 'eu-1', source: { version: '1.2' } };

  await t.test('client', async () => {
    const client = createClient({ ...common, service: 'by-client' });
    for (let n = 0; n < 3000; n++)
      client.log('INFO', `line ${n}`, { n, trace_id: `trace-${n}`, deep: { flag: n % 2 === 0 }, text: String(n) });
    client.log('ERROR', new TypeError('line 3000', { cause: new Error('deeper') }), { user: 'u1' });
    client.log('TRACE', 'line 3001 Z\u00fcrich \u{1f600} "quoted" \\ \u0000');
    client.send({ timestamp: new Date().toISOString(), level: 'FATAL', message: 'line 3002', host: 'db-1', metadata: { a: [1, 2] } });
    client.sendLine('line 3003, not JSON at all', 'WARN');
    assert.equal(await client.close(), true);
    assert.deepEqual({ sent: client.stats.sent, failed: client.stats.failed }, { sent: 3004, failed: 0 });

    const found = await findOnce(product, 'by-client', 3004);
    for (const n of [0, 1, 999, 1000, 2999]) {
      const { level, host, trace_id, metadata, environment, resource } = found.get(n)!;
      assert.deepEqual(
        { level, host, trace_id, environment },
        { level: 'INFO', host: 'web-1', trace_id: `trace-${n}`, environment: 'production' },
      );
      assert.deepEqual({ ...metadata }, { n, 'deep.flag': n % 2 === 0, text: String(n) });
      assert.deepEqual({ ...resource }, { region: 'eu-1', version: '1.2' });
    }
    const { level, metadata } = found.get(3000)!;
    assert.equal(level, 'ERROR');
    assert.equal(metadata['err.type'], 'TypeError');
    assert.equal(metadata['err.cause'], 'Error: deeper');
    assert.match(String(metadata['err.stack']), /^TypeError: line 3000\n/);
    assert.equal(metadata.user, 'u1');
    assert.equal(found.get(3001)?.message, 'line 3001 Z\u00fcrich \u{1f600} "quoted" \\ \u0000');
    assert.equal(found.get(3001)?.level, 'TRACE');
    assert.deepEqual([found.get(3002)?.level, found.get(3002)?.host], ['FATAL', 'db-1']);
    assert.equal(found.get(3003)?.level, 'WARN');
  });

  await t.test('pino', async () => {
    const transport = pino.transport({ target: 'millrace/client/pino', options: { ...common, service: 'by-pino' } });
    const logger = pino({ level: 'trace' }, transport);
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
    for (let n = 0; n < 3000; n++) logger[levels[n % 6]]({ n, trace_id: `trace-${n}` }, `line ${n}`);
    logger.child({ request: 'r1' }).error(new TypeError('boom'), 'line 3000');
    transport.end();
    await once(transport, 'close');

    const found = await findOnce(product, 'by-pino', 3001);
    for (const n of [0, 1, 2, 3, 4, 5, 2999]) {
      const { level, trace_id, metadata, timestamp, environment } = found.get(n)!;
      assert.deepEqual(
        { level, trace_id, environment },
        { level: levels[n % 6].toUpperCase(), trace_id: `trace-${n}`, environment: 'production' },
      );
      assert.deepEqual({ ...metadata }, { n, pid: process.pid });
      assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 120_000);
    }
    const { metadata } = found.get(3000)!;
    assert.equal(metadata.request, 'r1');
    assert.equal(metadata['err.type'], 'TypeError');
    assert.equal(metadata['err.message'], 'boom');
  });

  await t.test('winston', async () => {
    const transport = new MillraceTransport({ ...common, service: 'by-winston' });
    const logger = winston.createLogger({
      level: 'silly',
      defaultMeta: { app: 'shop' },
      transports: [transport],
    });
    const levels = { error: 'ERROR', warn: 'WARN', info: 'INFO', http: 'DEBUG', verbose: 'DEBUG', debug: 'DEBUG', silly: 'TRACE' };
    const names = Object.keys(levels) as (keyof typeof levels)[];
    for (let n = 0; n < 3000; n++) logger.log(names[n % 7], `line ${n}`, { n });
    logger.end();
    await once(logger, 'finish');

    const found = await findOnce(product, 'by-winston', 3000);
    for (let n = 0; n < 7; n++) {
      const { level, metadata, host } = found.get(n)!;
      assert.deepEqual(
        { level, host, metadata: { ...metadata } },
        { level: levels[names[n]], host: 'web-1', metadata: { n, app: 'shop' } },
      );
    }
  });
});

test('across restarts of the server, no line is lost', { timeout: 420_000 }, async (t) => {
  const dataDirectory = await temporaryDirectory('client-restart');
  const flags = ['--port', `${await ownPort()}`];
  let product = await Product.start({ dataDirectory, flags });
  t.after(() => product.kill());
  const { url } = product;
  const client = createClient({ url, service: 'restarted', flushIntervalMs: 20, maxBatchLines: 100, maxRetryDelayMs: 500 });
  let number = 0;
  const logging = setInterval(() => {
    // never more than the client keeps, however long the server is away
    if (number - client.stats.sent > 50_000) return;
    for (let n = 0; n < 50; n++) client.log('INFO', `line ${number++}`);
  }, 10);
  t.after(() => clearInterval(logging));
  const restart = async (end: () => Promise<unknown>): Promise<void> => {
    const sentBefore = client.stats.sent;
    while (client.stats.sent < sentBefore + 500) await new Promise(setImmediate);
    await end();
    product = await Product.start({ dataDirectory, flags });
  };
  await restart(() => product.stop());
  await restart(() => product.kill());
  clearInterval(logging);
  assert.equal(await client.close(60_000), true);
  const { logged, sent, failed, dropped, retries } = client.stats;
  assert.deepEqual({ logged, sent, failed, dropped }, { logged: number, sent: number, failed: 0, dropped: 0 });
  assert.ok(retries > 0);
  await findOnce(product, 'restarted', number);
});
