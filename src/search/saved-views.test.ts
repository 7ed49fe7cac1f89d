import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { SavedViews } from './saved-views.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);

async function open(t: TestContext) {
  const documents = await openSqliteDocuments(':memory:');
  t.after(() => documents.close());
  let id = 0;
  return new SavedViews({
    documents,
    config: { default_range: 3_600_000, future_allowance: 60_000, max_saved_views: 2, max_saved_view_bytes: 200 },
    randomId: () => `link-${++id}`,
    clock: { nowMs: () => nowMs, monotonicMs: () => 0, sleep: () => Promise.resolve() },
  });
}

const view = (query: string) => ({ query });
const change = (name: string, query: string, expectedVersion?: number, tenant = 't') => ({
  tenant,
  name,
  view: view(query),
  updatedBy: 'me',
  expectedVersion,
});

test('a query is saved, changed, found in each version, listed for its tenant only, removed', async (t) => {
  const views = await open(t);
  await views.put('query', change('errors of pay', 'level:ERROR'));
  await views.put('query', change('errors of pay', 'level>=ERROR', 1));
  assert.deepEqual((await views.find('query', 't', 'errors of pay')).view, view('level>=ERROR'));
  assert.deepEqual((await views.find('query', 't', 'errors of pay', 1)).view, view('level:ERROR'));
  assert.deepEqual(
    (await views.versions('query', 't', 'errors of pay')).map(({ version }) => version),
    [2, 1],
  );
  assert.deepEqual([(await views.list('query', 't')).length, (await views.list('query', 'u')).length], [1, 0]);
  assert.deepEqual(await views.list('dashboard', 't'), []);
  await views.remove('query', 't', 'errors of pay');
  await assert.rejects(views.find('query', 't', 'errors of pay'), { code: 'not_found' });
  await assert.rejects(views.remove('query', 't', 'errors of pay'), { code: 'not_found' });
});

test('what is refused', async (t) => {
  const views = await open(t);
  await views.put('query', change('a', 'x'));
  await assert.rejects(views.put('query', change('a', 'y', 0)), { code: 'conflict' });
  await assert.rejects(views.put('query', change('a/b', 'y')), { code: 'bad_request' });
  await assert.rejects(views.put('query', change('long', 'x'.repeat(200))), { code: 'limit_exceeded' });
  await views.put('query', change('b', 'x'));
  await assert.rejects(views.put('query', change('c', 'x')), { code: 'limit_exceeded' });
  await views.put('query', change('c', 'x', undefined, 'u'));
  await views.put('query', change('a', 'changed'));
  await assert.rejects(views.find('query', 't', 'a', 9), { code: 'not_found' });
});

test('a link freezes the range and belongs to its tenant', async (t) => {
  const views = await open(t);
  const relative = await views.link('t', { query: 'x', time_range: { last: '15m' } }, 'me');
  assert.deepEqual(relative.view, { query: 'x', time_range: { from: '2026-06-01T11:45:00.000Z', to: '2026-06-01T12:00:00.000Z' } });
  const absolute = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
  const { name } = await views.link('t', { time_range: absolute }, 'me');
  assert.deepEqual((await views.openLink('t', name)).view, { time_range: absolute });
  await assert.rejects(views.openLink('u', name), { code: 'not_found' });
  await assert.rejects(views.link('u', { time_range: { last: 'yesterday' } }, 'me'), { code: 'invalid_time_range' });
});
