/** What the gateway passes on to the main thread: streams both ways, upgrades, broken sides, an API that is not there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { RawConnection, startTestGateway } from './gateway-harness.ts';

/** What is passed on in Node's buffers, and what goes through one of its own. */
const paths = ['/v1/search', '/v1/logs/export'];

for (const path of paths) testForwarding(path);

function testForwarding(path: string): void {
  test(`requests and answers are passed on whole, with their headers: ${path}`, async (t) => {
    const { url } = await startTestGateway(t, {
      api: (request, response) => {
        const chunks: Buffer[] = [];
        request
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => {
            response.writeHead(418, { 'content-type': 'application/json', 'x-answer': 'yes', connection: 'x-hop', 'x-hop': '1' });
            response.end(
              JSON.stringify({
                method: request.method,
                url: request.url,
                headers: request.headers,
                body: Buffer.concat(chunks).toString(),
              }),
            );
          });
      },
    });
    const response = await fetch(`${url}${path}?q=a%20b`, {
      method: 'POST',
      body: 'x'.repeat(300_000),
      headers: { 'x-tenant-id': 'acme', 'x-forwarded-for': '6.6.6.6' },
    });
    assert.equal(response.status, 418);
    assert.equal(response.headers.get('x-answer'), 'yes');
    assert.equal(response.headers.get('x-hop'), null);
    const seen = (await response.json()) as { method: string; url: string; body: string; headers: Record<string, string> };
    assert.deepEqual([seen.method, seen.url, seen.body.length], ['POST', `${path}?q=a%20b`, 300_000]);
    assert.equal(seen.headers['x-tenant-id'], 'acme');
    assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1');
  });

  test(`an answer that breaks off breaks off for the client too: ${path}`, async (t) => {
    const { url } = await startTestGateway(t, {
      api: (_, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('only this', () => response.destroy());
      },
    });
    const response = await fetch(`${url}${path}`);
    await assert.rejects(response.text());
  });

  test(`a client that goes before the answer aborts the request to the API: ${path}`, async (t) => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const { port } = await startTestGateway(t, { api: (request) => arrived.resolve(request) });
    const connection = new RawConnection(port);
    connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const request = await arrived.promise;
    const gone = once(request.socket, 'close');
    connection.socket.destroy();
    await gone;
  });

  test(`an API that refuses a body early is heard: ${path}`, async (t) => {
    const { url } = await startTestGateway(t, {
      api: (_, response) => {
        response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end('too large');
      },
    });
    const response = await fetch(`${url}${path}`, { method: 'POST', body: 'x'.repeat(100_000) });
    assert.deepEqual([response.status, await response.text()], [413, 'too large']);
  });

  test(`an answer comes as it is made, without its length, and with it: ${path}`, async (t) => {
    const answers: ServerResponse[] = [];
    const { url, port } = await startTestGateway(t, {
      api: (request, response) => {
        if (request.method === 'POST') return void response.end('x'.repeat(2_000_000));
        response.writeHead(200, { 'content-type': 'text/plain' }).write('first ');
        answers.push(response);
      },
    });
    const connection = new RawConnection(port);
    connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await connection.until('first ');
    answers[0].end('last');
    await connection.until('0\r\n\r\n');
    // The connection to the client is kept.
    connection.socket.write(`HEAD ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await connection.until('last');
    answers[1]?.end();
    assert.equal((await (await fetch(`${url}${path}`, { method: 'POST', body: '{}' })).text()).length, 2_000_000);
  });

  test(`without an API: 503 with Retry-After: ${path}`, async (t) => {
    const { url } = await startTestGateway(t);
    const response = await fetch(`${url}${path}`, { method: 'POST', body: '{}' });
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '1']);
  });
}

test('without an API: 503 with Retry-After, while ingestion goes on', async (t) => {
  const { url, port } = await startTestGateway(t);
  const response = await fetch(`${url}/v1/status`);
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '1']);
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'api_unavailable');
  const upgrade = new RawConnection(port);
  upgrade.socket.write('GET /v1/logs/tail HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await upgrade.closed;
  assert.match(upgrade.received, /^HTTP\/1.1 503[^]*api_unavailable/);
  assert.equal(
    (await fetch(`${url}/v1/ingest`, { method: 'POST', body: '[{"message":"a"}]', headers: { 'content-type': 'application/json' } }))
      .status,
    202,
  );
});

test('server-sent events come through one by one, and the API hears when the client goes', async (t) => {
  const streams: ServerResponse[] = [];
  const { port } = await startTestGateway(t, {
    api: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      streams.push(response);
    },
  });
  const connection = new RawConnection(port);
  connection.socket.write('GET /v1/tail HTTP/1.1\r\nHost: x\r\n\r\n');
  await connection.until('data: 1\n\n');
  streams[0].write('data: 2\n\n');
  await connection.until('data: 2\n\n');
  const gone = once(streams[0], 'close');
  connection.socket.destroy();
  await gone;
});

test('a connection to the API that closed while idle is tried again', async (t) => {
  let requests = 0;
  const { url } = await startTestGateway(t, {
    api: (request, response) => {
      requests += 1;
      response.end(String(requests), () => request.socket.destroy());
    },
  });
  for (let i = 1; i <= 20; i += 1) assert.equal(await (await fetch(`${url}/v1/status`)).text(), String(i));
});

test('WebSockets: messages both ways, close codes, and a broken side ends the other', async (t) => {
  const server = new WebSocketServer({ noServer: true });
  const { port } = await startTestGateway(t, {
    prepareApi: (api) =>
      api.on('upgrade', (request, socket, head) =>
        server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request)),
      ),
  });
  server.on('connection', (ws) =>
    ws.on('message', (data) => (String(data) === 'bye' ? ws.close(4001, 'so long') : ws.send(`echo ${String(data)}`))),
  );
  const client = new WebSocket(`ws://127.0.0.1:${port}/v1/logs/tail?level=ERROR`, { headers: { 'x-tenant-id': 'acme' } });
  await once(client, 'open');
  const big = 'x'.repeat(500_000);
  client.send(big);
  assert.equal(String((await once(client, 'message'))[0]), `echo ${big}`);
  client.send('bye');
  const [code, reason] = await once(client, 'close');
  assert.deepEqual([code, String(reason)], [4001, 'so long']);

  const [[apiSide], second] = await Promise.all([
    once(server, 'connection'),
    new Promise<WebSocket>((resolve) => resolve(new WebSocket(`ws://127.0.0.1:${port}/`))),
  ]);
  await once(second, 'open').catch(() => undefined);
  const apiClosed = once(apiSide, 'close');
  second.terminate();
  await apiClosed;
});

test('an upgrade that the API refuses is a plain HTTP answer', async (t) => {
  const { port } = await startTestGateway(t, {
    prepareApi: (api) =>
      api.on('upgrade', (request, socket) => {
        const response = new http.ServerResponse(request);
        response.assignSocket(socket as import('node:net').Socket);
        response.writeHead(429, { 'retry-after': '5', 'content-type': 'application/json' }).end('{"error":{"code":"too_many_tails"}}');
      }),
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}/v1/logs/tail`);
  client.on('error', () => undefined);
  const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
  assert.deepEqual([response.statusCode, response.headers['retry-after']], [429, '5']);
  assert.match((await response.toArray()).join(''), /too_many_tails/);
});

test('a stop ends streams and WebSockets', async (t) => {
  const server = new WebSocketServer({ noServer: true });
  const { port, runtime } = await startTestGateway(t, {
    gateway: { stop_timeout: 50 },
    api: (_, response) => void response.writeHead(200).write('data: 1\n\n'),
    prepareApi: (api) => api.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head, () => undefined)),
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(client, 'open');
  const stream = new RawConnection(port);
  stream.socket.write('GET /v1/tail HTTP/1.1\r\nHost: x\r\n\r\n');
  await stream.until('data: 1');
  const clientClosed = once(client, 'close');
  await runtime.stop();
  await Promise.all([clientClosed, stream.closed]);
});

test('pages of other sites get nothing of an open server, by request or by WebSocket', async (t) => {
  const { port, url, writer } = await startTestGateway(t, { isOpen: true, api: (_, response) => response.end('secret') });
  const hosts = ['evil.example', '127.0.0.1'];
  const statuses = [];
  for (const host of hosts) {
    const connection = new RawConnection(port);
    connection.socket.write(`GET /v1/status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await connection.closed;
    statuses.push(connection.received.slice(9, 12), connection.received.includes('secret'));
  }
  assert.deepEqual(statuses, ['403', false, '200', true]);
  const posted = await fetch(`${url}/v1/ingest`, { method: 'POST', body: '{"message":"m"}', headers: { origin: 'https://evil.example' } });
  assert.deepEqual([posted.status, writer.frames.length], [403, 0]);
  const upgrade = new RawConnection(port);
  upgrade.socket.write('GET /v1/logs/tail HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await upgrade.closed;
  assert.equal(upgrade.received.slice(9, 12), '403');
});
