import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createAccess } from '#access/access.ts';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import { defaultsOf } from '../../../test/support/config-defaults.ts';
import { forwardConfig } from './config.ts';
import type { ForwardConfig } from './config.ts';
import { createForwardReceiver } from './receiver.ts';
import { readMessagePack } from './msgpack-values.test-support.ts';
import { eventTime, pack } from './msgpack-writer.test-support.ts';

const secret = 'forward-key-0123456789';
const access = createAccess({
  keys: [
    {
      name: 'edge',
      key: new Secret(secret),
      key_sha256: '',
      tenant: 'shop',
      may_ingest: true,
      may_read: false,
      may_prioritise: false,
      may_act_for_others: false,
    },
    {
      name: 'other',
      key: new Secret('another-key-0123456789'),
      key_sha256: '',
      tenant: 'other',
      may_ingest: true,
      may_read: true,
      may_prioritise: false,
      may_act_for_others: false,
    },
  ],
});

/** A sender written from the protocol's specification: sends values, and reads what the server says value by value. */
class Sender {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece) => {
      this.#received = Buffer.concat([this.#received, piece]);
      socket.emit('more');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => socket.emit('more'));
  }

  send(...values: unknown[]): void {
    this.sendBytes(Buffer.concat(values.map(pack)));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next value; undefined where the connection ended before it. */
  async read(): Promise<unknown> {
    for (;;) {
      const found = readMessagePack(this.#received);
      if (found !== undefined) {
        this.#received = this.#received.subarray(found.length);
        return found.value;
      }
      if (this.#socket.closed) return undefined;
      // not `once`, which rejects where the connection breaks
      await new Promise((resolve) => this.#socket.once('more', resolve));
    }
  }

  /** Answers HELO; returns what the server says to it. */
  async greet(key: string): Promise<unknown[]> {
    const [word, { nonce, auth, keepalive }] = (await this.read()) as [string, { nonce: Buffer; auth: Buffer; keepalive: boolean }];
    assert.deepEqual([word, nonce.length, auth.length, keepalive], ['HELO', 16, 0, true]);
    const digest = (host: string) => createHash('sha512').update('salt').update(host).update(nonce).update(key).digest('hex');
    this.send(['PING', 'edge-1', 'salt', digest('edge-1'), '', '']);
    const pong = (await this.read()) as string[];
    if (pong[4] !== '') assert.equal(pong[4], digest(pong[3]));
    return pong;
  }

  end(): void {
    this.#socket.end();
  }
}

interface Site {
  readonly fake: FakeIntake;
  readonly connect: () => Promise<Sender>;
}

async function start(t: TestContext, config: Partial<ForwardConfig> = {}, fake: FakeIntake = createFakeIntake()): Promise<Site> {
  const settings = { ...defaultsOf(forwardConfig), port: 0, ...config };
  const [listener] = createForwardReceiver(fake.context, settings).listeners;
  const running = await listener.start({ host: '127.0.0.1', port: 0, reusePort: false, createHttpServer: () => assert.fail('not HTTP') });
  t.after(() => running.stop());
  return {
    fake,
    async connect() {
      const socket = connect(running.port, '127.0.0.1');
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      return new Sender(socket);
    },
  };
}

const entry = (text: string) => [eventTime(1_750_000_000, 1), { log: text }];
const messagesOf = (fake: FakeIntake): string[] => fake.lines().map((line) => line.message);

test('chunks are acknowledged in order, after they are durable, whatever their pieces', async (t) => {
  const { fake, connect } = await start(t);
  const durable = Promise.withResolvers<void>();
  fake.durable = durable.promise;
  const sender = await connect();
  const bytes = Buffer.concat([
    pack(['app', [entry('one'), entry('two')], { chunk: 'c1' }]),
    pack(null),
    pack(['app', Buffer.concat([pack(entry('three'))]), { chunk: 'c2', size: 1 }]),
    pack(['app', 5, { log: 'four' }, { chunk: 'c3' }]),
    pack(['app', 6, { log: 'five' }]),
  ]);
  for (let at = 0; at < bytes.length; at += 7) {
    sender.sendBytes(bytes.subarray(at, at + 7));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const first = sender.read();
  assert.equal(await Promise.race([first, new Promise((resolve) => setImmediate(() => resolve('nothing yet')))]), 'nothing yet');
  durable.resolve();
  assert.deepEqual([await first, await sender.read(), await sender.read()], [{ ack: 'c1' }, { ack: 'c2' }, { ack: 'c3' }]);
  sender.end();
  assert.equal(await sender.read(), undefined);
  assert.deepEqual(messagesOf(fake), ['one', 'two', 'three', 'four', 'five']);
  assert.deepEqual(
    fake.batches.slice(0, 2).map(({ batchId, tenant, content, sender: from }) => [batchId, tenant, content, from]),
    [
      ['app c1/0', 'default', 'text', '127.0.0.1'],
      ['app c2/0', 'default', 'text', '127.0.0.1'],
    ],
  );
});

test('single records that arrive together are one batch, which is bounded', async (t) => {
  const { fake, connect } = await start(t, {}, createFakeIntake({ ingest: { max_records: 3 } }));
  const sender = await connect();
  sender.send(...Array.from({ length: 7 }, (_, i) => ['app', 5, { log: `${i}` }, { chunk: `c${i}` }]));
  for (let i = 0; i < 7; i++) assert.deepEqual(await sender.read(), { ack: `c${i}` });
  assert.deepEqual(messagesOf(fake), ['0', '1', '2', '3', '4', '5', '6']);
  assert.deepEqual(
    fake.batches.map(({ lines }) => lines.length),
    [3, 3, 1],
  );
});

test('a chunk with more records than a batch holds is one acknowledgement and several batches', async (t) => {
  const { fake, connect } = await start(t, {}, createFakeIntake({ ingest: { max_records: 2 } }));
  const sender = await connect();
  sender.send(['app', ['a', 'b', 'c', 'd', 'e'].map(entry), { chunk: 'c' }], null);
  assert.deepEqual(await sender.read(), { ack: 'c' });
  assert.deepEqual(
    fake.batches.map(({ lines, batchId }) => [batchId, lines.map((line) => line.message).join('')]),
    [
      ['app c/0', 'ab'],
      ['app c/1', 'cd'],
      ['app c/2', 'e'],
    ],
  );
});

test('while the log is full a chunk waits, and is written once', async (t) => {
  const { fake, connect } = await start(t);
  fake.submitError = new AppError('log_full', 'full', { retryAfterMs: 5 });
  const sender = await connect();
  sender.send(['app', [entry('one')], { chunk: 'c1' }]);
  while ((fake.counts.get('forward batches_delayed') ?? 0) < 3) await new Promise((resolve) => setImmediate(resolve));
  fake.submitError = undefined;
  assert.deepEqual(await sender.read(), { ack: 'c1' });
  assert.deepEqual(messagesOf(fake), ['one']);
});

test('after pressure_wait the connection is closed without an acknowledgement', async (t) => {
  const { fake, connect } = await start(t, { pressure_wait: 20 });
  fake.admitError = new AppError('log_full', 'full', { retryAfterMs: 8 });
  const sender = await connect();
  sender.send(['app', [entry('one')], { chunk: 'c1' }]);
  assert.equal(await sender.read(), undefined);
  assert.deepEqual(messagesOf(fake), []);
  assert.equal(fake.counts.get('forward log_full'), 1);
});

test('what is no entries is quarantined and acknowledged; what is no message closes the connection', async (t) => {
  const { fake, connect } = await start(t, { max_message_bytes: 70_000 });
  const sender = await connect();
  sender.send(['app', Buffer.from('no gzip'), { compressed: 'gzip', chunk: 'z' }], ['x'], ['app', [['no time', {}]], { chunk: 'c' }]);
  sender.send(['metrics', [entry('m')], { chunk: 'm', fluent_signal: 1 }]);
  assert.deepEqual([await sender.read(), await sender.read(), await sender.read()], [{ ack: 'z' }, { ack: 'c' }, { ack: 'm' }]);
  assert.deepEqual(
    fake.batches.flatMap(({ quarantined }) => quarantined.map(({ code }) => code)),
    ['malformed_record', 'malformed_record', 'invalid_timestamp', 'malformed_record'],
  );
  for (const bytes of [Buffer.of(0xc1), Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff), pack(['t', 'x'.repeat(80_000)])]) {
    const bad = await connect();
    bad.sendBytes(bytes);
    assert.equal(await bad.read(), undefined);
  }
  assert.deepEqual([fake.counts.get('forward malformed_body'), fake.counts.get('forward body_too_large')], [1, 2]);
});

test('records that name their level are not text to be parsed', async (t) => {
  const { fake, connect } = await start(t);
  const sender = await connect();
  sender.send(['app', [[5, { message: 'm', level: 'info' }]], { chunk: 'c' }]);
  await sender.read();
  assert.equal(fake.batches[0].content, 'records');
});

function keyedIntake(): FakeIntake {
  const fake = createFakeIntake();
  const authenticate = (credentials: Parameters<typeof access.authenticate>[0]) => access.authenticate(credentials, 'ingest');
  return { ...fake, context: { ...fake.context, intake: { ...fake.intake, authenticate } } };
}

test('where keys are configured, one is the shared key and decides the tenant', async (t) => {
  const fake = keyedIntake();
  // whoever knows a key may come from anywhere
  const { connect } = await start(t, { allowed_networks: '192.0.2.0/24' }, fake);
  const sender = await connect();
  const pong = await sender.greet(secret);
  assert.deepEqual(pong.slice(0, 3), ['PONG', true, '']);
  sender.send(['app', [entry('one')], { chunk: 'c1' }]);
  assert.deepEqual(await sender.read(), { ack: 'c1' });
  assert.deepEqual(
    fake.batches.map(({ tenant, sender: from }) => [tenant, from]),
    [['shop', '127.0.0.1 edge']],
  );
});

test('a wrong key, no handshake and silence are turned away', async (t) => {
  const fake = keyedIntake();
  const { connect } = await start(t, {}, fake);
  const wrong = await connect();
  assert.deepEqual((await wrong.greet('wrong-key-0123456789')).slice(0, 2), ['PONG', false]);
  assert.equal(await wrong.read(), undefined);

  const rude = await connect();
  await rude.read();
  rude.send(['app', [entry('one')], { chunk: 'c1' }]);
  assert.deepEqual(((await rude.read()) as unknown[]).slice(0, 2), ['PONG', false]);
  assert.equal(await rude.read(), undefined);

  const hurried = await start(t, { handshake_timeout: 100 }, fake);
  const silent = await hurried.connect();
  assert.equal(((await silent.read()) as unknown[])[0], 'HELO');
  assert.equal(await silent.read(), undefined);
  assert.deepEqual(fake.batches, []);
  assert.deepEqual([fake.counts.get('forward unauthenticated'), fake.counts.get('forward handshakes_timed_out')], [2, 1]);
});

test('with shared_key off, networks decide although keys are configured', async (t) => {
  const fake = keyedIntake();
  const { connect } = await start(t, { shared_key: false, tenant: 'containers' }, fake);
  const sender = await connect();
  sender.send(['docker', 5, { log: 'one' }, { chunk: 'c' }]);
  assert.deepEqual(await sender.read(), { ack: 'c' });
  assert.equal(fake.batches[0].tenant, 'containers');
});

test('who is outside allowed_networks is turned away', async (t) => {
  const { fake, connect } = await start(t, { allowed_networks: '192.0.2.0/24' });
  const sender = await connect();
  sender.send(['app', 5, { log: 'one' }]);
  assert.equal(await sender.read(), undefined);
  assert.equal(fake.counts.get('forward connections_not_allowed'), 1);
});
