import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { ByteBudget } from './byte-budget.ts';
import { newDrops, parseSocketDrops } from './kernel-drops.ts';
import type { ListenerBind, ReceiverContext, RunningListener } from './receiver.ts';
import { SenderNetworks } from './sender-networks.ts';
import { createTcpListener } from './tcp-listener.ts';
import type { TcpListenerOptions } from './tcp-listener.ts';
import { createUdpListener } from './udp-listener.ts';

const loopback = new SenderNetworks('127.0.0.0/8', 'test');

interface Counting {
  readonly context: ReceiverContext;
  readonly counts: Map<string, number>;
}

function countingContext(budgetBytes = 1e6): Counting {
  const counts = new Map<string, number>();
  const context = {
    budget: new ByteBudget(budgetBytes, 'ingest.max_inflight_bytes', 1000),
    clock: systemClock,
    logger: silentLogger,
    count: (_receiver: string, event: string, amount = 1) => counts.set(event, (counts.get(event) ?? 0) + amount),
  } as Partial<ReceiverContext> as ReceiverContext;
  return { context, counts };
}

const bind: ListenerBind = {
  host: '127.0.0.1',
  port: 0,
  reusePort: false,
  createHttpServer: () => assert.fail('not HTTP'),
};

async function startTcp(t: TestContext, context: ReceiverContext, options: Partial<TcpListenerOptions>): Promise<RunningListener> {
  const listener = createTcpListener({
    name: 'test-tcp',
    receiver: 'test',
    host: bind.host,
    port: 0,
    setting: 'receivers.test.port',
    context,
    maxConnections: 10,
    idleTimeoutMs: 0,
    stopTimeoutMs: 60_000,
    networks: loopback,
    onStop: 'finish',
    connect: () => ({ data() {}, end() {} }),
    ...options,
  });
  const running = await listener.start(bind);
  t.after(() => running.stop());
  return running;
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: bind.host, port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Whether it is ended or reset. */
const closeOf = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('close', resolve));

test('pieces come one after the other, and the sender waits while one is handled', async (t) => {
  const { context } = countingContext();
  const order: string[] = [];
  let release = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { port } = await startTcp(t, context, {
    connect: (connection) => ({
      async data(piece) {
        order.push(`begin ${piece.length > 3 ? 'rest' : piece}`);
        began.resolve();
        await release.promise;
        order.push('end');
        connection.write('ok');
      },
      end: () => {
        order.push('close');
        ended.resolve();
      },
    }),
  });
  const socket = await open(port);
  socket.write('one');
  await began.promise;
  socket.end('two and more');
  assert.deepEqual(order, ['begin one']);
  release.resolve();
  await ended.promise;
  assert.deepEqual(order, ['begin one', 'end', 'begin rest', 'end', 'close']);
  release = Promise.withResolvers();
});

test('a connection over the byte budget is closed and counted, the others stay', async (t) => {
  const { context, counts } = countingContext(100);
  const { port } = await startTcp(t, context, {
    connect: (connection) => ({
      data(piece) {
        connection.hold(piece.length);
        connection.write('held');
      },
      end() {},
    }),
  });
  const first = await open(port);
  first.write('x'.repeat(80));
  await once(first, 'data');
  const second = await open(port);
  second.on('end', () => second.end()).resume();
  second.write('y'.repeat(80));
  await closeOf(second);
  assert.equal(counts.get('gateway_overloaded'), 1);
  first.write('z');
  await once(first, 'data');
  first.destroy();
});

test('connections beyond the bound, from other networks and without a byte are turned away and counted', async (t) => {
  const { context, counts } = countingContext();
  const { port } = await startTcp(t, context, { maxConnections: 1 });
  const first = await open(port);
  const second = connect(port, bind.host);
  second.on('error', () => undefined).resume();
  await closeOf(second);
  assert.equal(counts.get('connections_dropped'), 1);
  first.destroy();

  const other = await startTcp(t, context, { networks: new SenderNetworks('10.0.0.0/8', 'test') });
  const stranger = connect(other.port, bind.host);
  stranger.on('error', () => undefined).resume();
  await closeOf(stranger);
  assert.equal(counts.get('connections_not_allowed'), 1);

  const strict = await startTcp(t, context, { idleTimeoutMs: 20 });
  const silent = await open(strict.port);
  silent.resume();
  await once(silent, 'end');
  silent.end();
  assert.equal(counts.get('connections_idle'), 1);
});

test('a handler that throws costs its own connection only', async (t) => {
  const { context, counts } = countingContext();
  const { port } = await startTcp(t, context, {
    connect: (connection) => ({
      data(piece) {
        if (piece.toString() === 'bad') throw new Error('defect');
        connection.write(piece);
      },
      end() {},
    }),
  });
  const [good, bad] = [await open(port), await open(port)];
  bad.on('end', () => bad.end()).resume();
  bad.write('bad');
  await closeOf(bad);
  assert.equal(counts.get('connections_failed'), 1);
  good.write('good');
  assert.equal(String((await once(good, 'data'))[0]), 'good');
  good.destroy();
});

test('a stop that finishes waits for the handler and sends its answer', async (t) => {
  const { context } = countingContext();
  const began = Promise.withResolvers<void>();
  const durable = Promise.withResolvers<void>();
  const running = await startTcp(t, context, {
    connect: (connection) => ({
      async data() {
        began.resolve();
        await durable.promise;
        connection.write('ack');
      },
      end() {},
    }),
  });
  const socket = await open(running.port);
  const answers: string[] = [];
  socket.on('data', (piece) => answers.push(String(piece)));
  socket.on('end', () => socket.end());
  socket.write('window');
  await began.promise;
  const closed = once(socket, 'close');
  const stopped = running.stop();
  durable.resolve();
  await Promise.all([stopped, closed]);
  assert.deepEqual(answers, ['ack']);
});

test('a stop that reads takes what the sender writes until it sees that we close', async (t) => {
  const { context } = countingContext();
  let text = '';
  const running = await startTcp(t, context, { onStop: 'read', connect: () => ({ data: (piece) => void (text += piece), end() {} }) });
  const socket = await open(running.port);
  socket.write('before ');
  socket.on('end', () => socket.end('after'));
  socket.resume();
  await running.stop();
  assert.equal(text, 'before after');
});

test('datagrams come whole with their sender; other networks are counted', async (t) => {
  const { context, counts } = countingContext();
  const taken = Promise.withResolvers<string>();
  const options = { name: 'test-udp', receiver: 'test', host: bind.host, port: 0, setting: 'receivers.test.port', context };
  const listener = createUdpListener({
    ...options,
    networks: loopback,
    receiveBufferBytes: 65_536,
    take: (datagram, address) => taken.resolve(`${address} ${datagram}`),
  });
  const running = await listener.start(bind);
  const sender = createSocket('udp4');
  sender.send('hello', running.port, bind.host);
  assert.equal(await taken.promise, '127.0.0.1 hello');
  await running.stop();

  const strict = createUdpListener({
    ...options,
    networks: new SenderNetworks('10.0.0.0/8', 'test'),
    receiveBufferBytes: 65_536,
    take: () => assert.fail('not allowed'),
  });
  const refusing = await strict.start(bind);
  t.after(() => refusing.stop());
  sender.send('hello', refusing.port, bind.host);
  while (counts.get('datagrams_not_allowed') === undefined) await new Promise((resolve) => setImmediate(resolve));
  sender.close();
});

/** Sends at once, before anything is read in this thread; resolves when the kernel has them all. */
async function sendMany(sender: UdpSocket, count: number, port: number): Promise<void> {
  const send = (): Promise<void> => new Promise((resolve) => sender.send(Buffer.alloc(500), port, bind.host, () => resolve()));
  await Promise.all(Array.from({ length: count }, send));
}

test('what the kernel drops is counted too', async () => {
  const { context, counts } = countingContext();
  let taken = 0;
  const listener = createUdpListener({
    name: 'test-udp',
    receiver: 'test',
    host: bind.host,
    port: 0,
    setting: 'receivers.test.port',
    context,
    networks: loopback,
    receiveBufferBytes: 4096,
    take: () => taken++,
  });
  const running = await listener.start(bind);
  const sender = createSocket('udp4');
  await new Promise<void>((resolve) => sender.bind(0, bind.host, resolve));
  const sent = 500;
  await sendMany(sender, sent, running.port);
  await running.stop();
  sender.close();
  assert.ok((counts.get('datagrams_dropped_by_kernel') ?? 0) > 0, 'the burst was larger than the buffer');
  assert.equal(taken + (counts.get('datagrams_dropped_by_kernel') ?? 0), sent);
});

test('sockets that share a port are counted once, whoever counts', async () => {
  const { context, counts } = countingContext();
  let taken = 0;
  const listener = createUdpListener({
    name: 'test-udp',
    receiver: 'test',
    host: bind.host,
    port: 0,
    setting: 'receivers.test.port',
    context,
    networks: loopback,
    receiveBufferBytes: 4096,
    take: () => taken++,
  });
  const first = await listener.start({ ...bind, reusePort: true });
  const second = await listener.start({ ...bind, port: first.port, reusePort: true });
  assert.equal(second.port, first.port);
  const senders = Array.from({ length: 8 }, () => createSocket('udp4'));
  const perSender = 100;
  await Promise.all(
    senders.map(async (sender) => {
      await new Promise<void>((resolve) => sender.bind(0, bind.host, resolve));
      await sendMany(sender, perSender, first.port);
      sender.close();
    }),
  );
  await first.stop();
  await second.stop();
  assert.equal(taken + (counts.get('datagrams_dropped_by_kernel') ?? 0), senders.length * perSender);
});

test('what the kernel says of its sockets', () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 111 2 ffff888003d3c000 7
  101: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 222 2 ffff888003d3c000 0
  102: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 333 2 ffff888003d3c000 9
`;
  const seen = parseSocketDrops(table, 0x158a);
  assert.deepEqual(
    [...seen],
    [
      ['111', 7],
      ['222', 0],
    ],
  );
  const known = new Map([['111', 5]]);
  assert.equal(newDrops(known, seen), 2);
  assert.equal(newDrops(known, new Map([['222', 4]])), 4);
  assert.deepEqual([...known], [['222', 4]]);
  assert.equal(parseSocketDrops('', 1).size, 0);
});
