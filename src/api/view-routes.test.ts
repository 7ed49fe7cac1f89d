import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApi } from './create-api.fake.ts';

const json = { 'content-type': 'application/json' };

test('saved queries and dashboards over HTTP', async (t) => {
  const { app, get } = createTestApi(t);
  for (const kind of ['queries', 'dashboards']) {
    const url = `/v1/${kind}/${encodeURIComponent('errors of pay')}`;
    const put = (view: object, version?: number) =>
      app.inject({ method: 'PUT', url, headers: json, payload: JSON.stringify({ view, version }) });
    assert.equal((await put({ query: 'level:ERROR' }, 0)).statusCode, 200);
    assert.equal((await put({ query: 'level:WARN' }, 0)).statusCode, 409);
    assert.equal((await put({ query: 'level:WARN' }, 1)).json<{ version: number }>().version, 2);
    const found = (await get(url)).json<{ name: string; view: object; versions: number[] }>();
    assert.deepEqual([found.name, found.view, found.versions], ['errors of pay', { query: 'level:WARN' }, [2, 1]]);
    assert.deepEqual((await get(`${url}?version=1`)).json<{ view: object }>().view, { query: 'level:ERROR' });
    assert.equal((await get(`${url}?version=7`)).statusCode, 404);
    assert.equal((await get(`${url}?versoin=1`)).statusCode, 400);
    const listed = (await get(`/v1/${kind}`)).json<{ saved: { name: string }[] }>().saved;
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['errors of pay'],
    );
    assert.equal((await app.inject({ method: 'DELETE', url })).statusCode, 200);
    assert.equal((await get(url)).statusCode, 404);
  }
});

test('a link freezes its range', async (t) => {
  const { post, get } = createTestApi(t);
  const made = await post('/v1/links', { view: { query: 'x', time_range: { last: '15m' } } });
  assert.equal(made.statusCode, 201);
  const { id, path, view } = made.json<{ id: string; path: string; view: { time_range: { from: string; to: string } } }>();
  assert.equal(path, `/links/${id}`);
  assert.equal(Date.parse(view.time_range.to) - Date.parse(view.time_range.from), 900_000);
  assert.deepEqual((await get(`/v1/links/${id}`)).json<{ view: object }>().view, view);
  assert.equal((await get('/v1/links/unknown')).statusCode, 404);
  assert.equal((await post('/v1/links', { view: { time_range: { last: 'soon' } } })).statusCode, 400);
});
