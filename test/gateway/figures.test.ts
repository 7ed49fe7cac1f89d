/** Reads of the metrics cache that a gateway worker answers itself, and those that it leaves to the API. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { AppError } from '#base/errors.ts';
import { startTestGateway } from './gateway-harness.ts';
import type { TestGatewayOptions } from './gateway-harness.ts';

const path = '/v1/services/metrics';

/** A gateway whose main thread counts what it is asked, and whose API says that it was reached. */
async function gatewayWithFigures(t: TestContext, options: TestGatewayOptions = {}) {
  const asked: string[] = [];
  const gateway = await startTestGateway(t, {
    metricsCache: { answer_age: 60_000 },
    askFigures: async ({ tenant, query }) => {
      asked.push(`${tenant} ${query}`);
      return query.includes('wrong') ? undefined : JSON.stringify({ tenant, query });
    },
    api: (_, response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{"from":"api"}'),
    ...options,
  });
  const get = async (suffix: string, init: RequestInit = {}): Promise<unknown> =>
    (await fetch(`${gateway.url}${path}${suffix}`, init)).json();
  return { ...gateway, asked, get };
}

test('the same question is asked of the main thread once, whatever came at the same time', async (t) => {
  const { get, asked, runtime } = await gatewayWithFigures(t);
  const answers = await Promise.all(Array.from({ length: 20 }, () => get('?service=shop&last=5m')));
  for (const answer of [...answers, await get('?service=shop&last=5m')]) {
    assert.deepEqual(answer, { tenant: 'default', query: 'service=shop&last=5m' });
  }
  assert.deepEqual(asked, ['default service=shop&last=5m']);
  assert.equal(runtime.takeCounts().requests[`${path} 200`], 21);
});

test('the answer is a plain JSON answer of the API', async (t) => {
  const { url } = await gatewayWithFigures(t);
  const { status, headers } = await fetch(`${url}${path}`);
  assert.deepEqual(
    [status, headers.get('content-type'), headers.get('x-content-type-options')],
    [200, 'application/json; charset=utf-8', 'nosniff'],
  );
});

test('tenants and queries have answers of their own', async (t) => {
  const { get } = await gatewayWithFigures(t);
  for (const tenant of ['a', 'b', 'a']) {
    assert.deepEqual(await get('', { headers: { 'x-tenant-id': tenant } }), { tenant, query: '' });
    assert.deepEqual(await get('?last=1m', { headers: { 'x-tenant-id': tenant } }), { tenant, query: 'last=1m' });
  }
});

test('an answer that is too old is asked for again, and so are those beyond the bound', async (t) => {
  const aged = await gatewayWithFigures(t, { metricsCache: { answer_age: 0 } });
  await aged.get('');
  await aged.get('');
  assert.equal(aged.asked.length, 2);
  const small = await gatewayWithFigures(t, { metricsCache: { answer_age: 60_000, max_answers: 2 } });
  for (const query of ['?service=a', '?service=b', '?service=c', '?service=c', '?service=a']) await small.get(query);
  assert.deepEqual(
    small.asked.map((question) => question.at(-1)),
    ['a', 'b', 'c', 'a'],
  );
});

test('what is not plain is the API’s', async (t) => {
  const { get, asked } = await gatewayWithFigures(t, {
    authenticate: ({ apiKey, tenant }) => {
      if (apiKey !== 'good') throw new AppError('unauthenticated', 'no');
      return tenant ?? 'keyed';
    },
  });
  const headers = { 'x-api-key': 'good' };
  const fromApi = { from: 'api' };
  assert.deepEqual(await get(''), fromApi, 'without a key');
  assert.deepEqual(await get('', { headers: { 'x-api-key': 'bad' } }), fromApi);
  assert.deepEqual(await get('', { headers: { ...headers, 'x-priority': 'p9' } }), fromApi);
  assert.deepEqual(await get('', { method: 'POST', headers, body: '{}' }), fromApi);
  assert.deepEqual(await get('/more', { headers }), fromApi);
  assert.deepEqual(asked, []);
  assert.deepEqual(await get('?wrong', { headers }), fromApi);
  assert.deepEqual(await get('', { headers }), { tenant: 'keyed', query: '' });
  assert.deepEqual(asked, ['keyed wrong', 'keyed ']);
});

test('a question that fails goes to the API, and the next one asks again', async (t) => {
  let fails = true;
  const { get } = await gatewayWithFigures(t, {
    askFigures: async () => {
      if (fails) throw new Error('gone');
      return '{"from":"cache"}';
    },
  });
  assert.deepEqual(await get(''), { from: 'api' });
  fails = false;
  assert.deepEqual(await get(''), { from: 'cache' });
});
