/** pino-loki 3.0.0: JSON pushes from pino's worker. It never sends a batch again, so there is no test with a restart. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import pino from 'pino';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

test('pino-loki', { timeout: 420_000 }, async (t) => {
  const { product } = await Site.start(t, 'pino-loki');

  await t.test('batches, labels, structured metadata', async () => {
    const labels = { service_name: 'shop', environment: 'production', region: 'eu-1' };
    const transport = pino.transport({ target: 'pino-loki', options: { host: product.url, labels, batching: { interval: 1 } } });
    const logger = pino({ level: 'trace' }, transport);
    for (let n = 0; n < 3000; n++) logger[levels[n % 6]]({ n, meta: { trace_id: `trace-${n}` } }, `line ${n}`);
    transport.end();
    await once(transport, 'close');

    const found = await findOnce(product, 'shop', 3000);
    for (const n of [0, 1, 2, 3, 4, 5, 2999]) {
      const { level, environment, resource, trace_id, message, timestamp } = found.get(n)!;
      assert.equal(level, levels[n % 6].toUpperCase());
      assert.equal(environment, 'production');
      assert.equal(trace_id, `trace-${n}`);
      assert.equal(resource?.region, 'eu-1');
      assert.match(message, new RegExp(`line ${n}\\b`));
      assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 120_000);
    }
  });

  await t.test('a format of its own', async () => {
    const options = {
      host: product.url,
      labels: { app: 'cart' },
      batching: false,
      propsToLabels: ['tenant'],
      logFormat: '{msg} of {user}',
    };
    const transport = pino.transport({ target: 'pino-loki', options });
    const logger = pino(transport);
    for (let n = 0; n < 20; n++) logger.info({ user: `u${n}`, tenant: 't1' }, `line ${n}`);
    transport.end();
    await once(transport, 'close');
    const found = await findOnce(product, 'cart', 20);
    assert.equal(found.get(7)?.message, 'line 7 of u7');
    assert.equal(found.get(7)?.resource?.tenant, 't1');
  });
});
