import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { formatTimestamp } from '#model/timestamps.ts';
import { createFakeIntake, fakeRequest } from '#receivers/intake.fake.ts';
import type { FakeIntake, FakeRequestParts } from '#receivers/intake.fake.ts';
import type { ReceiverReply } from '#receivers/http-receiver.ts';
import type { ListenerBind, RunningListener } from '#receivers/receiver.ts';
import { defaultsOf } from '../../../test/support/config-defaults.ts';
import { ChunkJoiner } from './chunks.ts';
import { gelfConfig } from './config.ts';
import type { GelfConfig } from './config.ts';
import { createGelfReceiver } from './receiver.ts';

const host = '127.0.0.1';
const bind: ListenerBind = { host, port: 0, reusePort: false, createHttpServer: () => assert.fail('not HTTP') };
const settingsOf = (settings: Partial<GelfConfig>): GelfConfig => ({ ...defaultsOf(gelfConfig), port: 0, batch_delay: 10, ...settings });

async function post(parts: FakeRequestParts, fake = createFakeIntake()): Promise<{ fake: FakeIntake; reply: ReceiverReply }> {
  const [route] = createGelfReceiver(fake.context, settingsOf({})).routes;
  return { fake, reply: await route.handle(fakeRequest('POST', '/gelf', parts)) };
}

describe('a message', () => {
  const full = {
    version: '1.1',
    host: 'example.org',
    short_message: 'A short message that helps you identify what is going on',
    full_message: 'Backtrace here\n\nmore stuff',
    timestamp: 1385053862.3072,
    level: 1,
    facility: 'app',
    line: 356,
    file: '/a.rb',
    _user_id: 9001,
    _some_info: 'föo "x"',
    _service: 'shop',
    _trace_id: 'abc',
    _host: 'not the host',
    _big: 1,
    _ok: true,
    _none: null,
    _deep: { a: [1] },
    other: 'x',
  };

  test('fields and attributes', async () => {
    const body = JSON.stringify(full).replace('"_big":1', '"_big":12345678901234567890').replace('1385053862.3072', '1385053862.307200123');
    const { fake, reply } = await post({ body });
    assert.deepEqual(reply, { status: 202 });
    const [{ tsNs, level, host: from, service, traceId, message, attributes }] = fake.lines();
    assert.deepEqual(
      [formatTimestamp(tsNs), level, from, service, traceId, message],
      ['2013-11-21T17:11:02.307200123Z', 22, 'example.org', 'shop', 'abc', full.short_message],
    );
    assert.deepEqual(Object.fromEntries(attributes.names.map((name, i) => [name, `${attributes.kinds[i]} ${attributes.values[i]}`])), {
      full_message: `s ${full.full_message}`,
      facility: 's app',
      line: 'n 356',
      file: 's /a.rb',
      user_id: 'n 9001',
      some_info: 's föo "x"',
      host: 's not the host',
      big: 'n 12345678901234567890',
      ok: 'b true',
      none: 'z null',
      deep: 'j {"a":[1]}',
      other: 's x',
    });
  });

  const table: readonly (readonly [name: string, body: string, expected: readonly [message: string, level: number, attributes: object]])[] =
    [
      ['no short message', '{"full_message":"all of it"}', ['all of it', 0, { full_message: 'all of it' }]],
      ['a short message after the long one', '{"full_message":"long","short_message":"short"}', ['short', 0, { full_message: 'long' }]],
      ['a message twice', '{"short_message":"a","short_message":"b"}', ['a', 0, { short_message: 'b' }]],
      ['level as text', '{"short_message":"a","level":"3"}', ['a', 17, {}]],
      ['level by name', '{"short_message":"a","level":"warning"}', ['a', 13, {}]],
      ['level escaped', '{"short_message":"a","level":"\\u0037"}', ['a', 5, {}]],
      ['a level that nobody knows', '{"short_message":"a","level":"loud"}', ['a', 0, { level: 'loud' }]],
      ['an escaped key', '{"short_message":"a","_\\u0078":"1"}', ['a', 0, { x: '1' }]],
      ['an underscore alone', '{"short_message":"a","_":"1"}', ['a', 0, { _: '1' }]],
      ['null', '{"short_message":null,"host":null}', ['', 0, { host: 'null' }]],
      ['nothing', '{}', ['', 0, {}]],
      ['white space', ' {\n "short_message" : "a" } ', ['a', 0, {}]],
    ];
  for (const [name, body, expected] of table) {
    test(name, async () => {
      const { fake } = await post({ body });
      const [{ message, level, attributes }] = fake.lines();
      const found = Object.fromEntries(attributes.names.map((key, i) => [key, attributes.values[i]]));
      assert.deepEqual([message, level, found], expected);
    });
  }
});

describe('POST /gelf', () => {
  test('several messages, one of them broken', async () => {
    const { fake, reply } = await post({
      body: '{"short_message":\n"a"}\n{"short_message":"b"}{"short_message":"c"}\nbroken\n{"short_message":"d"}',
    });
    assert.equal(reply.status, 202);
    assert.deepEqual(
      fake.lines().map(({ message }) => message),
      ['a', 'b', 'c', 'd'],
    );
    assert.deepEqual(
      fake.batches[0].quarantined.map(({ index, code, text }) => [index, code, text]),
      [[3, 'malformed_record', 'broken']],
    );
  });

  for (const [body, code] of [
    ['{"short_message":"a"', 'malformed_record'],
    ['[1]', 'not_an_object'],
    ['{"short_message":"a","timestamp":"yesterday"}', 'invalid_timestamp'],
    [`{"_a":${'['.repeat(100)}${']'.repeat(100)}}`, 'nesting_too_deep'],
  ] as const) {
    test(`kept and told: ${code}`, async () => {
      const fake = createFakeIntake();
      await assert.rejects(post({ body }, fake), { code: 'malformed_body' });
      assert.deepEqual(
        fake.batches[0].quarantined.map((record) => [record.code, record.text]),
        [[code, body]],
      );
    });
  }

  test('compressed, whatever the headers say', async () => {
    const { fake } = await post({ body: deflateSync('{"short_message":"a"}') });
    assert.equal(fake.lines()[0].message, 'a');
    await assert.rejects(post({ body: gzipSync(Buffer.alloc(1e6)) }, createFakeIntake({ ingest: { max_body_bytes: 1000 } })), {
      code: 'body_too_large',
    });
  });

  test('a message over the bound', async () => {
    const fake = createFakeIntake({ ingest: { max_record_bytes: 1024 } });
    await post({ body: `{"short_message":"a"}{"short_message":"${'x'.repeat(2000)}"}` }, fake);
    assert.deepEqual(
      fake.batches[0].quarantined.map(({ index, code }) => [index, code]),
      [[1, 'record_too_large']],
    );
  });

  test('more messages than a request may have', async () => {
    const fake = createFakeIntake({ ingest: { max_records: 2 } });
    await assert.rejects(post({ body: '{}{}{}' }, fake), { code: 'too_many_records' });
    assert.deepEqual(fake.batches, []);
  });
});

async function start(t: TestContext, settings: Partial<GelfConfig> = {}) {
  const fake = createFakeIntake();
  const { listeners } = createGelfReceiver(fake.context, settingsOf(settings));
  const [udp, tcp] = await Promise.all(listeners.map((listener) => listener.start(bind)));
  let stopped: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => void (await (stopped ??= Promise.all([udp.stop(), tcp.stop()])));
  t.after(stop);
  return { fake, udp, tcp, stop };
}

async function sendAll({ port }: RunningListener, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) await new Promise<void>((resolve) => socket.send(datagram, port, host, () => resolve()));
  socket.close();
}

function chunksOf(message: Uint8Array, size: number, id = 'abcdefgh'): Buffer[] {
  const count = Math.ceil(message.length / size);
  return Array.from({ length: count }, (_, i) =>
    Buffer.concat([Buffer.of(0x1e, 0x0f), Buffer.from(id), Buffer.of(i, count), message.subarray(i * size, (i + 1) * size)]),
  );
}

test('UDP: plain, compressed, in chunks in any order and twice; what is none is kept', async (t) => {
  const running = await start(t);
  const message = (text: string): Buffer => Buffer.from(JSON.stringify({ version: '1.1', host: 'h', short_message: text }));
  const large = message('large '.repeat(2000));
  const chunks = chunksOf(large, 1000);
  await sendAll(running.udp, [
    message('plain'),
    gzipSync(message('gzip')),
    deflateSync(message('zlib')),
    ...chunks.reverse(),
    chunks[0],
    ...chunksOf(gzipSync(message('both')), 20, '12345678'),
    Buffer.from('no JSON'),
    Buffer.from([0x1f, 0x8b, 1, 2, 3]),
    Buffer.from([0x1e, 0x0f, 1]),
  ]);
  await running.stop();
  const { fake } = running;
  assert.deepEqual(
    fake.lines().map((line) => line.message.slice(0, 6)),
    ['plain', 'gzip', 'zlib', 'large ', 'both'],
  );
  assert.deepEqual(
    fake.batches.flatMap(({ quarantined }) => quarantined.map(({ code }) => code)),
    ['malformed_record', 'malformed_record'],
  );
  assert.equal(fake.counts.get('gelf messages_not_decompressed'), 1);
  assert.equal(fake.counts.get('gelf chunks_malformed'), 1);
  assert.equal(fake.counts.get('gelf chunks_expired'), 1, 'the chunk that came again opened a message that never got whole');
});

test('UDP: a compressed bomb is kept as it came', async (t) => {
  const running = await start(t, { max_message_bytes: 10_000 });
  await sendAll(running.udp, [gzipSync(Buffer.alloc(5_000_000))]);
  await running.stop();
  assert.equal(running.fake.counts.get('gelf messages_not_decompressed'), 1);
  assert.equal(running.fake.batches[0].quarantined.length, 1);
});

test('TCP: messages end with NUL, the last may go without', async (t) => {
  const running = await start(t);
  const socket = connect(running.tcp.port, host);
  socket.end('{"short_message":"a"}\0\0{"short_message":"b\\nc"}\0broken\0{"short_message":"d"}');
  await once(socket.resume(), 'close');
  await running.stop();
  assert.deepEqual(
    running.fake.lines().map(({ message }) => message),
    ['a', 'b\nc', 'd'],
  );
  assert.equal(running.fake.batches[0].quarantined.length, 1);
});

describe('chunks', () => {
  function createJoiner(limits = {}) {
    const lost: [string, number][] = [];
    const joiner = new ChunkJoiner({ timeoutMs: 5000, maxBytes: 4000, maxPerSender: 2, ...limits }, (event, count) =>
      lost.push([event, count]),
    );
    return { joiner, lost };
  }

  test('what waits too long is given up and counted', () => {
    const { joiner, lost } = createJoiner();
    const chunks = chunksOf(Buffer.alloc(30, 'x'), 10);
    joiner.add(chunks[0], 'a', 0);
    joiner.add(chunks[1], 'a', 4999);
    joiner.expire(5000);
    assert.deepEqual(lost, [['chunks_expired', 2]]);
    assert.equal(joiner.add(chunks[2], 'a', 5001), undefined);
    assert.ok(joiner.heldBytes > 0);
    joiner.clear();
    assert.equal(joiner.heldBytes, 0);
  });

  test('the same id of two senders is two messages', () => {
    const { joiner } = createJoiner();
    const [first, second] = chunksOf(Buffer.from('helloworld'), 5);
    joiner.add(first, 'a', 0);
    assert.equal(joiner.add(second, 'b', 0), undefined);
    assert.equal(String(joiner.add(second, 'a', 0)), 'helloworld');
  });

  test('bounds of a sender and of all', () => {
    const { joiner, lost } = createJoiner();
    for (const id of ['11111111', '22222222', '33333333']) joiner.add(chunksOf(Buffer.alloc(20), 10, id)[0], 'a', 0);
    assert.deepEqual(lost, [['chunks_evicted', 1]]);
    for (let sender = 0; sender < 100; sender++) joiner.add(chunksOf(Buffer.alloc(20), 10)[0], String(sender), 0);
    assert.ok(joiner.heldBytes <= 4000);
  });

  for (const [name, bytes] of [
    ['no data', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2]],
    ['a number beyond the count', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 2, 2, 9]],
    ['a count of nothing', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 9]],
    ['too many', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 0, 129, 9]],
  ] as const) {
    test(`malformed: ${name}`, () => {
      const { joiner, lost } = createJoiner();
      assert.equal(joiner.add(Buffer.from(bytes), 'a', 0), undefined);
      assert.deepEqual(lost, [['chunks_malformed', 1]]);
    });
  }

  test('any datagrams: bounded, and every chunk is joined or counted or waits', () => {
    const chunk = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(4), fc.nat(4), fc.nat(20)).map(([sender, id, number, count, length]) => ({
      sender: String(sender),
      bytes: Buffer.concat([Buffer.of(0x1e, 0x0f), Buffer.alloc(8, id), Buffer.of(number, count), Buffer.alloc(length, 1)]),
    }));
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 200 }), (chunks) => {
        const { joiner } = createJoiner({ maxBytes: 2000 });
        for (const [i, { sender, bytes }] of chunks.entries()) {
          joiner.add(bytes, sender, i * 100);
          assert.ok(joiner.heldBytes <= 2000 && joiner.heldBytes >= 0);
        }
        joiner.clear();
        assert.equal(joiner.heldBytes, 0);
      }),
    );
  });
});

test('any bytes are a line or in the quarantine', async () => {
  const member = fc.constantFrom(
    '"short_message":"a"',
    '"host":"h"',
    '"level":3',
    '"level":"x"',
    '"timestamp":1.5',
    '"timestamp":"x"',
    '"_a":1',
    '"_a":{"b":[1]}',
    '"full_message":"f"',
    '"\\u0041":null',
  );
  const object = fc.array(member, { maxLength: 6 }).map((members) => `{${members.join(',')}}`);
  const mutated = fc
    .tuple(object, fc.nat(60), fc.string({ maxLength: 3 }))
    .map(([text, at, insert]) => text.slice(0, at) + insert + text.slice(at + 1));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(object, mutated, fc.string()), { minLength: 1, maxLength: 10 }), async (texts) => {
      const messages = texts.map((text) => text.replaceAll('\0', ' ')).filter((text) => text !== '');
      const fake = createFakeIntake();
      const { listeners } = createGelfReceiver(fake.context, settingsOf({}));
      const tcp = await listeners[1].start(bind);
      const socket = connect(tcp.port, host);
      socket.end(messages.join('\0'));
      await once(socket.resume(), 'close');
      await tcp.stop();
      const quarantined = fake.batches.reduce((sum, batch) => sum + batch.quarantined.length, 0);
      assert.equal(fake.lines().length + quarantined, messages.length);
    }),
    { numRuns: 60 },
  );
});
