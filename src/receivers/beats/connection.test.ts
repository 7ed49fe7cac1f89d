import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { deflateSync } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import { defaultsOf } from '../../../test/support/config-defaults.ts';
import { beatsConfig } from './config.ts';
import type { BeatsConfig } from './config.ts';
import {
  LumberjackClient,
  compressedFrame,
  connected,
  dataFrame,
  jsonFrame,
  windowFrame,
  windowOf,
} from './lumberjack-client.test-support.ts';
import { createBeatsReceiver } from './receiver.ts';

interface Site {
  readonly fake: FakeIntake;
  readonly port: number;
  readonly connect: () => Promise<LumberjackClient>;
}

async function start(t: TestContext, config: Partial<BeatsConfig> = {}, fake: FakeIntake = createFakeIntake()): Promise<Site> {
  const [listener] = createBeatsReceiver(fake.context, { ...defaultsOf(beatsConfig), port: 0, ...config }).listeners;
  const running = await listener.start({ host: '127.0.0.1', port: 0, reusePort: false, createHttpServer: () => assert.fail('not HTTP') });
  t.after(() => running.stop());
  return {
    fake,
    port: running.port,
    connect() {
      const socket = connect(running.port, '127.0.0.1');
      t.after(() => socket.destroy());
      return connected(socket);
    },
  };
}

const event = (i: number) => ({ '@timestamp': '2025-06-15T15:06:40Z', message: `event ${i}` });
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => event(from + i));
const messagesOf = (fake: FakeIntake): string[] => fake.lines().map((line) => line.message);

test('windows are acknowledged one by one, compressed or not, whatever their pieces', async (t) => {
  const { fake, connect: open } = await start(t);
  const client = await open();
  const bytes = Buffer.concat([
    windowOf(events(3)),
    windowOf(events(2, 3), false),
    windowFrame(0),
    windowFrame(3),
    compressedFrame(jsonFrame(1, event(5))),
    jsonFrame(2, event(6)),
    compressedFrame(jsonFrame(3, event(7))),
  ]);
  for (let at = 0; at < bytes.length; at += 11) {
    client.socket.write(bytes.subarray(at, at + 11));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const found = [await client.acknowledgement(), await client.acknowledgement(), await client.acknowledgement()];
  assert.deepEqual(found, [
    ['2', 3],
    ['2', 2],
    ['2', 3],
  ]);
  assert.deepEqual(
    messagesOf(fake),
    events(8).map(({ message }) => message),
  );
  assert.deepEqual(
    fake.batches.map(({ tenant, receiver, sender, content, lines }) => [tenant, receiver, sender, content, lines.length]),
    [3, 2, 3].map((count) => ['default', 'beats', '127.0.0.1', 'text', count]),
  );
});

test('version 1 is answered in version 1, with the sequence that was sent', async (t) => {
  const { fake, connect: open } = await start(t);
  const client = await open();
  client.socket.write(Buffer.concat([windowFrame(2, '1'), dataFrame(41, [['line', 'a']]), dataFrame(42, [['line', 'b']])]));
  assert.deepEqual(await client.acknowledgement(), ['1', 42]);
  assert.deepEqual(messagesOf(fake), ['a', 'b']);
});

test('nothing is acknowledged before it is durable, and the sender is kept patient', async (t) => {
  const { fake, connect: open } = await start(t, { keepalive_interval: 10 });
  const durable = Promise.withResolvers<void>();
  fake.durable = durable.promise;
  const client = await open();
  client.socket.write(windowOf(events(2)));
  assert.deepEqual(
    [await client.acknowledgement(), await client.acknowledgement()],
    [
      ['2', 0],
      ['2', 0],
    ],
  );
  durable.resolve();
  const sequences = await client.acknowledged(2);
  assert.deepEqual([sequences.filter((sequence) => sequence > 0), messagesOf(fake)], [[2], ['event 0', 'event 1']]);
});

test('a window with more than a batch holds is acknowledged in parts', async (t) => {
  const { fake, connect: open } = await start(t, {}, createFakeIntake({ ingest: { max_records: 4 } }));
  const client = await open();
  client.socket.write(windowOf(events(10)));
  assert.deepEqual(await client.acknowledged(10), [4, 8, 10]);
  client.socket.write(windowOf(events(6, 10), false));
  assert.deepEqual(await client.acknowledged(6), [4, 6]);
  assert.deepEqual(
    messagesOf(fake),
    events(16).map(({ message }) => message),
  );
});

test('what is gathered of a large window is bounded in bytes', async (t) => {
  const { fake, connect: open } = await start(t, { max_batch_bytes: 1000 });
  const client = await open();
  const large = Array.from({ length: 4 }, () => ({ message: 'x'.repeat(600) }));
  client.socket.write(windowOf(large, false));
  assert.deepEqual(await client.acknowledged(4), [2, 4]);
  assert.deepEqual(
    fake.batches.map(({ lines }) => lines.length),
    [2, 2],
  );
});

test('while the log is full a window waits and is written once; after pressure_wait its connection is closed', async (t) => {
  const { fake, connect: open } = await start(t, { pressure_wait: 200 });
  fake.submitError = new AppError('log_full', 'full', { retryAfterMs: 5 });
  const client = await open();
  client.socket.write(windowOf(events(2)));
  while ((fake.counts.get('beats batches_delayed') ?? 0) < 3) await new Promise((resolve) => setImmediate(resolve));
  fake.submitError = undefined;
  assert.deepEqual(await client.acknowledged(2), [2]);
  assert.deepEqual(messagesOf(fake), ['event 0', 'event 1']);

  fake.admitError = new AppError('log_unavailable', 'no disk', { retryAfterMs: 50 });
  client.socket.write(windowOf(events(1)));
  assert.equal(await client.acknowledgement(), undefined);
  assert.equal(fake.counts.get('beats log_unavailable'), 1);
});

test('a bad event is quarantined and its window acknowledged', async (t) => {
  const { fake, connect: open } = await start(t);
  const client = await open();
  client.socket.write(Buffer.concat([windowFrame(2), jsonFrame(1, Buffer.from('{')), jsonFrame(2, event(1))]));
  assert.deepEqual(await client.acknowledgement(), ['2', 2]);
  assert.deepEqual([fake.batches[0].lines.length, fake.batches[0].quarantined[0].code], [1, 'malformed_record']);
});

const length = (bytes: Uint8Array): Buffer => Buffer.from([0, 0, bytes.length >> 8, bytes.length & 0xff]);
const bomb = deflateSync(Buffer.alloc(1 << 20));
const refused: [what: string, bytes: Buffer, code: string][] = [
  [
    'more events than the window says',
    Buffer.concat([windowFrame(1), compressedFrame(jsonFrame(1, {}), jsonFrame(2, {}))]),
    'malformed_body',
  ],
  ['events without a window', jsonFrame(1, {}), 'malformed_body'],
  ['a window within a window', Buffer.concat([windowFrame(2), windowFrame(2)]), 'malformed_body'],
  ['nested compression', Buffer.concat([windowFrame(1), compressedFrame(compressedFrame(jsonFrame(1, {})))]), 'malformed_body'],
  ['a bomb', Buffer.concat([windowFrame(1), Buffer.from('2C'), length(bomb), bomb]), 'body_too_large'],
  ['no zlib stream', Buffer.concat([windowFrame(1), Buffer.from('2C\0\0\0\x04junk')]), 'malformed_encoding'],
  ['HTTP', Buffer.from('POST / HTTP/1.1\r\n\r\n'), 'malformed_body'],
];
for (const [what, bytes, code] of refused) {
  test(`${what}: the connection is closed, and it is counted`, async (t) => {
    const { fake, connect: open } = await start(t, { max_frame_bytes: 65_536 });
    const client = await open();
    client.socket.write(bytes);
    assert.equal(await client.acknowledgement(), undefined);
    assert.deepEqual([fake.counts.get(`beats ${code}`), fake.batches.length], [1, 0]);
  });
}

test('a window cut short is counted and not written', async (t) => {
  const { fake, connect: open } = await start(t);
  const client = await open();
  client.socket.end(windowOf(events(3)).subarray(0, -1));
  assert.equal(await client.acknowledgement(), undefined);
  assert.deepEqual([fake.counts.get('beats windows_cut_short'), fake.batches.length], [1, 0]);
});

test('TLS: a client with a certificate of the authority is known by its name, others are turned away', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-beats-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);
  for (const name of ['server', 'edge-1']) {
    const subject = ['-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...subject], { stdio: 'ignore' });
  }
  const tls = { certificate: path('server.pem'), key: path('server.key'), client_ca: path('edge-1.pem'), check_interval: 60_000 };
  const { fake, port } = await start(t, { tls });

  const stranger = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  stranger.on('error', () => undefined).resume();
  stranger.write(windowOf(events(1)));
  await new Promise((resolve) => stranger.once('close', resolve));

  const certificate = { cert: readFileSync(path('edge-1.pem')), key: readFileSync(path('edge-1.key')) };
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...certificate });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  const client = new LumberjackClient(socket);
  socket.write(windowOf(events(2)));
  assert.deepEqual(await client.acknowledged(2), [2]);
  assert.deepEqual(
    fake.batches.map(({ sender, lines }) => [sender, lines.length]),
    [['127.0.0.1 edge-1', 2]],
  );
});
