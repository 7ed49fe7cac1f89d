import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '#base/secret.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';
import type { ApiFakeOptions } from './create-api.fake.ts';
import type { TestContext } from 'node:test';

function apiWithLines(t: TestContext, options: ApiFakeOptions = {}) {
  const api = createTestApi(t, options);
  for (let i = 0; i < 6; i++) {
    api.store.add({
      tsMs: nowMs - 60_000 * (i + 1),
      level: i === 0 ? 'ERROR' : 'INFO',
      service: i % 2 === 0 ? 'shop' : 'cart',
      message: `user u-${i} took ${i}0ms`,
      attributes: { latency_ms: i, 'odd, name': 'a "b"' },
    });
  }
  const post = (query: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
    api.app.inject({ method: 'POST', url: '/v1/query', payload: { query, ...more }, headers });
  return { ...api, post };
}

const dataOf = (response: { json(): { columns: { name: string; type: string }[]; rows: unknown[][] } }): readonly unknown[] => {
  const { columns, rows } = response.json();
  return [columns.map(({ name, type }) => `${name}: ${type}`).join(', '), ...rows];
};

test('a table: typed columns, numbers as numbers, bins as times', async (t) => {
  const { post } = apiWithLines(t);
  const response = await post('| stats count(), avg(latency_ms), max(level) by service, bin(1h) | sort count desc, service');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(dataOf(response), [
    'service: string, time: time, count: number, avg_latency_ms: number, max_level: string',
    ['cart', '2025-07-15T10:00:00.000Z', 3, 3, 'INFO'],
    ['shop', '2025-07-15T10:00:00.000Z', 3, 2, 'ERROR'],
  ]);
  const { rows: _rows, columns: _columns, took_ms: _took, ...rest } = response.json();
  assert.deepEqual(rest, {
    more_rows: false,
    extrapolated: false,
    scanned: 6,
    complete: true,
    time_range: { from: '2025-07-15T10:00:00.000Z', to: '2025-07-15T11:00:00.000Z', default: true },
  });
});

test('lines as rows: the usual columns, what was parsed, and those that are chosen', async (t) => {
  const { post, store } = apiWithLines(t);
  const usual = await post('| parse "took <ms>ms" | limit 1');
  assert.equal(usual.json().columns.at(-1).name, 'ms');
  assert.deepEqual(usual.json().rows[0], [
    store.lines[0].id,
    '2025-07-15T10:59:00.000Z',
    'ERROR',
    'shop',
    'host-1',
    null,
    null,
    null,
    'user u-0 took 00ms',
    { latency_ms: 0, 'odd, name': 'a "b"' },
    '00',
  ]);
  const chosen = await post(
    'level:INFO | parse "user <u> took" | sort latency_ms desc | fields u, latency_ms, nothing, id, metadata | limit 2',
  );
  assert.deepEqual(dataOf(chosen), [
    'u: string, latency_ms: any, nothing: any, id: string, metadata: object',
    ['u-5', 5, null, store.lines[5].id, { latency_ms: 5, 'odd, name': 'a "b"' }],
    ['u-4', 4, null, store.lines[4].id, { latency_ms: 4, 'odd, name': 'a "b"' }],
  ]);
});

test('filters, parameters, no pipes at all', async (t) => {
  const { post, app } = apiWithLines(t);
  assert.deepEqual((await post('| stats count()', { filters: { service: 'shop' } })).json().rows, [[3]]);
  assert.deepEqual((await post('took', { limit: 2 })).json().rows.length, 2);
  const byLink = await app.inject({
    url: `/v1/query?${new URLSearchParams({ query: '| top 1 by service', last: '1h', limit: '5', allow_wide_range: 'true' })}`,
  });
  assert.deepEqual(dataOf(byLink as never), ['service: string, count: number, share: number', ['cart', 3, 50]]);
});

test('CSV and NDJSON', async (t) => {
  const { post } = apiWithLines(t);
  const csv = await post('| limit 1 | fields timestamp, "odd, name", nothing, latency_ms', {}, { accept: 'text/csv' });
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8; header=present');
  assert.deepEqual([csv.headers['x-complete'], csv.headers['x-more-rows']], ['true', 'false']);
  assert.equal(csv.body, 'timestamp,"odd, name",nothing,latency_ms\r\n2025-07-15T10:59:00.000Z,"a ""b""",,0\r\n');
  const ndjson = await post('| stats count() by service', {}, { accept: 'application/x-ndjson' });
  const [first, second, end] = ndjson.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    [first, second],
    [
      { service: 'cart', count: 3 },
      { service: 'shop', count: 3 },
    ],
  );
  assert.deepEqual([end.end.complete, end.end.more_rows], [true, false]);
});

test('rows beyond the bound are told', async (t) => {
  const { post } = apiWithLines(t, { search: { max_table_rows: 2, max_limit: 3, default_limit: 1 } });
  const table = (await post('| stats count() by latency_ms')).json();
  assert.deepEqual([table.rows.length, table.more_rows], [2, true]);
  assert.deepEqual((await post('took')).json().rows.length, 1);
  assert.deepEqual((await post('took | limit 3')).json().rows.length, 3);
  for (const [query, more, setting] of [
    ['took | limit 4', {}, 'search.max_limit'],
    ['took', { limit: 4 }, 'search.max_limit'],
    ['| stats count() by message', { limit: 3 }, 'search.max_table_rows'],
  ] as const) {
    const { statusCode, body } = await post(query, more);
    assert.deepEqual([statusCode, JSON.parse(body).error.details.setting], [400, setting], query);
  }
});

test('what is wrong is said with its place and a suggestion', async (t) => {
  const { post, app } = apiWithLines(t, { search: { max_group_by: 1, max_buckets: 50 } });
  for (const [query, code, details] of [
    ['| statz count()', 'query_syntax', { position: 2, suggestion: 'stats' }],
    ['| stats coun()', 'query_syntax', { position: 8, suggestion: 'count' }],
    ['| stats count() by service | sort cuont', 'query_unsupported', { position: 34, suggestion: 'count' }],
    ['| stats sum(timestamp)', 'query_unsupported', { position: 8 }],
    ['| stats count() by service, host', 'limit_exceeded', { setting: 'search.max_group_by' }],
    ['| stats count() by bin(1m)', 'limit_exceeded', { setting: 'search.max_buckets' }],
    ['| stats count() by bin(1ms)', 'limit_exceeded', { setting: 'search.min_interval' }],
    ['level:ERRR | limit 1', 'query_unsupported', { position: 0, suggestion: 'ERROR' }],
  ] as const) {
    const { error } = (await post(query)).json();
    assert.equal(error.code, code, `${query}: ${error.message}`);
    for (const [name, value] of Object.entries(details)) assert.equal(error.details[name], value, `${query}: ${JSON.stringify(error)}`);
  }
  assert.equal((await post('', { limti: 1 })).json().error.details.did_you_mean, 'limit');
  const elsewhere = await app.inject({ url: `/api/v1/logs/search?${new URLSearchParams({ q: 'a | limit 1' })}` });
  assert.match(elsewhere.json().error.message, /POST \/v1\/query/);
});

test("the tenant is the caller's; the same question is answered once", async (t) => {
  const keys = [
    { key: new Secret('key-of-default-tenant'), tenant: 'default' },
    { key: new Secret('key-of-another-tenant'), tenant: 'other' },
    { key: new Secret('key-that-may-not-read'), may_read: false },
  ];
  const { post, store } = apiWithLines(t, { keys });
  const ask = (key: string) => post('| stats count()', { time_range: { from: nowMs - 3_600_000, to: nowMs } }, { 'x-api-key': key });
  assert.deepEqual((await ask('key-of-default-tenant')).json().rows, [[6]]);
  assert.equal((await ask('key-of-default-tenant')).json().cached, true);
  assert.deepEqual((await ask('key-of-another-tenant')).json().rows, [[0]]);
  assert.equal((await ask('key-that-may-not-read')).statusCode, 403);
  assert.deepEqual(
    store.asked.map(({ kind, tenant }) => [kind, tenant]),
    [
      ['pipes', 'default'],
      ['pipes', 'other'],
    ],
  );
});

test('an explanation tells stages and statement', async (t) => {
  const { app } = apiWithLines(t);
  const explain = async (query: string) => (await app.inject({ method: 'POST', url: '/v1/query/explain', payload: { query } })).json();
  const explained = await explain('service:"it\'s" | STATS count by level|limit 3');
  assert.equal(explained.canonical, 'service:"it\'s" | stats count() by level | limit 3');
  assert.deepEqual(
    explained.pipes.map(({ kind }: { kind: string }) => kind),
    ['stats', 'limit'],
  );
  assert.ok(explained.statement.sql.startsWith('SELECT ') && !explained.statement.sql.includes("it's"));
  assert.equal((await explain('service:x')).statement, undefined);
  const glued = (await explain('service:shop|stats count()')).hints;
  assert.deepEqual(
    glued.map(({ suggestion }: { suggestion: string }) => suggestion),
    ['shop | stats'],
  );
});
