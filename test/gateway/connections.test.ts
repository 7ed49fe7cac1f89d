/** What happens on the wire: keep-alive, pipelining, slow and broken senders, early refusals, bounds, the stop. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { post, RawConnection, startTestGateway } from './gateway-harness.ts';

const body = '{"logs":[{"message":"m"}]}';
const headOf = (length: number, extra = ''): string =>
  `POST /v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${extra}\r\n`;
const okBody = '{"accepted":1,"failed":0,"lag_hint":"normal"}';

test('pipelined requests on one connection are answered in order', async (t) => {
  const { port, writer } = await startTestGateway(t);
  const connection = new RawConnection(port);
  connection.socket.write((headOf(body.length) + body).repeat(5) + headOf(1) + '{' + headOf(body.length, 'Connection: close\r\n') + body);
  await connection.closed;
  assert.deepEqual(connection.received.match(/HTTP\/1.1 \d+/g), [
    ...new Array<string>(5).fill('HTTP/1.1 202'),
    'HTTP/1.1 400',
    'HTTP/1.1 202',
  ]);
  assert.equal(writer.frames.length, 6);
});

test('a body that comes byte by byte', async (t) => {
  const { port } = await startTestGateway(t);
  const connection = new RawConnection(port);
  connection.socket.setNoDelay(true);
  for (const byte of headOf(body.length) + body) {
    await new Promise<void>((resolve) => connection.socket.write(byte, () => resolve()));
  }
  assert.match(await connection.until(okBody), /^HTTP\/1.1 202 Accepted/);
  connection.socket.destroy();
});

test('wrong methods are answered with 405 and Allow', async (t) => {
  const { url } = await startTestGateway(t);
  for (const path of ['/v1/logs/ingest', '/api/v1/logs/ingest', '/v1/ingest']) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await fetch(url + path, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
      assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'method_not_allowed');
    }
  }
});

test('Expect: 100-continue is answered before the body, or refused without it', async (t) => {
  const { port } = await startTestGateway(t, { ingest: { max_compressed_bytes: 1000 } });
  const welcome = new RawConnection(port);
  welcome.socket.write(headOf(body.length, 'Expect: 100-continue\r\n'));
  await welcome.until('HTTP/1.1 100 Continue');
  welcome.socket.write(body);
  await welcome.until(okBody);
  welcome.socket.destroy();

  const refused = new RawConnection(port);
  refused.socket.write(headOf(2000, 'Expect: 100-continue\r\n'));
  const received = await refused.until('ingest.max_compressed_bytes');
  assert.match(received, /^HTTP\/1.1 413/);
  assert.doesNotMatch(received, /100 Continue/);
  refused.socket.destroy();
});

test('a body over the cap is refused early, and its sender can read the answer while it still sends', async (t) => {
  const { port, writer } = await startTestGateway(t, { ingest: { max_compressed_bytes: 1000 }, gateway: { linger_bytes: 100_000 } });
  for (const head of [headOf(50_000), headOf(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')]) {
    const connection = new RawConnection(port);
    connection.socket.write(head);
    const chunk = head.includes('chunked') ? `3e8\r\n${'x'.repeat(1000)}\r\n` : 'x'.repeat(1000);
    for (let i = 0; i < 3; i += 1) connection.socket.write(chunk);
    assert.match(await connection.until('body_too_large'), /^HTTP\/1.1 413 Payload Too Large[^]*connection: close/i);
    for (let i = 3; i < 50; i += 1) connection.socket.write(chunk);
    if (head.includes('chunked')) connection.socket.write('0\r\n\r\n');
    await connection.closed;
  }
  assert.equal(writer.frames.length, 0);
});

test('the rest of a refused body is read only up to a bound', async (t) => {
  const { port } = await startTestGateway(t, { ingest: { max_compressed_bytes: 1000 }, gateway: { linger_bytes: 10_000 } });
  const connection = new RawConnection(port);
  connection.socket.write(headOf(10_000_000));
  const pump = setInterval(() => connection.socket.write('x'.repeat(5000)), 1);
  await connection.closed;
  clearInterval(pump);
  assert.match(connection.received, /^HTTP\/1.1 413/);
  assert.ok(connection.socket.bytesWritten < 10_000_000);
});

test('a sender that goes away in the middle leaves nothing behind', async (t) => {
  const { port, url, writer, runtime } = await startTestGateway(t, { ingest: { max_inflight_bytes: 2000 } });
  for (let i = 0; i < 5; i += 1) {
    const connection = new RawConnection(port);
    await new Promise<void>((resolve) => connection.socket.write(headOf(1500) + 'x'.repeat(100), () => resolve()));
    connection.socket.resetAndDestroy();
    await connection.closed;
  }
  // Each held 1500 of 2000 bytes; a further request fits only when all were given back.
  const bulky = `{"logs":[{"message":"${'m'.repeat(1400)}"}]}`;
  let answer = await post(`${url}/v1/ingest`, bulky);
  for (let tries = 0; answer.status === 429 && tries < 100; tries += 1) answer = await post(`${url}/v1/ingest`, bulky);
  assert.equal(answer.status, 202);
  assert.equal(writer.frames.length, 1);
  assert.equal(runtime.takeCounts().requests['/v1/ingest 500'], undefined);
});

test('bytes in flight are bounded: beyond it 429, naming the setting', async (t) => {
  const { port, url } = await startTestGateway(t, { ingest: { max_inflight_bytes: 2000 } });
  const slow = new RawConnection(port);
  await new Promise<void>((resolve) => slow.socket.write(headOf(1900) + 'x', () => resolve()));
  const bulky = `{"logs":[{"message":"${'m'.repeat(300)}"}]}`;
  let answer = await post(`${url}/v1/ingest`, bulky);
  for (let tries = 0; answer.status === 202 && tries < 100; tries += 1) answer = await post(`${url}/v1/ingest`, bulky);
  const error = answer.body.error as { code: string; details: { setting: string } };
  assert.deepEqual(
    [answer.status, error.code, error.details.setting, answer.headers.get('retry-after')],
    [429, 'gateway_overloaded', 'ingest.max_inflight_bytes', '1'],
  );
  slow.socket.destroy();
});

const slowSenders = [
  { name: 'headers', sent: 'POST /v1/ingest HTTP/1.1\r\nHost: x\r\n' },
  { name: 'a body', sent: `${headOf(100)}{` },
];
for (const { name, sent } of slowSenders) {
  test(`${name} that never end are answered with 408`, async (t) => {
    const { port } = await startTestGateway(t, { gateway: { header_timeout: 60, request_timeout: 60, timeout_check_interval: 20 } });
    const connection = new RawConnection(port);
    connection.socket.write(sent);
    await connection.closed;
    assert.match(connection.received, /^HTTP\/1.1 408[^]*"code":"request_timeout"/);
  });
}

const unreadable = [
  { name: 'no HTTP', sent: 'hello\r\n\r\n', expect: /^HTTP\/1.1 400[^]*"code":"bad_request"/ },
  { name: 'a TLS greeting', sent: '\x16\x03\x01\x02\x00\x01\x00', expect: /^HTTP\/1.1 400[^]*"code":"bad_request"/ },
  {
    name: 'headers over the bound',
    sent: headOf(0, `X-Long: ${'x'.repeat(20_000)}\r\n`),
    expect: /^HTTP\/1.1 431[^]*"gateway.max_header_bytes"/,
  },
  { name: 'a length that is no number', sent: headOf(0).replace('Length: 0', 'Length: many'), expect: /^HTTP\/1.1 400/ },
  { name: 'two ways to say the length', sent: headOf(5, 'Transfer-Encoding: chunked\r\n'), expect: /^HTTP\/1.1 400/ },
  {
    name: 'a chunk without a size',
    sent: `${headOf(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')}zz\r\n`,
    expect: /^HTTP\/1.1 400/,
  },
];
for (const { name, sent, expect } of unreadable) {
  test(`${name} is answered and closed; others go on`, async (t) => {
    const { port, url } = await startTestGateway(t);
    const connection = new RawConnection(port);
    connection.socket.write(sent, 'latin1');
    await connection.closed;
    assert.match(connection.received, expect);
    assert.equal((await post(`${url}/v1/ingest`, body)).status, 202);
  });
}

test('a client that offers h2c with every request is served as HTTP/1.1', async (t) => {
  const { port } = await startTestGateway(t);
  const connection = new RawConnection(port);
  connection.socket.write(
    headOf(body.length, 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n') + body,
  );
  assert.match(await connection.until(okBody), /^HTTP\/1.1 202/);
  connection.socket.destroy();
});

test('connections are bounded and the dropped ones are counted', async (t) => {
  const { port, runtime } = await startTestGateway(t, { gateway: { max_connections: 2 } });
  const held = [new RawConnection(port), new RawConnection(port)];
  for (const connection of held) {
    connection.socket.write(headOf(body.length) + body);
    await connection.until(okBody);
  }
  await new RawConnection(port).closed;
  assert.equal(runtime.takeCounts().droppedConnections, 1);
  for (const connection of held) connection.socket.destroy();
});

test('a stop finishes what is in flight, then closes the shard', async (t) => {
  const { url, port, writer, runtime } = await startTestGateway(t, { gateway: { stop_timeout: 600_000 } });
  const disk = Promise.withResolvers<void>();
  writer.durable = disk.promise;
  const idle = new RawConnection(port);
  await new Promise((resolve) => idle.socket.once('connect', resolve));
  const inFlight = post(`${url}/v1/ingest`, body);
  while (writer.nextSequence === 0) await new Promise((resolve) => setImmediate(resolve));
  const stopped = runtime.stop();
  await idle.closed;
  await assert.rejects(post(`${url}/v1/ingest`, body));
  assert.equal(writer.closed, false);
  disk.resolve();
  assert.equal((await inFlight).status, 202);
  await stopped;
  assert.equal(writer.closed, true);
  assert.equal(writer.frames.length, 1);
});

test('an agent that keeps its connections is not left hanging by a stop', async (t) => {
  const { port, runtime } = await startTestGateway(t);
  const agent = new http.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const status = await new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: '127.0.0.1', path: '/v1/ingest', method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      },
    );
    request.on('error', reject).end(body);
  });
  assert.equal(status, 202);
  await runtime.stop();
});
