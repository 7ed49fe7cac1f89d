/** The winston transport in the real winston. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import winston from 'winston';
import { HttpServer } from './http-server.test-support.ts';
import { MillraceTransport } from './winston.mjs';
import type { WinstonTransportOptions } from './declarations/winston.d.ts';

async function setUp(t: TestContext, options: Partial<WinstonTransportOptions> = {}, loggerOptions: winston.LoggerOptions = {}) {
  const server = await HttpServer.start(t);
  const transport = new MillraceTransport({ url: server.url, flushOnExit: false, service: 'shop', ...options });
  const logger = winston.createLogger({ level: 'silly', ...loggerOptions, transports: [transport] });
  t.after(() => transport.close());
  const sent = async (): Promise<Record<string, any>[]> => {
    assert.equal(await transport.flush(), true);
    return server.records.map(({ ts: _ts, ...record }) => record);
  };
  return { server, transport, logger, sent };
}

describe('winston transport', () => {
  test('levels, messages and fields', async (t) => {
    const { logger, sent, server } = await setUp(t, {}, { defaultMeta: { version: '1.2' }, format: winston.format.timestamp() });
    logger.info('hello', { user: 'u1', nested: { n: 1 } });
    logger.log({ level: 'warn', message: 'careful', code: 7 });
    logger.child({ request: 'r1' }).debug('child');
    assert.deepEqual(await sent(), [
      { level: 'info', msg: 'hello', meta: { version: '1.2', user: 'u1', nested: { n: 1 } } },
      { level: 'warn', msg: 'careful', meta: { version: '1.2', code: 7 } },
      { level: 'debug', msg: 'child', meta: { version: '1.2', request: 'r1' } },
    ]);
    assert.equal(server.received[0].source.service, 'shop');
  });

  test("winston's own levels keep their order, with and without colours", async (t) => {
    const { logger, sent } = await setUp(t, {}, { format: winston.format.colorize() });
    for (const level of ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly']) logger.log(level, level);
    const records = await sent();
    assert.deepEqual(
      records.map(({ level }) => level),
      ['error', 'warn', 'info', 'DEBUG4', 'DEBUG2', 'debug', 'silly'],
    );
  });

  test('errors', async (t) => {
    const { logger, sent } = await setUp(t);
    logger.error(new TypeError('boom') as never);
    logger.error('failed', { err: new Error('inner') });
    const [whole, field] = await sent();
    assert.equal(whole.msg, 'boom');
    assert.equal(whole.meta.err.type, 'TypeError');
    assert.match(whole.meta.err.stack, /TypeError: boom\n/);
    assert.equal(field.msg, 'failed');
    assert.equal(field.meta.err.message, 'inner');
  });

  test("the transport's level, else the logger's; silent sends nothing", async (t) => {
    const { logger, sent, transport } = await setUp(t, { level: 'warn' }, { level: 'info' });
    logger.info('too low');
    logger.warn('sent');
    transport.level = undefined;
    logger.info('sent too');
    logger.debug('too low');
    transport.silent = true;
    logger.error('silent');
    assert.deepEqual(
      (await sent()).map(({ msg }) => msg),
      ['sent', 'sent too'],
    );
  });

  test('a format of its own changes or filters infos; one that fails costs no line', async (t) => {
    const format = winston.format((info) => {
      if (info.message === 'secret') return false;
      if (info.message === 'broken') throw new Error('format');
      return { ...info, message: String(info.message).toUpperCase() };
    })();
    const { logger, sent } = await setUp(t, { format });
    for (const message of ['hello', 'secret', 'broken']) logger.info(message);
    assert.deepEqual(
      (await sent()).map(({ msg }) => msg),
      ['HELLO', 'broken'],
    );
  });

  test('infos of exceptions only where asked for', async (t) => {
    for (const handleExceptions of [true, false]) {
      const { sent, transport } = await setUp(t, { handleExceptions });
      transport.write({ level: 'error', [Symbol.for('level')]: 'error', message: 'uncaught', exception: true });
      assert.equal((await sent()).length, handleExceptions ? 1 : 0);
      transport.handleExceptions = false;
    }
  });

  test('the end of the logger waits until everything is sent', async (t) => {
    const { logger, server } = await setUp(t, { flushIntervalMs: 60_000 });
    for (let n = 0; n < 2500; n++) logger.info('hello', { n });
    logger.end();
    await once(logger, 'finish');
    // Batches are under way side by side, so the second may arrive first.
    assert.deepEqual(
      server.records.map(({ meta }) => meta.n as number).toSorted((a, b) => a - b),
      Array.from({ length: 2500 }, (_, n) => n),
    );
  });

  test('a transport that is removed sends what it has', async (t) => {
    const { logger, server, transport } = await setUp(t, { flushIntervalMs: 60_000 });
    logger.info('hello');
    logger.remove(transport);
    await transport.client.close();
    assert.equal(server.records.length, 1);
  });
});
