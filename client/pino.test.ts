/** The pino transport: the stream by itself, and in the worker thread of the real pino. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import pino from 'pino';
import { HttpServer } from './http-server.test-support.ts';
import millracePino from './pino.mjs';

const target = new URL('./pino.mjs', import.meta.url).pathname;
const endOf = (stream: NodeJS.WritableStream) => new Promise<void>((resolve) => stream.end(() => resolve()));

describe('the stream', () => {
  const lines = [
    '{"level":30,"time":1750000000000,"msg":"a"}',
    '{"level":50,"time":1750000000001,"msg":"Z\u00fcrich \u{1f600}"}',
    '{"time":3,"msg":"c"}',
  ];
  const whole = `${lines.join('\n')}\n`;
  const bytes = Buffer.from(whole);
  const cuts: [name: string, chunks: (string | Buffer)[]][] = [
    ['one chunk', [whole]],
    ['a chunk a line', lines.map((line) => `${line}\n`)],
    ['a chunk a character', [...whole]],
    ['a chunk a byte', [...bytes].map((byte) => Buffer.of(byte))],
    ['no line end at the end', [whole.trimEnd()]],
    ['empty lines and carriage returns', [`\n${lines.join('\r\n\n')}\r\n\n`]],
    ['a line begun and several ended', [whole.slice(0, 20), whole.slice(20, -5), whole.slice(-5)]],
  ];
  for (const [name, chunks] of cuts) {
    test(name, async (t) => {
      const server = await HttpServer.start(t);
      const stream = await millracePino({ url: server.url, flushOnExit: false });
      for (const chunk of chunks) stream.write(chunk);
      await endOf(stream);
      assert.deepEqual(
        server.records,
        lines.map((line) => JSON.parse(line)),
      );
    });
  }

  test('flush sends what is there, and a destroyed stream sends it too', async (t) => {
    const server = await HttpServer.start(t);
    const stream = await millracePino({ url: server.url, flushOnExit: false, flushIntervalMs: 60_000 });
    stream.write(`${lines[0]}\n`);
    await stream.flush();
    assert.equal(server.records.length, 1);
    stream.write(`${lines[1]}\n`);
    stream.destroy();
    await once(stream, 'close');
    assert.equal(server.records.length, 2);
  });
});

describe('in the worker of pino', () => {
  test('lines arrive as pino wrote them, at the flush', async (t) => {
    const server = await HttpServer.start(t);
    const transport = pino.transport({ target, options: { url: server.url, service: 'shop', flushIntervalMs: 60_000 } });
    const logger = pino({ base: { pid: 1 } }, transport);
    logger.info({ user: 'u1' }, 'hello');
    logger.error(new Error('boom'));
    await new Promise((resolve, reject) => logger.flush((error) => (error ? reject(error) : resolve(undefined))));
    assert.deepEqual(
      server.records.map(({ level, msg, user, err }) => ({ level, msg, user, type: err?.type })),
      [
        { level: 30, msg: 'hello', user: 'u1', type: undefined },
        { level: 50, msg: 'boom', user: undefined, type: 'Error' },
      ],
    );
    assert.equal(server.received[0].source.service, 'shop');
    // `end` blocks this thread until the worker has sent everything: with something left, this server could not answer
    transport.end();
    await once(transport, 'close');
    assert.equal(server.records.length, 2);
  });

  for (const [name, ending] of [
    ['runs to its end', ''],
    ['calls process.exit', 'process.exit(0);'],
  ]) {
    test(`a program that ${name} loses no line`, async (t) => {
      const server = await HttpServer.start(t);
      const program = `
        import pino from ${JSON.stringify(import.meta.resolve('pino'))};
        const logger = pino(pino.transport({ target: ${JSON.stringify(target)}, options: { url: ${JSON.stringify(server.url)}, flushIntervalMs: 60_000 } }));
        for (let n = 0; n < 5000; n++) logger.info({ n }, 'hello');
        ${ending}`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'ignore', 'pipe'] });
      t.after(() => child.kill('SIGKILL'));
      const [printed, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      assert.equal(printed, '');
      assert.equal(code, 0);
      assert.deepEqual(
        server.records.map(({ n }) => n).sort((a, b) => a - b),
        Array.from({ length: 5000 }, (_, n) => n),
      );
    });
  }
});
