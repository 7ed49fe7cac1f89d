import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { requestLarge } from './large-answer.ts';
import type { LargeRequest } from './large-answer.ts';
import { sendParts } from './send-parts.ts';

async function startServer(t: TestContext, listener: RequestListener): Promise<LargeRequest> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { connection: { host: '127.0.0.1', port }, method: 'GET', path: '/', headers: ['Host', 'test'] };
}

const partBytes = 300_000;
const partCount = 60;

/** Parts that all lie in one buffer, each of one letter. */
async function* letters(onEnd: () => void = () => undefined): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(partBytes);
  try {
    for (let part = 0; part < partCount; part++) yield buffer.fill(97 + (part % 26));
  } finally {
    onEnd();
  }
}

test('parts in one buffer arrive as they were, to a reader that is slow now and then', async (t) => {
  const request = await startServer(t, (_, response) => void sendParts(response, letters()));
  const { head, parts } = await requestLarge(request);
  assert.equal(head.status, 200);
  let at = 0;
  for await (const part of parts) {
    for (const byte of part) if (byte !== 97 + (Math.floor(at++ / partBytes) % 26)) assert.fail(`byte ${at - 1} is ${byte}`);
    if (part.length % 3 === 0) await setImmediate();
  }
  assert.equal(at, partBytes * partCount);
});

test('who reads no further ends the sending', async (t) => {
  const ended = Promise.withResolvers<void>();
  const request = await startServer(t, (_, response) => void sendParts(response, letters(ended.resolve)));
  const { parts } = await requestLarge(request);
  for await (const part of parts) if (part.length > 0) break;
  await ended.promise;
});

test('where a part cannot be had, or the sender goes, the reader hears of it', async (t) => {
  async function* broken(): AsyncGenerator<string> {
    yield 'a part';
    throw new Error('no more');
  }
  const read = async (request: LargeRequest): Promise<string> => {
    let text = '';
    for await (const part of (await requestLarge(request)).parts) text += part.toString();
    return text;
  };
  await assert.rejects(read(await startServer(t, (_, response) => void sendParts(response, broken()))));
  const withLength: RequestListener = (_, response) =>
    void response.writeHead(200, { 'content-length': 9 }).write('cut', () => response.destroy());
  await assert.rejects(read(await startServer(t, withLength)));
  await assert.rejects(read(await startServer(t, (request) => void request.socket.destroy())));
});

test('a body goes along, interim answers are passed over, and a connection on which nothing moves is closed', async (t) => {
  const request = await startServer(t, (asked, response) => {
    if (asked.method === 'GET') return;
    response.writeProcessing();
    void asked.toArray().then((chunks) => response.end(Buffer.concat(chunks as Buffer[]).toString('hex')));
  });
  const body = Buffer.from('body');
  const headers = [...request.headers, 'Content-Length', String(body.length)];
  const { head, parts } = await requestLarge({ ...request, method: 'POST', headers, body });
  assert.deepEqual([head.status, head.header('content-length')], [200, '8']);
  const { value } = await parts.next();
  assert.equal(String(value), body.toString('hex'));
  await assert.rejects(requestLarge({ ...request, timeoutMs: 50 }), /sent nothing for 50 ms/);
});

test('aborting ends the request, before its answer and within it', async (t) => {
  const request = await startServer(t, (asked, response) => asked.method === 'POST' && response.write('begin'));
  await assert.rejects(requestLarge({ ...request, signal: AbortSignal.abort(new Error('before')) }), /before/);
  const abort = new AbortController();
  const { parts } = await requestLarge({ ...request, method: 'POST', signal: abort.signal });
  await parts.next();
  const next = parts.next();
  abort.abort(new Error('within'));
  await assert.rejects(next, /within/);
});
