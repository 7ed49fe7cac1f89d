/** The client over real connections: compression, connections kept, broken, slow and refused ones, a server that restarts. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { HttpServer } from './http-server.test-support.ts';
import { createClient } from './index.mjs';

const quick = { minRetryDelayMs: 1, maxRetryDelayMs: 20, flushOnExit: false, onError: () => {} };
const log = (client: ReturnType<typeof createClient>, lines: number, from = 0) => {
  for (let n = from; n < from + lines; n++) client.log('INFO', `line ${n}`, { n });
};
const numbers = (server: HttpServer) => server.records.map(({ meta }) => meta.n).sort((a, b) => a - b);
const upTo = (lines: number) => Array.from({ length: lines }, (_, n) => n);

for (const compression of ['zstd', 'gzip', 'none'] as const) {
  test(`${compression}, over connections that are kept`, async (t) => {
    const server = await HttpServer.start(t);
    const client = createClient({ ...quick, url: server.url, compression, service: 'sh\u00f6p' });
    for (let round = 0; round < 3; round++) {
      log(client, 2000, round * 2000);
      assert.equal(await client.flush(), true);
    }
    assert.deepEqual(numbers(server), upTo(6000));
    assert.deepEqual([...new Set(server.received.map(({ encoding }) => encoding))], [compression === 'none' ? undefined : compression]);
    assert.equal(server.received[0].source.service, 'sh\u00f6p');
    assert.ok(new Set(server.received.map(({ socket }) => socket)).size <= 2);
    await client.close();
  });
}

test('small bodies are not compressed', async (t) => {
  const server = await HttpServer.start(t);
  const client = createClient({ ...quick, url: server.url });
  log(client, 1);
  assert.equal(await client.close(), true);
  assert.equal(server.received[0].encoding, undefined);
});

test('resets, refusals and answers cut short: every line arrives, under one id', async (t) => {
  const ids: string[] = [];
  const server = await HttpServer.start(t, (request, response, number) => {
    ids.push(String(request.headers['x-batch-id']));
    if (number === 1) request.socket.resetAndDestroy();
    else if (number === 2) response.writeHead(202, { 'content-length': 100 }).write('{"acc', () => request.socket.destroy());
    else if (number === 3) response.writeHead(503).end();
    else return false;
    return true;
  });
  const client = createClient({ ...quick, url: server.url });
  log(client, 500);
  assert.equal(await client.close(), true);
  assert.deepEqual(numbers(server), upTo(500));
  assert.equal(new Set(ids).size, 1);
  assert.equal(ids.length, 4);
  assert.equal(client.stats.retries, 3);
});

test('a server that answers before it has read the body is heard', async (t) => {
  const server = await HttpServer.start(t, (_request, response, number) => {
    if (number > 1) return false;
    response.writeHead(413, { connection: 'close' }).end('{"error":{"code":"body_too_large","message":"too large"}}');
    return true;
  });
  const client = createClient({ ...quick, url: server.url, compression: 'none', maxBatchBytes: 2 ** 24, maxBatchLines: 25_000 });
  for (let n = 0; n < 2000; n++) client.log('INFO', 'x'.repeat(5000), { n });
  assert.equal(await client.close(), true);
  assert.deepEqual(numbers(server), upTo(2000));
});

test('a slow answer is waited for up to the time-out, then asked for again', async (t) => {
  const server = await HttpServer.start(t, (_request, _response, number) => number === 1);
  const client = createClient({ ...quick, url: server.url, requestTimeoutMs: 50 });
  log(client, 10);
  assert.equal(await client.close(), true);
  assert.equal(client.stats.retries, 1);
  assert.deepEqual(numbers(server), upTo(10));
});

test('a server that goes away and comes back', async (t) => {
  const server = await HttpServer.start(t);
  const client = createClient({ ...quick, url: server.url, flushIntervalMs: 5 });
  log(client, 100);
  assert.equal(await client.flush(), true);
  await server.stop();
  log(client, 100, 100);
  assert.equal(await client.flush(30), false);
  await server.listen();
  log(client, 100, 200);
  assert.equal(await client.close(), true);
  assert.deepEqual(numbers(server), upTo(300));
});

test("an agent of the application's own is used, and left open", async (t) => {
  const server = await HttpServer.start(t);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const client = createClient({ ...quick, url: server.url, agent });
  log(client, 1);
  assert.equal(await client.close(), true);
  assert.equal(Object.values(agent.freeSockets).flat().length, 1);
});

test('the global fetch serves as well', async (t) => {
  const server = await HttpServer.start(t);
  const client = createClient({ ...quick, url: server.url, fetch });
  log(client, 1500);
  assert.equal(await client.close(), true);
  assert.deepEqual(numbers(server), upTo(1500));
});
