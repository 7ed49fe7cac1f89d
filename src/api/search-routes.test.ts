import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { createTestApi, nowMs } from './create-api.fake.ts';
import * as schemas from './search-schemas.ts';

type Json = Record<string, unknown>;

/** The members that api.md promises, in its order; ours may add some but leave out none. */
const promised = {
  searchA: ['hits', 'total', 'total_relation', 'next_cursor', 'took_ms', 'complete'],
  recordA: ['timestamp', 'level', 'service', 'host', 'trace_id', 'span_id', 'message', 'metadata', 'id'],
  searchB: ['total_hits', 'logs', 'took_ms'],
  recordB: ['log_id', 'timestamp', 'level', 'service', 'host', 'message', 'metadata'],
  searchC: ['hits', 'scanned', 'took_ms', 'logs', 'next_cursor'],
  recordC: ['ts', 'level', 'service', 'host', 'msg', 'meta'],
  aggregate: ['buckets', 'took_ms', 'complete'],
};

function assertHas(value: unknown, members: readonly string[]): void {
  for (const member of members) assert.ok(Object.hasOwn(value as object, member), `no "${member}" in ${JSON.stringify(value)}`);
}

const paymentLine = {
  tsMs: nowMs - 600_000 + 0.123,
  level: 'ERROR',
  service: 'payment-service',
  host: 'prod-web-042',
  traceId: 'abc-123-def',
  spanId: 'span-789',
  message: 'Failed to process payment',
  attributes: { user_id: 'u-123', latency_ms: 5000, text: '5000', ok: false, none: null, list: [1, 2] },
};

test("A: the request of api.md finds the line, in A's shape", async (t) => {
  const { post, store } = createTestApi(t);
  const line = store.add(paymentLine);
  store.add({ ...paymentLine, level: 'INFO' });
  const response = await post('/v1/logs/search', {
    query: 'Failed to process payment',
    filters: {
      service: 'payment-service',
      level: ['ERROR', 'WARN'],
      time_range: { from: '2025-07-15T10:00:00Z', to: '2025-07-15T11:00:00Z' },
    },
    sort: 'timestamp:desc',
    limit: 100,
  });
  assert.equal(response.statusCode, 200, response.body);
  const answer = response.json<Json>();
  assertHas(answer, promised.searchA);
  const [hit] = answer['hits'] as Json[];
  assertHas(hit, promised.recordA);
  assert.deepEqual(
    [hit['id'], hit['timestamp'], hit['level'], hit['trace_id']],
    [line.id, '2025-07-15T10:50:00.000123Z', 'ERROR', 'abc-123-def'],
  );
  assert.deepEqual(hit['metadata'], paymentLine.attributes);
  assert.deepEqual([answer['total'], answer['total_relation'], answer['next_cursor'], answer['complete']], [1, 'eq', null, true]);
  assert.deepEqual(answer['time_range'], { from: '2025-07-15T10:00:00.000Z', to: '2025-07-15T11:00:00.000Z' });
});

test('B: the request of api.md, empty parameters count as absent', async (t) => {
  const { get, store } = createTestApi(t);
  const line = store.add(paymentLine);
  const response = await get('/api/v1/logs/search?q=payment+failed&service=&level=&host=&from=&to=&limit=50&offset=0');
  const answer = response.json<Json>();
  assertHas(answer, promised.searchB);
  const [log] = answer['logs'] as Json[];
  assertHas(log, promised.recordB);
  assert.deepEqual([answer['total_hits'], log['log_id'], (log['metadata'] as Json)['latency_ms']], [1, line.id, 5000]);
  assert.deepEqual((answer['time_range'] as Json)['default'], true);
});

test('C: the request of api.md with cursor null; trace id by meta.trace_id', async (t) => {
  const { post, store } = createTestApi(t);
  store.add({ ...paymentLine, message: 'card declined: timeout', level: 'WARN', service: 'checkout-service' });
  store.add({ ...paymentLine, message: 'card declined: timeout', traceId: 'another' });
  const response = await post('/v1/search', {
    query: 'card declined timeout',
    filters: { service: ['payment-service', 'checkout-service'], level: ['ERROR', 'WARN'], 'meta.trace_id': 'abc-123-def' },
    time_range: { from: '2025-07-15T10:00:00Z', to: '2025-07-15T11:00:00Z' },
    sort: 'desc',
    limit: 100,
    cursor: null,
  });
  const answer = response.json<Json>();
  assertHas(answer, promised.searchC);
  assert.equal(answer['hits'], 1);
  const [log] = answer['logs'] as Json[];
  assertHas(log, promised.recordC);
  assert.deepEqual([log['msg'], log['level'], (log['meta'] as Json)['trace_id']], ['card declined: timeout', 'WARN', 'abc-123-def']);
});

for (const [design, path, extra] of [
  ['A', '/v1/logs/aggregate', { filters: { service: 'payment-service', time_range: { last: '1h' } } }],
  ['C', '/v1/aggregate', { filters: { service: 'payment-service' }, time_range: { from: 'now-1h', to: 'now' } }],
] as const) {
  test(`aggregate ${design}: buckets by time and group`, async (t) => {
    const { post, store } = createTestApi(t);
    for (const level of ['ERROR', 'ERROR2', 'INFO']) store.add({ ...paymentLine, level });
    store.add({ ...paymentLine, tsMs: nowMs - 60_000 });
    const answer = (await post(path, { ...extra, group_by: ['service', 'level'], interval: '5m', metric: 'count' })).json<Json>();
    assertHas(answer, promised.aggregate);
    assert.deepEqual(answer['buckets'], [
      { time: '2025-07-15T10:50:00Z', group: { service: 'payment-service', level: 'ERROR' }, value: 2 },
      { time: '2025-07-15T10:50:00Z', group: { service: 'payment-service', level: 'INFO' }, value: 1 },
      { time: '2025-07-15T10:55:00Z', group: { service: 'payment-service', level: 'ERROR' }, value: 1 },
    ]);
    const whole = (await post(path, { ...extra })).json<Json>();
    assert.deepEqual([whole['buckets'], whole['extrapolated']], [[{ group: {}, value: 4 }], false]);
  });
}

test('every answer fits the schema that the OpenAPI document shows', async (t) => {
  const { get, post, store } = createTestApi(t, { search: { max_scanned_rows: 5 } });
  const { id } = store.add({
    ...paymentLine,
    environment: 'production',
    resource: { region: 'eu' },
    tags: ['x'],
    raw: 'raw',
    sampleRate: 0.5,
    skewed: true,
  });
  for (let index = 0; index < 9; index++) store.add({ tsMs: nowMs - 700_000 - index, level: '', message: 'other' });
  const answers: readonly (readonly [unknown, TSchema])[] = [
    [(await post('/v1/logs/search', {})).json(), schemas.searchAnswerA],
    [(await get('/api/v1/logs/search')).json(), schemas.searchAnswerB],
    [(await post('/v1/search', { limit: 2 })).json(), schemas.searchAnswerC],
    [(await post('/v1/aggregate', { group_by: ['level'], interval: '1m', metric: 'p99(latency_ms)' })).json(), schemas.aggregateAnswer],
    [(await get(`/v1/logs/${id}`)).json(), schemas.recordA],
  ];
  for (const [answer, schema] of answers) assert.deepEqual(Compile(schema).Errors(answer), [], JSON.stringify(answer));
  assert.equal((answers[0][0] as Json)['complete'], false);
});

test('a line by its id', async (t) => {
  const { get, store } = createTestApi(t);
  const { id } = store.add(paymentLine);
  const response = await get(`/v1/logs/${id}`);
  assertHas(response.json(), promised.recordA);
  for (const other of ['nothing', '%27%20OR%201=1', '00000000-0000-8000-8000-000000000000', 'x'.repeat(2000), '..%2f..%2fetc']) {
    const missing = await get(`/v1/logs/${other}`);
    assert.deepEqual([missing.statusCode, missing.json<{ error: Json }>().error['code']], [404, 'not_found'], other);
  }
});

test('numbers in filters are compared as they are written', async (t) => {
  const { post, store } = createTestApi(t);
  const big = store.add(paymentLine);
  Object.assign(big, { attributes: { names: ['n', 'm'], values: ['12345678901234567890', '5.0'], kinds: 'nn' } });
  for (const filters of ['{"n":12345678901234567890}', '{"m":5.0}', '{"n":"12345678901234567890"}']) {
    assert.equal((await post('/v1/search', `{"filters":${filters}}`)).json<Json>()['hits'], 1, filters);
  }
  assert.match((await post('/v1/search', '{}')).body, /"meta":\{[^}]*"n":12345678901234567890,"m":5\.0\}/);
});

test('B: repeated filters, fields and attributes as parameters, both names of the query', async (t) => {
  const { get, store } = createTestApi(t);
  store.add({ tsMs: nowMs - 1000, service: 'a', level: 'ERROR', attributes: { user_id: 'u-1' }, environment: 'prod', message: 'x' });
  store.add({ tsMs: nowMs - 2000, service: 'b', level: 'WARN', attributes: { user_id: 'u-2' }, environment: 'prod', message: 'x' });
  store.add({ tsMs: nowMs - 3000, service: 'c', level: 'INFO', message: 'x' });
  const hitsOf = async (parameters: string): Promise<unknown> =>
    (await get(`/api/v1/logs/search?${parameters}`)).json<Json>()['total_hits'];
  assert.deepEqual(
    await Promise.all(
      [
        'service=a&service=b',
        'level=ERROR&level=INFO',
        'metadata.user_id=u-2',
        'environment=prod',
        'query=x',
        'q=service:a',
        'last=2s',
        'from=now-2500ms',
        'from=now-2m&to=now-2s',
        'limit=0',
      ].map(hitsOf),
    ),
    [2, 2, 1, 2, 3, 1, 2, undefined, 1, 3],
  );
});

test('pages by cursor in every design, by offset in B', async (t) => {
  const { get, post, store } = createTestApi(t);
  const ids = Array.from({ length: 23 }, (_, index) => store.add({ tsMs: nowMs - 1000 * (index + 1), message: 'page me' }).id);
  const collect = async (ask: (cursor: string | null) => Promise<Json>, list: string, idName: string): Promise<unknown[]> => {
    const found: unknown[] = [];
    for (let cursor: string | null = null, page = 0; page < 9; page++) {
      const answer: Json = await ask(cursor);
      found.push(...(answer[list] as Json[]).map((record) => record[idName]));
      store.add({ tsMs: nowMs + page, message: 'page me' });
      cursor = answer['next_cursor'] as string | null;
      if (cursor === null) return found;
    }
    return assert.fail('no end');
  };
  const query = { query: 'page me', limit: 5, time_range: { from: 'now-1h', to: 'now' } };
  assert.deepEqual(await collect(async (cursor) => (await post('/v1/logs/search', { ...query, cursor })).json(), 'hits', 'id'), ids);
  assert.deepEqual(await collect(async (cursor) => (await post('/v1/search', { ...query, cursor })).json(), 'logs', 'id'), ids);
  assert.deepEqual(
    await collect(
      async (cursor) => (await get(`/api/v1/logs/search?q=page+me&limit=5&to=now&cursor=${cursor ?? ''}`)).json(),
      'logs',
      'log_id',
    ),
    ids,
  );
  const byOffset = (await get('/api/v1/logs/search?q=page+me&limit=5&offset=20&to=now')).json<Json>();
  assert.deepEqual([(byOffset['logs'] as Json[]).map((log) => log['log_id']), byOffset['total_hits']], [ids.slice(20), 23]);
});

test('an incomplete answer says why and what it covers', async (t) => {
  const { post, store } = createTestApi(t, { search: { max_scanned_rows: 3 } });
  for (let index = 0; index < 9; index++) store.add({ tsMs: nowMs - 1000 * (index + 1), message: 'x' });
  const answer = (await post('/v1/logs/search', { query: 'absent' })).json<Json>();
  assert.deepEqual(
    [answer['complete'], answer['reason'], typeof answer['next_cursor']],
    [false, 'stopped at the bound of scanned lines', 'string'],
  );
  assert.equal((answer['covered_range'] as Json)['from'], '2025-07-15T10:59:56.000000001Z');
});

test('sampled lines: counts extrapolate and say so', async (t) => {
  const { post, store } = createTestApi(t);
  store.add({ tsMs: nowMs - 1000, sampleRate: 0.1 });
  const answer = (await post('/v1/aggregate', {})).json<Json>();
  assert.deepEqual([answer['buckets'], answer['extrapolated']], [[{ group: {}, value: 10 }], true]);
});

test('a streamed search: lines, progress and end as records, or as events', async (t) => {
  const { store, post } = createTestApi(t);
  for (let index = 0; index < 4; index++)
    store.add({ tsMs: nowMs - 1000 - index, message: `line ${index}`, attributes: { nested: { a: 1 } } });
  const answer = await post('/v1/logs/search/stream', { limit: 10, total: true });
  assert.equal(answer.headers['content-type'], 'application/x-ndjson; charset=utf-8');
  const records = answer.body
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, Record<string, unknown>>);
  assert.deepEqual(
    records.map((record) => (record['id'] === undefined ? Object.keys(record)[0] : record['message'])),
    ['line 0', 'line 1', 'line 2', 'progress', 'line 3', 'progress', 'end'],
  );
  const { complete, found, total, next_cursor: next } = records.at(-1)!['end'];
  assert.deepEqual([complete, found, total, next], [true, 4, 4, null]);
  assert.equal(records[5]['progress']['share'], 1);
  const events = await post('/v1/logs/search/stream', { limit: 2 }, { accept: 'text/event-stream' });
  assert.equal(events.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.match(
    events.body,
    /^event: line\ndata: \{"id":[^\n]+\n\nevent: line\ndata: [^\n]+\n\nevent: progress\n.*\n\nevent: end\ndata: .*"found":2/s,
  );
});

test('a streamed search that is wrong is an error like any other', async (t) => {
  const { post } = createTestApi(t);
  const answer = await post('/v1/logs/search/stream', { offset: 3 });
  assert.deepEqual([answer.statusCode, answer.json().error.code], [400, 'bad_request']);
  assert.equal((await post('/v1/logs/search/stream', { query: 'a AND (' })).json().error.code, 'query_syntax');
});
