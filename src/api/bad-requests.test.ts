import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { errorCodes } from '#base/errors.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';

interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly details: Readonly<Record<string, unknown>> };
}

const search = 'POST /v1/logs/search';
const searchB = 'GET /api/v1/logs/search';
const searchC = 'POST /v1/search';
const aggregate = 'POST /v1/aggregate';

/** Endpoint, body or query string, status, code, message, and for some the setting or field in the details. */
const refused: readonly (readonly [string, unknown, number, string, RegExp, Readonly<Record<string, unknown>>?])[] = [
  [search, '{', 400, 'malformed_body', /not JSON/],
  [search, '', 400, 'bad_request', /the body must be an object/],
  [search, '[]', 400, 'bad_request', /the body must be an object/],
  [search, '"x"', 400, 'bad_request', /the body must be an object/],
  [search, '{"__proto__":{"a":1}}', 400, 'malformed_body', /__proto__/],
  [search, '['.repeat(200_000), 400, 'malformed_body', /not JSON/],
  [search, `${'{"filters":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 400, 'malformed_body', /nested too deeply|not JSON/],
  [search, { limt: 5 }, 400, 'bad_request', /has no member "limt"; did you mean "limit"/, { field: 'limt', did_you_mean: 'limit' }],
  [search, { colour: 5 }, 400, 'bad_request', /known are query, filters/],
  [search, { time_range: { form: 'now-1h' } }, 400, 'bad_request', /time_range has no member "form"; did you mean "from"/],
  [search, { filters: { time_range: { lst: '1h' } } }, 400, 'bad_request', /filters.time_range has no member "lst"/],
  [search, { filters: { time_range: 'today' } }, 400, 'bad_request', /filters.time_range must be an object/],
  [search, { filters: { time_range: { last: '1h' } }, time_range: { last: '2h' } }, 400, 'bad_request', /given twice/],
  [search, { query: 5 }, 400, 'bad_request', /query must be a text/, { field: 'query' }],
  [search, { limit: '5' }, 400, 'bad_request', /limit must be a whole number/],
  [search, { limit: 1.5 }, 400, 'bad_request', /limit must be a whole number/],
  [search, { limit: -1 }, 400, 'bad_request', /limit must be at least 0/],
  [search, { limit: 10_001 }, 400, 'limit_exceeded', /limit 10001 is over/, { setting: 'search.max_limit' }],
  [search, { offset: 10_001 }, 400, 'limit_exceeded', /next_cursor/, { setting: 'search.max_offset' }],
  [search, { time_range: { from: true } }, 400, 'bad_request', /time_range.from must be a text or a number/],
  [search, { time_range: { from: 'now', to: 'now-1h' } }, 400, 'invalid_time_range', /turned round/],
  [search, { time_range: { from: 'gestern' } }, 400, 'invalid_time_range', /"gestern"/],
  [search, { time_range: { last: '40d' } }, 400, 'limit_exceeded', /allow_wide_range/, { setting: 'search.max_range' }],
  [search, { sort: 'level:desc' }, 400, 'bad_request', /sort must be "timestamp:desc"/],
  [search, { cursor: 'AAAA' }, 400, 'invalid_cursor', /not one of ours/],
  [search, { cursor: 5 }, 400, 'bad_request', /cursor must be a text/],
  [search, { query: 'service:' }, 400, 'query_syntax', /./],
  [search, { query: '(a OR' }, 400, 'query_syntax', /./],
  [search, { query: 'level>=LOUD' }, 400, 'query_unsupported', /LOUD/],
  [search, { query: 'x'.repeat(20_000) }, 400, 'limit_exceeded', /./, { setting: 'query.max_length' }],
  [search, { filters: { level: 'LOUD' } }, 400, 'query_unsupported', /LOUD/],
  [search, { filters: [] }, 400, 'bad_request', /filters must be an object/],
  [search, { filters: { service: { a: 1 } } }, 400, 'bad_request', /service/],
  [search, { filters: { service: [] } }, 400, 'bad_request', /empty list/],
  [searchC, { sort: 'newest' }, 400, 'bad_request', /sort/],
  [searchB, 'limt=5', 400, 'bad_request', /there is no parameter "limt"; did you mean "limit"/],
  [searchB, 'user_id=5', 400, 'bad_request', /metadata\.user_id=/],
  [searchB, 'limit=ten', 400, 'bad_request', /limit must be a whole number/],
  [searchB, 'limit=1&limit=2', 400, 'bad_request', /given twice/],
  [searchB, 'offset=10001', 400, 'limit_exceeded', /next_cursor/, { setting: 'search.max_offset' }],
  [searchB, 'from=now&to=now-1h', 400, 'invalid_time_range', /turned round/],
  [searchB, 'level=LOUD', 400, 'query_unsupported', /LOUD/],
  [searchB, 'cursor=x', 400, 'invalid_cursor', /./],
  [searchB, 'allow_wide_range=maybe', 400, 'bad_request', /must be true or false/],
  [aggregate, { metric: 'sum' }, 400, 'bad_request', /sum needs a field/],
  [aggregate, { metric: 5 }, 400, 'bad_request', /metric must be a text/],
  [aggregate, { group_by: 'level' }, 400, 'bad_request', /group_by must be a list/],
  [aggregate, { group_by: [1] }, 400, 'bad_request', /group_by.0 must be a text/],
  [aggregate, { interval: 'often' }, 400, 'bad_request', /cannot read interval/],
  [aggregate, { interval: '1s', time_range: { last: '2d' } }, 400, 'limit_exceeded', /time steps/, { setting: 'search.max_buckets' }],
  [aggregate, { limit: 5 }, 400, 'bad_request', /has no member "limit"/],
  ['POST /v1/admin/flush', { now: true }, 400, 'bad_request', /has no member "now"/],
  ['GET /nowhere', '', 404, 'not_found', /openapi\.json/],
  ['POST /v1/logs/123', {}, 405, 'method_not_allowed', /./, { allowed: ['GET', 'HEAD'] }],
  ['GET /v1/logs/search', '', 405, 'method_not_allowed', /takes POST, not GET/, { allowed: ['POST'] }],
  ['GET /v1/logs/ingest', '', 405, 'method_not_allowed', /takes POST, not GET/],
  ['DELETE /v1/search', '', 405, 'method_not_allowed', /takes POST, not DELETE/],
  ['POST /api/v1/logs/search', {}, 405, 'method_not_allowed', /takes GET and HEAD, not POST/],
  ['GET /%ZZ', '', 400, 'bad_request', /not well-formed/],
];

for (const [endpoint, content, status, code, message, details] of refused) {
  test(`${endpoint} ${(typeof content === 'string' ? content : JSON.stringify(content)).slice(0, 70)} → ${status} ${code}`, async (t) => {
    const { app, logged } = createTestApi(t);
    const [method, path] = endpoint.split(' ') as ['GET' | 'POST' | 'DELETE', string];
    const response =
      method === 'POST'
        ? await app.inject({
            method,
            url: path,
            headers: { 'content-type': 'application/json' },
            payload: typeof content === 'string' ? content : JSON.stringify(content),
          })
        : await app.inject({ method, url: content === '' ? path : `${path}?${content as string}` });
    const { error } = response.json<ErrorAnswer>();
    assert.deepEqual([response.statusCode, error.code], [status, code], response.body);
    assert.match(error.message, message);
    assert.ok(error.code in errorCodes && typeof error.details === 'object');
    assert.match(String(response.headers['content-type']), /^application\/json/);
    for (const [name, value] of Object.entries(details ?? {})) assert.deepEqual(error.details[name], value);
    if (status === 405) assert.ok(response.headers['allow']);
    assert.deepEqual(logged, []);
  });
}

test('content types, encodings, sizes and broken UTF-8', async (t) => {
  const { app } = createTestApi(t, { api: { max_body_bytes: 2048 } });
  const send = async (headers: Record<string, string>, payload: string | Buffer): Promise<unknown[]> => {
    const response = await app.inject({ method: 'POST', url: '/v1/search', headers, payload });
    const { error } = response.json<ErrorAnswer>();
    return [response.statusCode, error.code, error.details['setting']];
  };
  const json = { 'content-type': 'application/json' };
  assert.deepEqual(await send({ 'content-type': 'application/x-www-form-urlencoded' }, '{}'), [415, 'unsupported_content_type', undefined]);
  assert.deepEqual(await send({ 'content-type': 'text/plain' }, '{}'), [415, 'unsupported_content_type', undefined]);
  assert.deepEqual(await send({}, Buffer.from('{}')), [415, 'unsupported_content_type', undefined]);
  assert.deepEqual(await send({ ...json, 'content-encoding': 'gzip' }, '{}'), [415, 'unsupported_encoding', undefined]);
  assert.deepEqual(await send(json, JSON.stringify({ query: 'x'.repeat(3000) })), [413, 'body_too_large', 'api.max_body_bytes']);
  assert.deepEqual(await send(json, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), [400, 'malformed_body', undefined]);
  const utf8 = await app.inject({
    method: 'POST',
    url: '/v1/search',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    payload: '\ufeff{}',
  });
  assert.equal(utf8.statusCode, 200, 'a byte order mark is no harm');
});

/** Texts that would do harm if they ever became SQL, HTML, a path or a header. */
const hostile = [
  "' OR '1'='1",
  "'; DROP TABLE logs; --",
  '`; SELECT sleep(10)',
  ') UNION ALL SELECT * FROM system.tables --',
  '{tenant:String}',
  '\\',
  "\\'",
  '\u0000',
  '%00',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '\r\nX-Injected: 1',
  '💥',
  '\ud800',
  'x'.repeat(5000),
  '${7*7}',
  "file('/etc/passwd')",
  '/*',
  '"}]}',
  '*',
  '?',
  '\t',
  ' ',
  '-',
  ':',
  '(',
  '"',
];

test('hostile text in every position: an answer or a clear refusal, only own lines, and nothing breaks', async (t) => {
  const { post, get, store, logged } = createTestApi(t);
  store.add({ tsMs: nowMs - 1000, message: 'mine' });
  store.add({ tsMs: nowMs - 1000, message: 'foreign', tenant: 'other' });
  for (const text of hostile) {
    const encoded = encodeURIComponent(text.toWellFormed());
    const responses = [
      ...[
        { query: text },
        { query: `service:"${text}"` },
        { filters: { [text]: 'x' } },
        { filters: { service: text } },
        { filters: { service: [text] } },
        { filters: { [`metadata.${text}`]: text } },
        { cursor: text },
        { sort: text },
        { time_range: { from: text } },
        { time_range: { last: text } },
        { [text]: 1 },
      ].map((body) => post('/v1/logs/search', body)),
      ...[
        { metric: text },
        { metric: `sum(${text})` },
        { group_by: [text] },
        { interval: text },
        { query: text, filters: { [text]: text } },
      ].map((body) => post('/v1/aggregate', body)),
      ...['q', 'service', 'level', 'from', 'to', 'limit', 'offset', 'cursor', 'sort', 'last', `metadata.${encoded}`, encoded].map((name) =>
        get(`/api/v1/logs/search?${name}=${encoded}`),
      ),
      get(`/v1/logs/${encoded}`),
      get(`/${encoded}`),
      get('/v1/status', { 'x-tenant-id': encoded }),
    ];
    for (const response of await Promise.all(responses)) {
      assert.ok(
        [200, 400, 404, 405].includes(response.statusCode),
        `${response.statusCode} ${response.body.slice(0, 300)} for ${JSON.stringify(text.slice(0, 40))}`,
      );
      assert.ok(!response.body.includes('foreign'), response.body);
      assert.equal(response.headers['x-injected'], undefined);
      if (response.statusCode !== 200) assert.ok(response.json<ErrorAnswer>().error.code in errorCodes);
    }
  }
  assert.deepEqual(logged, [], 'no defect was met');
});

test('any JSON at all as a body gets an answer or a refusal', async (t) => {
  const { post, logged } = createTestApi(t);
  const names = fc.constantFrom(
    'query',
    'filters',
    'time_range',
    'sort',
    'limit',
    'offset',
    'cursor',
    'group_by',
    'interval',
    'metric',
    'allow_wide_range',
    'x',
  );
  const body = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom('/v1/logs/search', '/v1/search', '/v1/aggregate', '/v1/logs/aggregate'), async (value, path) => {
      const response = await post(path, value);
      assert.ok(response.statusCode === 200 || response.statusCode === 400, response.body);
      response.json();
    }),
    { numRuns: 400 },
  );
  assert.deepEqual(logged, []);
});
