import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import { createTestApi } from './create-api.fake.ts';
import { explainEndpoints } from './explain-endpoints.ts';

type Json = Record<string, unknown>;

test('an explanation has the meaning, the SQL with its parameters, and the cost', async (t) => {
  const { post } = createTestApi(t);
  const response = await post('/v1/query/explain', {
    query: 'payment latency_ms>500',
    filters: { service: 'pay' },
    time_range: { last: '1h' },
  });
  assert.equal(response.statusCode, 200, response.body);
  const answer = response.json<Json>();
  assert.ok(Compile(explainEndpoints.explain.responses[200].schema).Check(answer), response.body);
  assert.equal(answer['canonical'], 'payment AND latency_ms>500 AND service:pay');
  assert.equal((answer['ast'] as { kind: string }).kind, 'and');
  assert.match(String(answer['sql']), /^\(\(hasToken/);
  assert.ok(!String(answer['sql']).includes('payment'));
  assert.ok(Object.values(answer['parameters'] as Json).includes('payment'));
});

test('times of the query are its time range', async (t) => {
  const { post } = createTestApi(t);
  const answer = (await post('/v1/query/explain', { query: 'timestamp:[2025-03-01 TO 2025-03-02]', allow_wide_range: true })).json<Json>();
  assert.deepEqual(answer['time_range'], { from: '2025-03-01T00:00:00.000Z', to: '2025-03-03T00:00:00.000Z' });
});

test('what was perhaps not meant is said', async (t) => {
  const { post } = createTestApi(t);
  const answer = (await post('/v1/query/explain', { query: 'sevice:pay or user:x' })).json<Json>();
  assert.deepEqual(answer['hints'], [
    { message: '"sevice" is an attribute; did you mean "service"?', suggestion: 'service', position: 0, length: 10 },
    { message: '"or" is searched as a word; the operator is OR', suggestion: 'OR', position: 11, length: 2 },
  ]);
});

test('a query that cannot be read is an error with its place', async (t) => {
  const { post } = createTestApi(t);
  for (const [query, code] of [
    ['(a', 'query_syntax'],
    ['/a(/', 'query_unsupported'],
    ['level:eror2x', 'query_unsupported'],
  ]) {
    const response = await post('/v1/query/explain', { query });
    assert.equal(response.statusCode, 400);
    const { error } = response.json<{ error: { code: string; details: Json } }>();
    assert.deepEqual([error.code, error.details['position']], [code, 0]);
  }
});
