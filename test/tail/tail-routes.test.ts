/** Both live tails over real connections: frames, events, errors before the stream, slow readers, heartbeat, resuming. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import Fastify from 'fastify';
import { WebSocket } from 'ws';
import { registerTailRoutes } from '#api/tail-routes.ts';
import { AppError } from '#base/errors.ts';
import type { TailConfig } from '#consumers/tail/config.ts';
import { defaultQueryConfig } from '#language/config.ts';
import { silentLogger } from '#platform/logger.ts';
import { startTestTail } from './tail-harness.ts';

async function start(t: TestContext, settings: Partial<TailConfig> = {}) {
  const testTail = startTestTail(t, settings);
  const { tail, config, clock } = testTail;
  const app = Fastify();
  await registerTailRoutes(app, {
    tail,
    config,
    queryConfig: defaultQueryConfig,
    clock,
    logger: silentLogger,
    authenticate(headers) {
      if (headers['x-api-key'] === 'wrong') throw new AppError('unauthenticated', 'the API key is not known');
      return String(headers['x-tenant-id'] ?? 'default');
    },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => app.close());
  const address = `127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  /** Moves time on until the condition holds; what comes over real sockets needs turns of the event loop, not time. */
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      clock.advance(1);
      await setImmediate();
    }
  };
  return { ...testTail, app, address, until };
}

type TailFrame = { logs: Record<string, unknown>[]; dropped: number; skipped?: number; cursor: string };

class SocketReader {
  readonly frames: TailFrame[] = [];
  readonly socket: WebSocket;
  pings = 0;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data) => this.frames.push(JSON.parse(String(data)) as TailFrame));
    this.socket.on('ping', () => (this.pings += 1));
    this.socket.on('error', () => undefined);
  }

  get messages(): unknown[] {
    return this.frames.flatMap(({ logs }) => logs.map(({ message }) => message));
  }
}

/** A GET whose answer stays open. */
async function openStream(
  address: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ response: IncomingMessage; text: () => string; end: () => void }> {
  const request = http.get(`http://${address}${path}`, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.on('error', () => undefined);
  return { response, text: () => text, end: () => request.destroy() };
}

test('A: lines that match query and filters, gathered in frames, with a cursor', async (t) => {
  const { address, write, until } = await start(t);
  const reader = new SocketReader(`ws://${address}/v1/logs/tail?level=ERROR&level=WARN&query=payment`);
  await once(reader.socket, 'open');
  await write(['payment failed', 'login failed'], { level: 'ERROR' });
  await write(['payment slow'], { level: 'WARN' });
  await write(['payment done'], { level: 'INFO' });
  await until(() => reader.messages.length === 2);
  assert.deepEqual(reader.messages, ['payment failed', 'payment slow']);
  assert.deepEqual(Object.keys(reader.frames[0].logs[0]).slice(0, 9), [
    'id',
    'timestamp',
    'level',
    'service',
    'host',
    'trace_id',
    'span_id',
    'message',
    'metadata',
  ]);
  assert.equal(reader.frames[0].dropped, 0);
  const closed = once(reader.socket, 'close');
  reader.socket.close();
  await closed;

  const resumed = new SocketReader(`ws://${address}/v1/logs/tail?cursor=${reader.frames[0].cursor}`);
  await once(resumed.socket, 'open');
  const rest = reader.frames.length === 1 ? ['payment done'] : ['login failed', 'payment slow', 'payment done'];
  await until(() => resumed.messages.length >= rest.length);
  assert.deepEqual(resumed.messages.slice(-1), ['payment done']);
  resumed.socket.terminate();
});

const refusals = [
  { name: 'a syntax error', query: 'query=%28a', status: 400, code: 'query_syntax' },
  { name: 'a level nobody knows', query: 'level=LOUD', status: 400, code: 'query_unsupported' },
  { name: 'a foreign cursor', query: 'cursor=zzz', status: 400, code: 'invalid_cursor' },
  { name: 'two queries', query: 'query=a&q=b', status: 400, code: 'bad_request' },
  { name: 'a wrong key', query: '', status: 401, code: 'unauthenticated', headers: { 'x-api-key': 'wrong' } },
];
for (const { name, query, status, code, headers = {} } of refusals) {
  test(`${name} is a plain HTTP error on both`, async (t) => {
    const { address, tail } = await start(t);
    const socket = new WebSocket(`ws://${address}/v1/logs/tail?${query}`, { headers });
    socket.on('error', () => undefined);
    const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const response = await fetch(`http://${address}/v1/tail?${query}`, { headers });
    assert.deepEqual([refused.statusCode, response.status], [status, status]);
    for (const text of [(await refused.toArray()).join(''), await response.text()])
      assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, code);
    assert.equal(tail.status().subscribers, 0);
  });
}

test('too many tails: 429 with Retry-After before the upgrade; a place that is given up is free', async (t) => {
  const { address, tail, until } = await start(t, { max_tails_per_tenant: 1 });
  const first = await openStream(address, '/v1/tail');
  const socket = new WebSocket(`ws://${address}/v1/logs/tail`);
  socket.on('error', () => undefined);
  const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '5']);
  first.end();
  await until(() => tail.status().subscribers === 0);
  const second = new SocketReader(`ws://${address}/v1/logs/tail`);
  await once(second.socket, 'open');
  second.socket.terminate();
});

test('a plain GET on the WebSocket address says what it speaks', async (t) => {
  const { address, tail } = await start(t);
  const response = await fetch(`http://${address}/v1/logs/tail`);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /speaks WebSocket/);
  assert.equal(tail.status().subscribers, 0);
});

test('C: one line an event with its cursor; Last-Event-ID resumes behind it', async (t) => {
  const { address, write, until } = await start(t);
  const stream = await openStream(address, '/v1/tail?query=line', { accept: 'text/event-stream' });
  assert.match(String(stream.response.headers['content-type']), /^text\/event-stream/);
  await write(['line one', 'noise', 'line two', 'line three']);
  await until(() => stream.text().includes('line three'));
  const events = stream
    .text()
    .split('\n\n')
    .filter((block) => block.startsWith('id:'));
  assert.deepEqual(
    events.map((event) => (JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '') as { msg: string }).msg),
    ['line one', 'line two', 'line three'],
  );
  stream.end();
  const id = /^id: (.*)$/m.exec(events[0])?.[1] ?? '';
  const resumed = await openStream(address, '/v1/tail?query=line', { 'last-event-id': id });
  await until(() => resumed.text().includes('line three'));
  assert.doesNotMatch(resumed.text(), /line one/);
  assert.match(resumed.text(), /line two/);
  resumed.end();
});

test('an event stays one line whatever the values hold', async (t) => {
  const { address, write, until } = await start(t);
  const stream = await openStream(address, '/v1/tail');
  await write(['two\nlines\r\nid: 7\n\n']);
  await until(() => stream.text().includes('two'));
  assert.deepEqual(
    stream
      .text()
      .split('\n\n')
      .filter((block) => block.includes('data:')).length,
    1,
  );
  assert.equal((JSON.parse(/^data: (.*)$/m.exec(stream.text())?.[1] ?? '') as { msg: string }).msg, 'two\nlines\r\nid: 7\n\n');
  stream.end();
});

test('drops are told: as a number in A, as an event in C', async (t) => {
  const { address, write, until } = await start(t, { max_buffered_lines: 5 });
  const reader = new SocketReader(`ws://${address}/v1/logs/tail`);
  await once(reader.socket, 'open');
  const stream = await openStream(address, '/v1/tail');
  await write(Array.from({ length: 100 }, (_, i) => `line ${i}`));
  await until(() => reader.frames.length > 0 && stream.text().includes('line 99'));
  assert.equal(reader.frames[0].dropped, 95);
  assert.match(stream.text(), /event: dropped\ndata: \{"dropped":95\}\n\n/);
  reader.socket.terminate();
  stream.end();
});

test('a connection that does not read holds a bounded amount; the rest is dropped and told later', async (t) => {
  const { address, write, until, tail } = await start(t, { max_buffered_lines: 20, max_unsent_bytes: 10_000 });
  const reader = new SocketReader(`ws://${address}/v1/logs/tail`);
  await once(reader.socket, 'open');
  reader.socket.pause();
  const stream = await openStream(address, '/v1/tail');
  stream.response.pause();
  const line = 'x'.repeat(20_000);
  let written = 0;
  // Kernel buffers take a few megabytes first.
  while (tail.status().droppedLines < 2000) {
    await write(new Array<string>(50).fill(line));
    written += 50;
    await until(() => true);
    for (let i = 0; i < 60; i += 1) {
      await setImmediate();
    }
  }
  await write(['the end']);
  reader.socket.resume();
  stream.response.resume();
  await until(() => reader.messages.at(-1) === 'the end' && stream.text().includes('the end'));
  const dropped = reader.frames.reduce((sum, frame) => sum + frame.dropped, 0);
  assert.equal(dropped + reader.messages.length, written + 1, 'every line was sent or counted');
  const told = [...stream.text().matchAll(/"dropped":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  const sent = stream.text().match(/^id: /gm)?.length ?? 0;
  assert.equal(told + sent, written + 1);
  reader.socket.terminate();
  stream.end();
});

test('an idle connection gets a sign of life every 15 s, and one that does not answer is ended', async (t) => {
  const { address, clock, until, tail } = await start(t);
  const stream = await openStream(address, '/v1/tail');
  const reader = new SocketReader(`ws://${address}/v1/logs/tail`);
  const silent = new WebSocket(`ws://${address}/v1/logs/tail`, { autoPong: false });
  await Promise.all([once(reader.socket, 'open'), once(silent, 'open')]);
  const silentClosed = once(silent, 'close');
  clock.advance(15_000);
  await until(() => stream.text().includes(': heartbeat\n\n') && reader.pings === 1);
  // The answer must have come back before the next one is due.
  for (let i = 0; i < 200; i += 1) await setImmediate();
  clock.advance(15_000);
  await until(() => reader.pings === 2);
  await silentClosed;
  await until(() => tail.status().subscribers === 2);
  assert.equal(reader.socket.readyState, WebSocket.OPEN);
  stream.end();
  reader.socket.terminate();
});

test('when the app closes, streams end with a reason', async (t) => {
  const { address, app, tail, until } = await start(t);
  const stream = await openStream(address, '/v1/tail');
  const reader = new SocketReader(`ws://${address}/v1/logs/tail`);
  await once(reader.socket, 'open');
  const closed = Promise.all([once(reader.socket, 'close'), once(stream.response, 'end')]);
  await app.close();
  const [[code]] = await closed;
  assert.equal(code, 1001);
  await until(() => tail.status().subscribers === 0);
});

test('when the tail stops, streams end with a reason', async (t) => {
  const { address, tail } = await start(t);
  const stream = await openStream(address, '/v1/tail');
  const reader = new SocketReader(`ws://${address}/v1/logs/tail`);
  await once(reader.socket, 'open');
  const closed = Promise.all([once(reader.socket, 'close'), once(stream.response, 'end')]);
  await tail.stop();
  assert.equal((await closed)[0][0], 1001);
  const response = await fetch(`http://${address}/v1/tail`);
  assert.equal(response.status, 503);
  await response.text();
});

test('tenants do not see each other', async (t) => {
  const { address, write, until } = await start(t);
  const [a, b] = [
    new SocketReader(`ws://${address}/v1/logs/tail`, { 'x-tenant-id': 'a' }),
    new SocketReader(`ws://${address}/v1/logs/tail`, { 'x-tenant-id': 'b' }),
  ];
  await Promise.all([once(a.socket, 'open'), once(b.socket, 'open')]);
  await write(['for b'], { tenant: 'b' });
  await write(['for a'], { tenant: 'a' });
  await until(() => a.messages.length > 0 && b.messages.length > 0);
  assert.deepEqual([a.messages, b.messages], [['for a'], ['for b']]);
  a.socket.terminate();
  b.socket.terminate();
});
