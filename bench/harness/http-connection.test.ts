import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { HttpConnection } from './http-connection.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<HttpConnection> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connection = new HttpConnection((server.address() as AddressInfo).port);
  t.after(() => {
    connection.close();
    server.closeAllConnections();
    server.close();
  });
  return connection;
}

const bodies: readonly (readonly [name: string, pieces: readonly string[], chunked: boolean])[] = [
  ['empty', [''], false],
  ['with a length', ['hello'], false],
  ['with a length, in pieces', ['x'.repeat(70_000), 'y'.repeat(70_000)], false],
  ['chunked', ['one', 'two'], true],
  ['chunked, an end within', ['a\r\n0\r\n\r\n', '0\r\n\r\n', 'z'.repeat(100_000)], true],
];

for (const [name, pieces, chunked] of bodies) {
  test(`reads an answer: ${name}`, async (t) => {
    const connection = await serve(t, (_, response) => {
      if (!chunked) response.setHeader('content-length', pieces.join('').length);
      const rest = [...pieces];
      const next = (): void => {
        const piece = rest.shift();
        if (piece === undefined) response.end();
        else response.write(piece === '' ? Buffer.alloc(0) : piece, () => setImmediate(next));
      };
      next();
    });
    for (let turn = 0; turn < 3; turn++) {
      const { status, body } = await connection.request('GET', '/');
      assert.equal(status, 200);
      assert.equal(body.toString(), pieces.join(''));
    }
  });
}

test('sends bodies and headers, over one connection, and opens another after a close', async (t) => {
  const ports = new Set<number | undefined>();
  const connection = await serve(t, (request, response) => {
    ports.add(request.socket.remotePort);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.writeHead(202, request.url === '/last' ? { connection: 'close' } : {});
      response.end(`${request.method} ${request.url} ${request.headers['x-a']} ${Buffer.concat(parts).length}`);
    });
  });
  const post = async (path: string): Promise<string> =>
    (await connection.request('POST', path, { 'x-a': 'b' }, Buffer.alloc(200_000))).body.toString();
  assert.equal(await post('/one'), 'POST /one b 200000');
  assert.equal(await post('/last'), 'POST /last b 200000');
  assert.equal(ports.size, 1);
  assert.equal(await post('/again'), 'POST /again b 200000');
  assert.equal(ports.size, 2);
});

test('a broken connection rejects, and so does a second request at the same time', async (t) => {
  const connection = await serve(t, (request) => request.socket.destroy());
  await assert.rejects(connection.request('GET', '/'));
  const waiting = connection.request('GET', '/');
  assert.throws(() => connection.request('GET', '/'));
  await assert.rejects(waiting);
});
