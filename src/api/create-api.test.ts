import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Compile } from 'typebox/compile';
import { AlertRules } from '#alerting/alert-rules.ts';
import { createTestNotifier } from '#alerting/notifier.fake.ts';
import { alertDefaults, decodeRecords, FakeBlockStore } from '#alerting/trial-lines.test-support.ts';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import { defaultQueryConfig } from '#language/config.ts';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { silentLogger } from '#platform/logger.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';
import type { ApiFakeOptions } from './create-api.fake.ts';
import { allEndpoints } from './endpoints.ts';
import { statusReport } from './status-report.ts';

interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly details: Readonly<Record<string, unknown>> };
}

/** What the server always has, and other tests of the API do without. */
async function alerting(t: TestContext): Promise<Required<Pick<ApiFakeOptions, 'alertRules' | 'incidents' | 'notifications'>>> {
  const made = await createTestNotifier(t);
  const { book, alerts, records, clock } = made;
  const documents = await openSqliteDocuments(':memory:');
  t.after(() => documents.close());
  const rules = await AlertRules.open({
    ...{ documents, config: alertDefaults, queryConfig: defaultQueryConfig, clock, logger: silentLogger },
    randomId: () => 'some-rule',
    channels: async () => new Map(),
    fields: async () => new Set(),
  });
  const tried = { config: alertDefaults, clock, decode: decodeRecords, store: new FakeBlockStore('default', [{ message: 'a line' }]) };
  return {
    alertRules: { rules, records: alerts, facts: { ofRules: () => new Map() }, ...tried },
    incidents: { records: alerts, clock, onAcknowledged: () => undefined },
    notifications: { book, notifier: made.start(), alerts, records, clock },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function listenOnSocket(t: TestContext, options: ApiFakeOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-api-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const api = createTestApi(t, options);
  const socketPath = join(directory, 'api.sock');
  await api.app.listen({ path: socketPath });
  /** A real request; `abort` closes its connection. */
  const request = (method: string, path: string, body?: string) => {
    const sent = http.request({ socketPath, method, path, headers: body === undefined ? {} : { 'content-type': 'application/json' } });
    const answer = new Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }>((resolve, reject) => {
      sent.once('error', reject);
      sent.once('response', async (response) => {
        let text = '';
        for await (const chunk of response) text += String(chunk);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.end(body);
    return { answer, abort: () => sent.destroy() };
  };
  return { ...api, request };
}

test('answers over a unix socket', async (t) => {
  const { request, store } = await listenOnSocket(t);
  store.add({ tsMs: nowMs - 1000, message: 'over the socket' });
  const { status, text } = await request('POST', '/v1/logs/search', '{"query":"socket"}').answer;
  assert.deepEqual([status, (JSON.parse(text) as { total: number }).total], [200, 1]);
  assert.equal((await request('HEAD', '/health/live').answer).status, 200);
});

test('a client that closes its connection ends its query in the store', async (t) => {
  const { request, store, search } = await listenOnSocket(t);
  store.held.add('find');
  const { answer, abort } = request('POST', '/v1/logs/search', '{}');
  await store.untilAsked(1);
  abort();
  await assert.rejects(answer);
  while (search.status().running > 0) await settled();
  assert.equal(store.abortedCount, 1);
});

test('stopping: what runs may end in the drain time, then it is ended and told so', async (t) => {
  const { request, store, app, clock } = await listenOnSocket(t, { api: { drain_timeout: 5000 } });
  store.held.add('find');
  const { answer } = request('POST', '/v1/logs/search', '{}');
  await store.untilAsked(1);
  const closed = app.close();
  await settled();
  clock.advance(4999);
  await settled();
  assert.equal(store.abortedCount, 0);
  clock.advance(1);
  const { status, headers, text } = await answer;
  assert.deepEqual([status, (JSON.parse(text) as ErrorAnswer).error.code, headers['retry-after']], [503, 'shutting_down', '1']);
  await closed;
});

test('stopping: a search that ends in time is answered', async (t) => {
  const { request, store, app, clock } = await listenOnSocket(t);
  store.held.add('find');
  const { answer } = request('POST', '/v1/logs/search', '{}');
  await store.untilAsked(1);
  const closed = app.close();
  store.release();
  assert.equal((await answer).status, 200);
  await closed;
  assert.equal(clock.sleeping, 0);
});

test('too many searches: 429 with Retry-After and the setting', async (t) => {
  const { post, store } = createTestApi(t, { search: { max_concurrent_per_tenant: 1, max_queued_per_tenant: 0 } });
  store.held.add('find');
  const running = post('/v1/search', {});
  await store.untilAsked(1);
  // the same search would just wait for the answer of the first
  const refused = await post('/v1/search', { query: 'another' });
  assert.deepEqual(
    [refused.statusCode, refused.headers['retry-after'], refused.json<ErrorAnswer>().error.details['setting']],
    [429, '1', 'search.max_queued_per_tenant'],
  );
  store.release();
  assert.equal((await running).statusCode, 200);
});

for (const [error, status, code] of [
  [new AppError('search_unavailable', 'the engine is down', { retryAfterMs: 2500 }), 503, 'search_unavailable'],
  [new AppError('query_timeout', 'too slow'), 504, 'query_timeout'],
  [new AppError('query_too_expensive', 'too much memory', { details: { setting: 'search.max_memory' } }), 400, 'query_too_expensive'],
  [new TypeError('secret detail /home/millrace'), 500, 'internal'],
  ['a thrown text', 500, 'internal'],
] as const) {
  test(`the store fails with ${String(error).slice(0, 40)} → ${status} ${code}`, async (t) => {
    const { post, store, logged } = createTestApi(t);
    store.failures.set('find', error);
    const response = await post('/v1/logs/search', {});
    assert.deepEqual([response.statusCode, response.json<ErrorAnswer>().error.code], [status, code]);
    assert.ok(!response.body.includes('secret'));
    assert.equal(logged.length, status === 500 ? 1 : 0, 'a defect is logged, a bound is not');
    if (code === 'search_unavailable') assert.equal(response.headers['retry-after'], '3');
    if (code === 'query_timeout') assert.equal(response.json<ErrorAnswer>().error.details['setting'], 'search.timeout');
  });
}

const keys = [
  { name: 'acme', tenant: 'acme', key: new Secret('acme-0123456789abcdef') },
  { name: 'blind', tenant: 'acme', key: new Secret('blind-0123456789abcdef'), may_read: false },
  { name: 'root', tenant: 'ops', key: new Secret('root-0123456789abcdef'), may_act_for_others: true },
];

test('access: who may do what, with keys', async (t) => {
  const flushed: string[] = [];
  const { app } = createTestApi(t, { keys, operations: { flush: async () => void flushed.push('x') } });
  const statusOf = async (method: 'GET' | 'POST', url: string, key?: string, tenant?: string): Promise<number> =>
    (await app.inject({ method, url, headers: { ...(key ? { 'x-api-key': key } : {}), ...(tenant ? { 'x-tenant-id': tenant } : {}) } }))
      .statusCode;
  for (const path of ['/', '/health/live', '/health/ready', '/openapi.json']) assert.equal(await statusOf('GET', path), 200, path);
  for (const path of ['/metrics', '/v1/status', '/api/v1/logs/search', '/v1/logs/x']) {
    assert.equal(await statusOf('GET', path), 401, path);
    assert.equal(await statusOf('GET', path, 'wrong'), 401, path);
    assert.equal(await statusOf('GET', path, 'blind-0123456789abcdef'), 403, path);
  }
  assert.equal(await statusOf('GET', '/api/v1/logs/search', 'acme-0123456789abcdef'), 200);
  assert.equal(await statusOf('GET', '/api/v1/logs/search', 'acme-0123456789abcdef', 'other'), 403);
  assert.equal(await statusOf('GET', '/api/v1/logs/search', 'root-0123456789abcdef', 'other'), 200);
  assert.equal(await statusOf('POST', '/v1/admin/flush', 'acme-0123456789abcdef'), 403);
  assert.equal(await statusOf('POST', '/v1/admin/flush', 'root-0123456789abcdef'), 200);
  assert.equal(flushed.length, 1);
  const refused = await app.inject({ method: 'POST', url: '/v1/search', headers: { 'content-type': 'application/json' }, payload: '{' });
  assert.deepEqual(
    [refused.statusCode, refused.headers['www-authenticate']],
    [401, 'Bearer realm="millrace"'],
    'asked who it is before its body is read',
  );
});

test('access: the key decides the tenant that is searched', async (t) => {
  const { get, store } = createTestApi(t, { keys });
  for (const tenant of ['acme', 'other', 'ops']) store.add({ tenant, tsMs: nowMs - 1000, message: `line of ${tenant}` });
  const messagesFor = async (headers: Record<string, string>): Promise<string[]> =>
    (await get('/api/v1/logs/search', headers)).json<{ logs: { message: string }[] }>().logs.map(({ message }) => message);
  assert.deepEqual(await messagesFor({ authorization: 'Bearer acme-0123456789abcdef' }), ['line of acme']);
  assert.deepEqual(await messagesFor({ 'x-api-key': 'root-0123456789abcdef' }), ['line of ops']);
  assert.deepEqual(await messagesFor({ 'x-api-key': 'root-0123456789abcdef', 'x-tenant-id': 'other' }), ['line of other']);
  const { id } = store.lines[1];
  assert.equal((await get(`/v1/logs/${id}`, { 'x-api-key': 'acme-0123456789abcdef' })).statusCode, 404);
});

test('ready and not ready', async (t) => {
  const reasons: string[] = ['the engine is starting', 'lines are being replayed'];
  const { get } = createTestApi(t, { operations: { notReadyReasons: () => reasons } });
  const before = await get('/health/ready');
  assert.deepEqual([before.statusCode, before.headers['retry-after'], before.json()], [503, '1', { status: 'not_ready', reasons }]);
  assert.equal((await get('/health/live')).statusCode, 200);
  reasons.length = 0;
  assert.deepEqual([(await get('/health/ready')).statusCode, (await get('/health/ready')).json()], [200, { status: 'ready' }]);
});

test('metrics, status and its ledger by tenant', async (t) => {
  const { get, store } = createTestApi(t);
  const metrics = await get('/metrics');
  assert.deepEqual([metrics.body, metrics.headers['content-type']], ['millrace_up 1\n', 'text/plain; version=0.0.4']);
  const status = (await get('/v1/status')).json<{ ledger: object }>();
  assert.deepEqual(Compile(statusReport).Errors(status), []);
  assert.deepEqual(Object.keys(status.ledger), ['default', 'other'], 'open access sees all');
  const keyed = createTestApi(t, { keys: [{ ...keys[0], tenant: 'other' }] });
  const own = (await keyed.get('/v1/status', { 'x-api-key': 'acme-0123456789abcdef' })).json<{ ledger: object }>();
  assert.deepEqual(Object.keys(own.ledger), ['other']);
  const { quarantined } = (await keyed.get('/v1/status', { 'x-api-key': 'acme-0123456789abcdef' })).json<{
    search: { quarantined: object };
  }>().search;
  assert.deepEqual(quarantined, { other: [{ fingerprint: 'f00d' }] });
  assert.equal(store.asked.length, 0);
});

test('the page: what this is, how much is stored, every endpoint, nothing from elsewhere', async (t) => {
  const { get, store } = createTestApi(t);
  store.add({ tsMs: nowMs });
  const page = await get('/');
  assert.match(String(page.headers['content-type']), /^text\/html/);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
  assert.match(page.body, /1 line stored on 1\.23 MB/);
  assert.match(page.body, /prefers-color-scheme:dark/);
  for (const { method, path } of allEndpoints) assert.ok(page.body.includes(`${method} ${path}`), path);
  assert.doesNotMatch(page.body, /<script|src=|https:\/\/|@import/);
  const keyed = await createTestApi(t, { keys }).get('/');
  assert.doesNotMatch(keyed.body, /stored on/, 'figures are not for everyone where keys are configured');
  assert.match(keyed.body, /X-API-Key: YOUR-KEY/);
});

test('every endpoint of the document is served here or by the gateway, under its method only', async (t) => {
  const { app, get } = createTestApi(t, await alerting(t));
  const document = (await get('/openapi.json')).json<{ paths: Record<string, Record<string, { operationId: string }>> }>();
  const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(listed.sort(), allEndpoints.map(({ method, path }) => `${method} ${path}`).sort());
  const ids = Object.values(document.paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, method, tag } of allEndpoints.filter(({ tag }) => tag !== 'ingest' && tag !== 'tail')) {
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    const response = await app.inject({ method, url });
    assert.ok(response.statusCode !== 404 || path.includes('{'), `${method} ${path}`);
    const wrong = await app.inject({ method: 'PATCH', url });
    assert.equal(wrong.statusCode, 405, `PATCH ${path} (${tag})`);
  }
});

test('docs/reference/openapi.json is what the code says; `npm run generate` writes it', async (t) => {
  const { get } = createTestApi(t);
  const served = (await get('/openapi.json')).json<{ info: { version: string } }>();
  const kept = JSON.parse(readFileSync(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8')) as {
    info: { version: string };
  };
  served.info.version = kept.info.version;
  assert.deepEqual(kept, served);
});

test('priority p0 needs a right, and an unknown priority is told', async (t) => {
  const keys = [{ key: new Secret('plain-0123456789abcdef') }, { key: new Secret('incident-0123456789abcdef'), may_prioritise: true }];
  const { get } = createTestApi(t, { keys });
  const ask = async (key: string, priority: string): Promise<number> =>
    (await get('/api/v1/logs/search', { 'x-api-key': key, 'x-priority': priority })).statusCode;
  assert.equal(await ask('plain-0123456789abcdef', 'p0'), 403);
  assert.equal(await ask('plain-0123456789abcdef', 'p2'), 200);
  assert.equal(await ask('incident-0123456789abcdef', 'P0'), 200);
  assert.equal(await ask('incident-0123456789abcdef', 'p9'), 400);
});
