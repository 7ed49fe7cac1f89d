/** winston-loki 6.1.7: snappy protobuf, or JSON, from the application's own process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const levels = { error: 'ERROR', warn: 'WARN', info: 'INFO', debug: 'DEBUG', silly: 'TRACE' } as const;
const names = Object.keys(levels) as (keyof typeof levels)[];

function loggerTo(url: string, options: object = {}) {
  const transport = new LokiTransport({
    host: url,
    labels: { service_name: 'shop', env: 'production' },
    interval: 1,
    gracefulShutdown: false,
    ...options,
  });
  const logger = winston.createLogger({ level: 'silly', transports: [transport] });
  return { logger, transport, end: () => new Promise<void>((resolve) => (transport as any).batcher.close(() => resolve())) };
}

for (const [name, options] of [
  ['snappy protobuf', { json: false }],
  ['JSON', { json: true }],
] as const) {
  test(`winston-loki, ${name}`, { timeout: 120_000 }, async (t) => {
    const { product } = await Site.start(t, 'winston-loki');
    const { logger, end } = loggerTo(product.url, options);
    for (let n = 0; n < 3000; n++) logger.log(names[n % 5], `line ${n}`, { n, labels: { region: 'eu-1' } });
    await end();
    const found = await findOnce(product, 'shop', 3000);
    for (const n of [0, 1, 2, 3, 4, 2999]) {
      const { level, environment, resource, message } = found.get(n)!;
      assert.deepEqual(
        { level, environment, region: resource?.region },
        { level: levels[names[n % 5]], environment: 'production', region: 'eu-1' },
      );
      assert.ok(message.startsWith(`line ${n} `));
    }
  });
}

test('winston-loki, across a restart of the server', { timeout: 120_000 }, async (t) => {
  const site = await Site.start(t, 'winston-loki');
  let refused = 0;
  const { logger, end } = loggerTo(site.url, { json: false, onConnectionError: () => refused++ });
  let number = 0;
  const logging = setInterval(() => {
    for (let n = 0; n < 20; n++) logger.info(`line ${number++}`);
  }, 20);
  t.after(() => clearInterval(logging));
  while (number < 1500) await new Promise(setImmediate);
  await site.restart();
  while (refused === 0) await new Promise(setImmediate);
  clearInterval(logging);
  await end();
  await findOnce(site.product, 'shop', number);
});
