import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { runDemo } from './demo.ts';

const startMs = Date.UTC(2025, 6, 15, 10);

interface SentRecord {
  readonly timestamp: string;
  readonly service: string;
}
type Answer = (path: string, call: number) => Response | Error;

/** A server that keeps what it takes, and a clock that jumps forward whenever somebody sleeps. */
function stage(answer: Answer, untilMs = startMs + 20_000) {
  const taken: SentRecord[] = [];
  const said: string[] = [];
  const abort = new AbortController();
  let nowMs = startMs;
  let ingests = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (durationMs) => {
      nowMs += durationMs;
      if (nowMs >= untilMs) abort.abort();
    },
  };
  const fakeFetch = (async (url: string, init?: { body?: string }) => {
    const path = new URL(url).pathname;
    const given = answer(path, path === '/v1/logs/ingest' ? ++ingests : 0);
    if (given instanceof Error) throw given;
    if (path === '/v1/logs/ingest' && given.ok) taken.push(...(JSON.parse(init?.body ?? '') as { logs: SentRecord[] }).logs);
    return given;
  }) as unknown as typeof fetch;
  const run = (backfillMs: number, apiKey?: string) =>
    runDemo({
      url: 'http://127.0.0.1:4880/',
      rate: 20,
      seed: 1,
      backfillMs,
      apiKey,
      signal: abort.signal,
      clock,
      fetch: fakeFetch,
      output: { write: (text) => said.push(text) },
    });
  return { run, taken, said };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });
const refused = Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });

function usual(path: string, hits: readonly unknown[] = []): Response {
  if (path === '/v1/logs/search') return json(200, { hits });
  if (path === '/v1/logs/ingest') return json(202, { ingested: 7, failed: 1 });
  return json(200, {});
}

test('the first start fills the past once and goes on live, with the right times', async () => {
  const { run, taken } = stage((path) => usual(path));
  await run(600_000);
  const times = taken.map(({ timestamp }) => Date.parse(timestamp));
  assert.ok(times[0] >= startMs - 600_000 && times[0] < startMs - 590_000);
  assert.ok(times.at(-1)! > startMs + 15_000 && times.at(-1)! <= startMs + 20_000);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('a later start fills only the gap', async () => {
  const { run, taken } = stage((path) => usual(path, [{ timestamp: new Date(startMs - 60_000).toISOString() }]));
  await run(600_000);
  assert.ok(taken.length > 0);
  assert.ok(taken.every(({ timestamp }) => Date.parse(timestamp) >= startMs - 60_000));
});

test('where search does not answer the past is left alone, and it says so', async () => {
  const { run, taken, said } = stage((path) =>
    path === '/v1/logs/search' ? json(503, { error: { message: 'engine down' } }) : usual(path),
  );
  await run(600_000);
  assert.ok(taken.every(({ timestamp }) => Date.parse(timestamp) >= startMs));
  assert.ok(said.some((text) => text.includes('the past is left as it is')));
});

test('an outage delays lines and loses none; counts say what happened', async () => {
  const outage = (call: number): Response | Error =>
    call === 2
      ? json(503, { error: { message: 'log full' } }, { 'retry-after': '2' })
      : call === 3
        ? refused
        : call === 4
          ? new Error('socket hang up')
          : usual('/v1/logs/ingest');
  const broken = stage((path, call) => (path === '/v1/logs/ingest' ? outage(call) : usual(path)));
  const whole = stage((path) => usual(path));
  const counts = await broken.run(0);
  await whole.run(0);
  assert.equal(counts.retries, 3);
  assert.ok(counts.possiblyTwice > 0 && counts.possiblyTwice < 50);
  assert.equal(counts.ingested, 7 * counts.failed);
  assert.deepEqual(broken.taken, whole.taken.slice(0, broken.taken.length));
  assert.ok(whole.taken.length - broken.taken.length < 20);
  assert.ok(broken.said.some((text) => text.includes('retries')));
});

const failures: readonly { readonly name: string; readonly answer: Answer; readonly code: string; readonly says: RegExp }[] = [
  { name: 'nothing listens', answer: () => refused, code: 'not_found', says: /npm start/ },
  { name: 'never ready', answer: () => json(503, {}), code: 'not_found', says: /not ready/ },
  {
    name: 'key needed',
    answer: (path) => (path === '/v1/logs/ingest' ? json(401, { error: { message: 'no key' } }) : usual(path)),
    code: 'unauthenticated',
    says: /no key/,
  },
  {
    name: 'key may not ingest',
    answer: (path) => (path === '/v1/logs/ingest' ? json(403, { error: { message: 'no' } }) : usual(path)),
    code: 'forbidden',
    says: /no/,
  },
  {
    name: 'another service',
    answer: (path) => (path === '/v1/logs/ingest' ? json(200, { hello: 1 }) : usual(path)),
    code: 'not_found',
    says: /no Millrace server/,
  },
  { name: 'old server', answer: (path) => (path === '/v1/logs/ingest' ? json(404, {}) : usual(path)), code: 'bad_request', says: /404/ },
];

for (const { name, answer, code, says } of failures) {
  test(`gives up with a clear message: ${name}`, async () => {
    await assert.rejects(
      stage(answer, startMs + 120_000).run(0),
      (error) => error instanceof AppError && error.code === code && says.test(error.message),
    );
  });
}
