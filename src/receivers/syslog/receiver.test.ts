import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { AppError } from '#base/errors.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import type { ListenerBind, RunningListener } from '#receivers/receiver.ts';
import { defaultsOf } from '../../../test/support/config-defaults.ts';
import { syslogConfig } from './config.ts';
import type { SyslogConfig } from './config.ts';
import { createSyslogReceiver } from './receiver.ts';

const host = '127.0.0.1';
const bind: ListenerBind = { host, port: 0, reusePort: false, createHttpServer: () => assert.fail('not HTTP') };

interface Running {
  readonly fake: FakeIntake;
  readonly udp: RunningListener;
  readonly tcp: RunningListener;
  readonly tls: RunningListener | undefined;
  stop(): Promise<void>;
}

async function start(t: TestContext, settings: Partial<SyslogConfig> = {}): Promise<Running> {
  const fake = createFakeIntake();
  const config = { ...defaultsOf(syslogConfig), port: 0, tls_port: 0, timezone: 'UTC', batch_delay: 10, ...settings } as SyslogConfig;
  const { listeners } = createSyslogReceiver(fake.context, config);
  const [udp, tcp, tls] = await Promise.all(listeners.map((listener) => listener.start(bind)));
  let stopped: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => void (await (stopped ??= Promise.all([udp.stop(), tcp.stop(), tls?.stop()])));
  t.after(stop);
  return { fake, udp, tcp, tls, stop };
}

const messages = ({ fake }: Running): string[] => fake.lines().map(({ message }) => message);

/** Waits in turns of the event loop: what is awaited comes through real sockets. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('TCP: lines and counted messages, the last one without its end', async (t) => {
  const running = await start(t);
  const lines = connect(running.tcp.port, host);
  lines.end('<13>Jun  1 11:00:00 h a[1]: one\n<13>Jun  1 11:00:00 h a[1]: two');
  const counted = connect(running.tcp.port, host);
  counted.end('24 <13>1 - h a - - - three\n26 <13>1 - h a - - - fo\nur\n');
  await Promise.all([once(lines, 'close'), once(counted, 'close')]);
  await running.stop();
  assert.deepEqual(messages(running).sort(), ['fo\nur', 'one', 'three', 'two']);
  const [batch] = running.fake.batches;
  assert.deepEqual([batch.tenant, batch.receiver, batch.content], ['default', 'syslog', 'text']);
});

test('TCP: nothing is lost while the log takes nothing; the sender waits', async (t) => {
  const running = await start(t, { max_held_bytes: 65_536, batch_records: 100 });
  running.fake.submitError = new AppError('log_full', 'full', { retryAfterMs: 5 });
  const socket = connect(running.tcp.port, host);
  const count = 20_000;
  const sent = Array.from({ length: count }, (_, i) => `<13>Jun  1 11:00:00 h a: ${'x'.repeat(200)} ${i}\n`).join('');
  let isFlushed = false;
  socket.end(sent, () => (isFlushed = true));
  await until(() => Number(running.fake.counts.get('syslog batches_delayed')) >= 3);
  assert.equal(isFlushed, false);
  running.fake.submitError = undefined;
  await once(socket.resume(), 'close');
  await running.stop();
  const numbers = messages(running).map((message) => Number(message.slice(201)));
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  );
});

test('UDP: every datagram is a record, from as many senders as there are', async (t) => {
  const running = await start(t);
  const sender = createSocket('udp4');
  for (const text of ['<13>Jun  1 11:00:00 h a: one', 'no syslog', '<13>b: three\n']) sender.send(text, running.udp.port, host);
  await until(() => messages(running).length === 3);
  sender.close();
  assert.deepEqual(messages(running).sort(), ['no syslog', 'one', 'three']);
});

test('UDP: a burst of four threads is taken or counted, to the last datagram', async (t) => {
  const running = await start(t, { max_held_bytes: 1 << 20, udp_receive_buffer: 262_144 });
  const perThread = 20_000;
  const code = `
    const { createSocket } = require('node:dgram');
    const { workerData, parentPort } = require('node:worker_threads');
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      let pending = workerData.count;
      for (let i = 0; i < workerData.count; i++) {
        socket.send('<13>Jun  1 11:00:00 h a[' + workerData.thread + ']: ' + i, workerData.port, '127.0.0.1', (error) => {
          if (error) throw error;
          if (--pending === 0) socket.close();
        });
      }
    });`;
  const workers = [0, 1, 2, 3].map(
    (thread) => new Worker(code, { eval: true, workerData: { thread, count: perThread, port: running.udp.port } }),
  );
  const codes = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  await running.stop();
  const { counts } = running.fake;
  const taken = messages(running).length;
  const dropped = (counts.get('syslog datagrams_dropped') ?? 0) + (counts.get('syslog datagrams_dropped_by_kernel') ?? 0);
  t.diagnostic(`${taken} taken, ${dropped} dropped and counted`);
  assert.equal(taken + dropped, 4 * perThread);
  const seen = new Set(running.fake.lines().map(({ message, attributes }) => `${attributes.values.at(-1)} ${message}`));
  assert.equal(seen.size, taken);
});

test('TLS: by certificate file, read again when it changes, and only with a client certificate where one is asked for', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-syslog-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);
  for (const name of ['first', 'second']) {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
        ...['-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)],
        ...['-addext', 'subjectAltName=DNS:localhost'],
      ],
      { stdio: 'ignore' },
    );
  }
  await copyFile(path('first.pem'), path('server.pem'));
  await copyFile(path('first.key'), path('server.key'));
  const tls = { certificate: path('server.pem'), key: path('server.key'), client_ca: '', check_interval: 20 };
  const running = await start(t, { tls });
  const send = async (text: string, port = running.tls?.port ?? 0): Promise<string> => {
    const socket = connectTls({ port, host, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const name = socket.getPeerCertificate().subject.CN as string;
    socket.end(text);
    socket.resume();
    await once(socket, 'close');
    return name;
  };
  assert.equal(await send('19 <13>1 - h a - - - x'), 'first');
  await copyFile(path('second.key'), path('server.key'));
  await copyFile(path('second.pem'), path('server.pem'));
  let name = '';
  while (name !== 'second') name = await send('19 <13>1 - h a - - - y');
  await running.stop();
  assert.deepEqual(messages(running).slice(0, 2), ['x', 'y']);

  const strict = await start(t, { tls: { ...tls, client_ca: path('first.pem') } });
  const stranger = connectTls({ port: strict.tls?.port ?? 0, host, rejectUnauthorized: false });
  const closed = new Promise((resolve) => stranger.once('close', resolve));
  stranger.on('error', () => undefined).resume();
  stranger.write('19 <13>1 - h a - - - z');
  await closed;
  await until(() => strict.fake.counts.get('syslog tls_failed') === 1);
  await strict.stop();
  assert.deepEqual(messages(strict), []);
});

test('a setting that cannot be read is refused with its name', () => {
  const { context } = createFakeIntake();
  const config = defaultsOf(syslogConfig) as SyslogConfig;
  for (const [settings, setting] of [
    [{ allowed_networks: '10.0.0.0/33' }, 'receivers.syslog.allowed_networks'],
    [{ allowed_networks: 'everyone' }, 'receivers.syslog.allowed_networks'],
    [{ timezone: 'Nowhere/Land' }, 'receivers.syslog.timezone'],
  ] as const) {
    assert.throws(
      () => createSyslogReceiver(context, { ...config, ...settings }),
      (error: AppError) => error.details.setting === setting,
    );
  }
});
