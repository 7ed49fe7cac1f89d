import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSqliteAlertRecords } from '#metadata/sqlite.ts';
import { incidentOf, transitionOf } from '#metadata/alert-records.contract.ts';
import { systemClock } from '#platform/clock.ts';
import { incidentRoutes } from './incident-routes.ts';
import type { ApiRequest } from './route.ts';

async function asked(t: TestContext) {
  const records = await openSqliteAlertRecords(':memory:', { clock: systemClock });
  t.after(() => records.close());
  let acknowledged = 0;
  const routes = incidentRoutes({ records, clock: { ...systemClock, nowMs: () => 5000 }, onAcknowledged: () => (acknowledged += 1) });
  const ask = async (method: string, path: string, { tenant = 't', body }: { tenant?: string; body?: unknown } = {}): Promise<any> => {
    const url = new URL(path, 'http://localhost');
    const [, , , id, action] = url.pathname.split('/');
    const pattern = `/v1/incidents${id === undefined ? '' : '/{id}'}${action === undefined ? '' : `/${action}`}`;
    const route = routes.find(({ endpoint }) => endpoint.method === method && endpoint.path === pattern);
    assert.ok(route !== undefined, `${method} ${pattern}`);
    const principal = { tenant, keyName: 'me' } as ApiRequest['principal'];
    const request = { principal, pathParameters: { id }, queryParameters: [...url.searchParams], headers: {}, body };
    const { body: text } = await route.handle({ ...(request as unknown as ApiRequest), signal: new AbortController().signal });
    return JSON.parse(String(text));
  };
  return { records, ask, acknowledged: () => acknowledged };
}

test('incidents are listed page by page with times as text', async (t) => {
  const { records, ask } = await asked(t);
  const all = ['a', 'b', 'c'].map((id, index) => incidentOf(id, { beganMs: 1000 * (index + 1) }));
  await records.record(
    all.map((incident) => transitionOf(incident, 'fired')),
    [],
  );
  const first = await ask('GET', '/v1/incidents?limit=2');
  assert.deepEqual(
    first.incidents.map(({ id, began_at }: { id: string; began_at: string }) => [id, began_at]),
    [
      ['c', '1970-01-01T00:00:03.000Z'],
      ['b', '1970-01-01T00:00:02.000Z'],
    ],
  );
  const second = await ask('GET', `/v1/incidents?limit=2&before=${first.next}`);
  assert.deepEqual([second.incidents.length, second.incidents[0].id, second.next], [1, 'a', null]);
  assert.deepEqual((await ask('GET', '/v1/incidents', { tenant: 'u' })).incidents, []);
});

test('states are told and asked for by the names of people', async (t) => {
  const { records, ask } = await asked(t);
  const over = incidentOf('a', { state: 'ok', resolvedMs: 2000 });
  await records.record([transitionOf(over, 'resolved'), transitionOf(incidentOf('b'), 'fired')], []);
  const ids = async (state: string): Promise<string[]> =>
    (await ask('GET', `/v1/incidents?state=${state}`)).incidents.map(
      ({ id, state: told }: { id: string; state: string }) => `${id} ${told}`,
    );
  assert.deepEqual(await ids('resolved'), ['a resolved']);
  assert.deepEqual(await ids('open'), ['b firing']);
  assert.deepEqual(await ids('firing,resolved'), ['b firing', 'a resolved']);
  await assert.rejects(ask('GET', '/v1/incidents?state=burning'), { code: 'bad_request', message: /known are open, pending/ });
});

test('an incident has its events, also after it is taken, and taking it twice changes nothing', async (t) => {
  const { records, ask, acknowledged } = await asked(t);
  await records.record([transitionOf(incidentOf('a'), 'fired')], []);
  const taken = await ask('POST', '/v1/incidents/a/acknowledge', { body: { comment: ' on it ' } });
  assert.equal(taken.acknowledged_by, 'me: on it');
  assert.equal(taken.acknowledged_at, '1970-01-01T00:00:05.000Z');
  const again = await ask('POST', '/v1/incidents/a/acknowledge');
  assert.equal(again.acknowledged_by, 'me: on it');
  assert.equal(acknowledged(), 2);
  assert.deepEqual(
    (await ask('GET', '/v1/incidents/a')).events.map(({ kind, detail }: { kind: string; detail: string }) => [kind, detail]),
    [
      ['fired', undefined],
      ['acknowledged', 'me: on it'],
    ],
  );
});

test('what is not there, or belongs to others, is not found', async (t) => {
  const { records, ask } = await asked(t);
  await records.record([transitionOf(incidentOf('a'), 'fired')], []);
  for (const tenant of ['t', 'u']) {
    const id = tenant === 't' ? 'x' : 'a';
    await assert.rejects(ask('GET', `/v1/incidents/${id}`, { tenant }), { code: 'not_found' });
    await assert.rejects(ask('POST', `/v1/incidents/${id}/acknowledge`, { tenant }), { code: 'not_found' });
    await assert.rejects(ask('GET', `/v1/incidents?before=${id}`, { tenant }), { code: 'not_found' });
  }
  await assert.rejects(ask('GET', '/v1/incidents?limit=0'), { code: 'bad_request' });
  await assert.rejects(ask('GET', '/v1/incidents?from=yesterday'), { code: 'invalid_time_range' });
  await assert.rejects(ask('POST', '/v1/incidents/a/acknowledge', { body: { commend: '' } }), { code: 'bad_request' });
});
