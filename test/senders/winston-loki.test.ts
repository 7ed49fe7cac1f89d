/** winston-loki 6.1.7: snappy protobuf, or JSON, from the application's own process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const levels = { error: 'ERROR', warn: 'WARN', info: 'INFO', debug: 'DEBUG', silly: 'TRACE' } as const;
const names = Object.keys(levels) as (keyof typeof levels)[];

function loggerTo(url: string, service: string, options: object = {}) {
  const transport = new LokiTransport({
    host: url,
    labels: { service_name: service, env: 'production' },
    interval: 1,
    gracefulShutdown: false,
    ...options,
  });
  const logger = winston.createLogger({ level: 'silly', transports: [transport] });
  return { logger, transport, end: () => new Promise<void>((resolve) => (transport as any).batcher.close(() => resolve())) };
}

test('winston-loki', { timeout: 420_000 }, async (t) => {
  const site = await Site.start(t, 'winston-loki');
  for (const format of ['protobuf', 'json']) await t.test(format, () => sendAndFind(site, format, { json: format === 'json' }));
  await t.test('across a restart of the server', () => sendAcrossRestart(site));
});

async function sendAndFind(site: Site, service: string, options: object): Promise<void> {
  const { logger, end } = loggerTo(site.url, service, options);
  for (let n = 0; n < 3000; n++) logger.log(names[n % 5], `line ${n}`, { n, labels: { region: 'eu-1' } });
  await end();
  const found = await findOnce(site.product, service, 3000);
  for (const n of [0, 1, 2, 3, 4, 2999]) {
    const { level, environment, resource, message } = found.get(n)!;
    assert.deepEqual(
      { level, environment, region: resource?.region },
      { level: levels[names[n % 5]], environment: 'production', region: 'eu-1' },
    );
    assert.ok(message.startsWith(`line ${n} `));
  }
}

async function sendAcrossRestart(site: Site): Promise<void> {
  let refused = 0;
  const { logger, end } = loggerTo(site.url, 'restart', { onConnectionError: () => refused++ });
  let number = 0;
  const logging = setInterval(() => {
    for (let n = 0; n < 20; n++) logger.info(`line ${number++}`);
  }, 20);
  try {
    while (number < 1500) await new Promise(setImmediate);
    await site.restart();
    while (refused === 0) await new Promise(setImmediate);
  } finally {
    clearInterval(logging);
  }
  await end();
  await findOnce(site.product, 'restart', number);
}
