import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { Clock } from '#platform/clock.ts';
import { parseReplayStart, requestReplay } from './replay.ts';

const nowMs = Date.UTC(2026, 0, 31, 12);
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: () => Promise.resolve() };

describe('where a replay starts', () => {
  const table: [text: string, expected: object | undefined][] = [
    ['2026-01-31T11:00:00Z', { from: '2026-01-31T11:00:00.000Z' }],
    ['2026-01-31T11:00:00+01:00', { from: '2026-01-31T10:00:00.000Z' }],
    ['2026-01-31', { from: '2026-01-31T00:00:00.000Z' }],
    ['30m', { from: '2026-01-31T11:30:00.000Z' }],
    ['1h30m', { from: '2026-01-31T10:30:00.000Z' }],
    ['0:1200', { positions: { 0: 1200 } }],
    ['0:1200,3:5', { positions: { 0: 1200, 3: 5 } }],
    ['yesterday', undefined],
    ['30', undefined],
    ['2026-13-45T00:00:00Z', undefined],
    ['0:1200,', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of table) {
    test(`"${text}"`, () => {
      if (expected === undefined) assert.throws(() => parseReplayStart(text, nowMs), { code: 'bad_request' });
      else assert.deepEqual(parseReplayStart(text, nowMs), expected);
    });
  }
});

test('asks the server and tells its answer, or why it refused', async (t) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-api-key']} ${body}`);
      response.statusCode = seen.length === 1 ? 202 : 403;
      response.end(seen.length === 1 ? '{"lines":5}' : '{"error":{"code":"forbidden","message":"the key may not"}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const said: string[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const options = { from: '0:7', url, apiKey: 'k', clock, fetch, say: (text: string) => said.push(text) };
  await requestReplay(options);
  assert.deepEqual(seen, ['POST /v1/replay k {"positions":{"0":7}}']);
  assert.deepEqual(said, ['{"lines":5}']);
  await assert.rejects(requestReplay(options), { message: 'the server refused (403): the key may not' });
});
