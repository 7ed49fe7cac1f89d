/** The client against a scripted server in virtual time: when batches go, what is sent again, what is given up. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from './manual-clock.test-support.ts';
import { ScriptedServer } from './scripted-fetch.test-support.ts';
import type { Reply } from './scripted-fetch.test-support.ts';

const overloaded: Reply = { status: 503, body: { error: { code: 'log_unavailable', message: 'the disk is full' } } };

/** Replies of the first requests in turn; what follows is taken. */
const inTurn = (...replies: (Reply | undefined)[]) => new ScriptedServer((_, number) => replies[number - 1]);

describe('batches', () => {
  test('a line waits for the flush interval', async () => {
    const server = new ScriptedServer();
    const client = server.client({ service: 'shop', region: 'eu-1', source: { team: 'a' }, apiKey: 'key', tenant: 'acme', host: 'h' });
    client.log('INFO', 'hello', { user: 'u1' });
    await server.clock.advance(999);
    assert.equal(server.arrivals.length, 0);
    await server.clock.advance(1);
    const [{ source, logs, headers }] = server.arrivals;
    assert.deepEqual(source, { host: 'h', team: 'a', service: 'shop', region: 'eu-1' });
    assert.deepEqual(logs, [{ ts: server.clock.nowMs - 1000, level: 'INFO', msg: 'hello', meta: { user: 'u1' } }]);
    assert.equal(headers.authorization, 'Bearer key');
    assert.equal(headers['x-tenant-id'], 'acme');
    assert.match(headers['x-batch-id'], /^[0-9a-f-]{36}$/);
    assert.equal(headers['content-encoding'], undefined);
    const { logged, sent, buffered, bufferedBytes } = client.stats;
    assert.deepEqual({ logged, sent, buffered, bufferedBytes }, { logged: 1, sent: 1, buffered: 0, bufferedBytes: 0 });
  });

  test('a full batch goes at once, the rest with the interval', async () => {
    const server = new ScriptedServer();
    const client = server.client({ maxBatchLines: 10 });
    for (let n = 0; n < 25; n++) client.log('INFO', `line ${n}`);
    await settle();
    assert.deepEqual(
      server.arrivals.map(({ logs }) => logs.length),
      [10, 10],
    );
    await server.clock.advance(1000);
    assert.equal(server.arrivals.at(-1)?.logs.length, 5);
    assert.deepEqual(
      server.messages,
      Array.from({ length: 25 }, (_, n) => `line ${n}`),
    );
  });

  test('a batch is bounded by bytes, but for a single larger line', async () => {
    const server = new ScriptedServer();
    const client = server.client({ maxBatchBytes: 3000 });
    for (const size of [1200, 1200, 1200, 5000, 10]) client.log('INFO', 'x'.repeat(size));
    await client.flush();
    assert.deepEqual(
      server.arrivals.map(({ logs }) => logs.map(({ msg }) => msg.length)),
      [[1200, 1200], [1200], [5000], [10]],
    );
  });

  test('lines of all levels leave in the order in which they came', async () => {
    const server = new ScriptedServer();
    const client = server.client({ maxBatchLines: 50 });
    const levels = ['DEBUG', 'ERROR', 'INFO', 'WARN', 'TRACE', 'nonsense', 'FATAL'];
    for (let n = 0; n < 700; n++) client.log(levels[n % levels.length], String(n));
    await client.flush();
    assert.deepEqual(
      server.messages,
      Array.from({ length: 700 }, (_, n) => String(n)),
    );
  });

  for (const [hint, factor] of [
    ['elevated', 2],
    ['critical', 5],
  ] as const) {
    test(`lag_hint "${hint}" makes batches larger and rarer, one at a time`, async () => {
      let hinted: string = hint;
      const server = new ScriptedServer(({ logs }) => ({ status: 202, body: { accepted: logs.length, failed: 0, lag_hint: hinted } }));
      const client = server.client({ maxBatchLines: 10 });
      client.log('INFO', 'first');
      await server.clock.advance(1000);
      assert.equal(client.stats.lagHint, hint);
      for (let n = 0; n < 10 * factor - 1; n++) client.log('INFO', String(n));
      await server.clock.advance(1000 * factor - 1);
      assert.equal(server.arrivals.length, 1);
      hinted = 'normal';
      await server.clock.advance(1);
      assert.equal(server.arrivals.at(-1)?.logs.length, 10 * factor - 1);
      assert.equal(client.stats.lagHint, 'normal');
    });
  }

  test('no more batches are under way than the setting allows', async () => {
    const server = new ScriptedServer(() => 'silence');
    const client = server.client({ maxBatchLines: 1, concurrency: 3, maxRetryDelayMs: 1 });
    for (let n = 0; n < 20; n++) client.log('INFO', String(n));
    await settle();
    assert.equal(server.arrivals.length, 3);
  });
});

describe('failures', () => {
  const retried: [name: string, reply: Reply, code: string | undefined][] = [
    ['a broken connection', 'reset', 'ECONNRESET'],
    ['408', { status: 408 }, undefined],
    ['429', { status: 429, body: { error: { code: 'log_full', message: 'full' } } }, 'log_full'],
    ['500', { status: 500 }, undefined],
    ['503', overloaded, 'log_unavailable'],
    ['a 200 of something else', { status: 200, body: 'welcome to the hotel' }, undefined],
  ];
  for (const [name, reply, code] of retried) {
    test(`${name} is tried again with the same id and body, and told once`, async () => {
      const server = inTurn(reply, reply);
      const client = server.client();
      client.log('INFO', 'hello');
      await server.clock.advance(10_000);
      assert.equal(server.arrivals.length, 3);
      assert.equal(new Set(server.arrivals.map(({ id, body }) => id + body)).size, 1);
      assert.deepEqual(
        server.problems.map(({ kind, lines, code }) => ({ kind, lines, code })),
        [{ kind: 'delayed', lines: 1, code }],
      );
      const { sent, retries, failed, dropped } = client.stats;
      assert.deepEqual({ sent, retries, failed, dropped }, { sent: 1, retries: 2, failed: 0, dropped: 0 });
    });
  }

  test('a request without an answer is given up and sent again', async () => {
    const server = inTurn('silence');
    const client = server.client({ requestTimeoutMs: 5000 });
    client.log('INFO', 'hello');
    await server.clock.advance(1000 + 5000 + 125);
    assert.equal(server.arrivals.length, 2);
    assert.equal(client.stats.sent, 1);
    assert.match(server.problems[0].message, /no answer in 5000 ms/);
  });

  test('the back-off doubles, up to its bound', async () => {
    const server = inTurn(overloaded, overloaded, overloaded, overloaded, overloaded);
    const client = server.client({ minRetryDelayMs: 100, maxRetryDelayMs: 500 });
    client.log('INFO', 'hello');
    await server.clock.advance(60_000);
    const times = server.arrivals.map(({ atMs }) => atMs);
    // random() is 0.5
    assert.deepEqual(
      times.slice(1).map((at, n) => at - times[n]),
      [50, 100, 200, 250, 250],
    );
  });

  for (const [name, value] of [
    ['seconds', '7'],
    ['a date', new Date(new ScriptedServer().clock.nowMs + 1000 + 7000).toUTCString()],
  ]) {
    test(`Retry-After in ${name} is kept, and spread`, async () => {
      const server = inTurn({ status: 429, headers: { 'retry-after': value } });
      server.client().log('INFO', 'hello');
      await server.clock.advance(1000 + 7000 + 124);
      assert.equal(server.arrivals.length, 1);
      await server.clock.advance(1);
      assert.equal(server.arrivals.length, 2);
    });
  }

  test('while a batch waits to be sent again, no other starts', async () => {
    const server = inTurn(overloaded);
    const client = server.client({ maxBatchLines: 1, concurrency: 4, minRetryDelayMs: 1000 });
    client.log('INFO', 'first');
    await settle();
    client.log('INFO', 'second');
    await server.clock.advance(499);
    assert.equal(server.arrivals.length, 1);
    await server.clock.advance(1);
    assert.deepEqual(server.messages, ['first', 'second']);
  });

  for (const status of [301, 400, 401, 403, 404, 415, 431]) {
    test(`${status} is final: counted, and told with the server's error`, async () => {
      const error = { code: 'some_code', message: 'some reason', details: { setting: 'a.b' } };
      const server = inTurn({ status, body: { error } });
      const client = server.client();
      client.log('INFO', 'one');
      client.log('INFO', 'two');
      await client.flush();
      client.log('INFO', 'three');
      await client.flush();
      assert.deepEqual(server.problems, [{ kind: 'refused', lines: 2, status, ...error }]);
      const { sent, failed, retries } = client.stats;
      assert.deepEqual({ sent, failed, retries }, { sent: 1, failed: 2, retries: 0 });
    });
  }

  test('records that the server refuses within a batch are counted and told', async () => {
    const errors = [{ index: 1, code: 'record_too_large', message: 'too large' }];
    const server = inTurn({ status: 202, body: { accepted: 2, failed: 1, errors, lag_hint: 'normal' } });
    const client = server.client();
    for (const message of ['a', 'b', 'c']) client.log('INFO', message);
    await client.flush();
    assert.equal(client.stats.sent, 2);
    assert.equal(client.stats.failed, 1);
    assert.deepEqual(
      server.problems.map(({ kind, lines, details }) => ({ kind, lines, details })),
      [{ kind: 'rejected', lines: 1, details: errors }],
    );
  });

  test('413 splits a batch until its pieces fit; a single line that is too large fails alone', async () => {
    const server = new ScriptedServer(({ logs }) =>
      logs.length > 3 || logs.some(({ msg }) => msg === 'huge') ? { status: 413, body: { error: { code: 'body_too_large' } } } : undefined,
    );
    const client = server.client();
    const messages = Array.from({ length: 20 }, (_, n) => (n === 11 ? 'huge' : `line ${n}`));
    for (const message of messages) client.log('INFO', message);
    assert.equal(await client.flush(), true);
    assert.deepEqual(server.messages.sort(), messages.filter((message) => message !== 'huge').sort());
    assert.equal(client.stats.failed, 1);
    assert.equal(client.stats.sent, 19);
    assert.equal(new Set(server.arrivals.map(({ id }) => id)).size, server.arrivals.length);
  });

  test('a line that is not JSON spoils no batch: it becomes a message', async () => {
    const server = new ScriptedServer();
    const client = server.client();
    client.sendLine('{"level":30,"time":1750000000000,"msg":"good"}');
    client.sendLine('plain text');
    client.sendLine('{"cut":');
    client.sendLine('{"time":1,"not":json}');
    client.log('INFO', 'also good');
    assert.equal(await client.flush(), true);
    assert.deepEqual(server.messages, ['good', 'plain text', '{"cut":', '{"time":1,"not":json}', 'also good']);
    assert.equal(client.stats.sent, 5);
    assert.deepEqual(server.problems, []);
  });

  test('nothing that is given instead of a text, level or record throws', async () => {
    const server = new ScriptedServer();
    const client = server.client() as any;
    const hostile = {
      toString() {
        throw new Error('toString');
      },
      toJSON() {
        throw new Error('toJSON');
      },
    };
    for (const value of [undefined, null, 0, 1n, Symbol('s'), hostile, [hostile], () => {}]) {
      client.log(value, value, value);
      client.send(value);
      client.sendLine(value, value);
    }
    assert.equal(await client.flush(), true);
    assert.equal(client.stats.sent, 24);
    assert.equal(server.records.length, 24);
  });

  test('a handler that throws harms nobody', async () => {
    const server = inTurn({ status: 400 });
    const client = server.client({
      onError: () => {
        throw new Error('handler');
      },
    });
    client.log('INFO', 'hello');
    assert.equal(await client.flush(), true);
    assert.equal(client.stats.failed, 1);
  });
});

describe('a full buffer', () => {
  /** Lines of the same size by level, more than fit while the server is away. */
  async function overflow(levels: readonly string[]) {
    let away = true;
    const server = new ScriptedServer(() => (away ? 'reset' : undefined));
    const client = server.client({ maxBufferBytes: 25_000, maxBatchBytes: 2000, maxRetryDelayMs: 1000 });
    let number = 0;
    for (const level of levels)
      for (let n = 0; n < 50; n++) client.log(level, `${level} ${String(number++).padStart(4, '0')}`.padEnd(150, '.'));
    await server.clock.advance(5000);
    const { bufferedBytes, dropped, buffered, logged } = client.stats;
    assert.ok(bufferedBytes <= 25_000);
    assert.equal(dropped + buffered, logged);
    assert.ok(dropped > 0);
    away = false;
    await server.clock.advance(5000);
    await client.flush();
    const count = (level: string): number => server.messages.filter((message) => message.startsWith(level)).length;
    return { server, client, dropped, count };
  }

  test('drops TRACE and DEBUG first, then INFO, then WARN, whatever came first', async () => {
    for (const levels of [
      ['ERROR', 'WARN', 'INFO', 'DEBUG'],
      ['DEBUG', 'INFO', 'WARN', 'ERROR'],
    ]) {
      const { count, server } = await overflow(levels);
      assert.equal(count('ERROR'), 50, levels.join());
      assert.ok(count('WARN') < 50 && count('WARN') > 10, `${count('WARN')} WARN lines were kept`);
      // what was under way when the buffer filled is not dropped: two batches of 2000 bytes
      assert.ok(count('INFO') + count('DEBUG') <= 14);
      assert.deepEqual([...new Set(server.problems.map(({ kind }) => kind))].sort(), ['delayed', 'dropped']);
    }
  });

  test('of equal lines the oldest go', async () => {
    const { server } = await overflow(['INFO', 'INFO', 'INFO']);
    const kept = server.messages.filter((message) => message.startsWith('INFO')).map((message) => Number(message.slice(5, 9)));
    assert.equal(kept.at(-1), 149);
    const underWay = kept.findIndex((number, n) => number !== n);
    assert.deepEqual(
      kept.slice(underWay),
      Array.from({ length: kept.length - underWay }, (_, n) => 150 - (kept.length - underWay) + n),
    );
  });

  test('the number of dropped lines is a WARN line once the server is back', async () => {
    const { server, client, dropped } = await overflow(['INFO', 'DEBUG', 'ERROR']);
    const reports = server.records.filter(({ meta }) => meta?.['millrace.dropped'] !== undefined);
    assert.deepEqual(
      reports.map(({ level, msg, meta }) => ({ level, msg, dropped: meta['millrace.dropped'] })),
      [{ level: 'WARN', msg: `log lines dropped by the Millrace client: ${dropped}`, dropped }],
    );
    const { meta } = reports[0];
    assert.equal(meta['millrace.dropped_debug'] + meta['millrace.dropped_info'], dropped);
    const { logged, sent } = client.stats;
    assert.equal(logged, 151);
    assert.equal(sent, 151 - dropped);
  });

  test('a line larger than the buffer is dropped alone, and reported', async () => {
    const server = new ScriptedServer();
    const client = server.client({ maxBufferBytes: 2000 });
    client.log('INFO', 'small');
    client.log('ERROR', 'x'.repeat(3000));
    assert.equal(client.stats.dropped, 1);
    await client.flush();
    assert.deepEqual(server.messages, ['small', 'log lines dropped by the Millrace client: 1']);
  });
});

describe('the end', () => {
  test('flush resolves when what came before it is settled', async () => {
    const server = new ScriptedServer();
    const client = server.client();
    client.log('INFO', 'hello');
    assert.equal(await client.flush(), true);
    assert.deepEqual(server.messages, ['hello']);
    assert.equal(await client.flush(), true);
  });

  test('flush gives up when time is up, and the lines stay', async () => {
    const server = new ScriptedServer(() => 'reset');
    const client = server.client();
    client.log('INFO', 'hello');
    const flushed = client.flush(3000);
    await server.clock.advance(3000);
    assert.equal(await flushed, false);
    assert.equal(client.stats.buffered, 1);
  });

  test('flush does not wait for a long back-off', async () => {
    const server = inTurn('reset', 'reset', 'reset', 'reset', 'reset', 'reset', 'reset');
    const client = server.client({ minRetryDelayMs: 20_000, maxRetryDelayMs: 60_000 });
    client.log('INFO', 'hello');
    await server.clock.advance(5000);
    assert.equal(server.arrivals.length, 1);
    const flushed = client.flush(5000);
    await server.clock.advance(5000);
    assert.equal(await flushed, true);
  });

  test('but it keeps to a Retry-After', async () => {
    const server = inTurn({ status: 429, headers: { 'retry-after': '30' } });
    const client = server.client();
    client.log('INFO', 'hello');
    await server.clock.advance(5000);
    const flushed = client.flush(5000);
    await server.clock.advance(5000);
    assert.equal(await flushed, false);
    assert.equal(server.arrivals.length, 1);
  });

  test('close sends the rest; lines after it are counted as dropped', async () => {
    const server = new ScriptedServer();
    const client = server.client();
    client.log('INFO', 'hello');
    assert.equal(await client.close(), true);
    client.log('INFO', 'too late');
    assert.deepEqual(server.messages, ['hello']);
    assert.equal(client.stats.dropped, 1);
    assert.match(server.problems[0].message, /closed/);
    assert.equal(await client.close(), true);
  });

  test('close gives up when time is up: the rest is counted and told, and nothing goes on', async () => {
    const server = new ScriptedServer((_, number) => (number === 1 ? 'silence' : 'reset'));
    const client = server.client({ maxBatchLines: 1, concurrency: 2 });
    for (let n = 0; n < 5; n++) client.log('INFO', String(n));
    const closed = client.close(2000);
    await server.clock.advance(2000);
    assert.equal(await closed, false);
    const { dropped, buffered, bufferedBytes } = client.stats;
    assert.deepEqual({ dropped, buffered, bufferedBytes }, { dropped: 5, buffered: 0, bufferedBytes: 0 });
    assert.deepEqual(
      server.problems.filter(({ kind }) => kind === 'abandoned').map(({ lines }) => lines),
      [5],
    );
    const requests = server.arrivals.length;
    await server.clock.advance(120_000);
    assert.equal(server.arrivals.length, requests);
  });
});
