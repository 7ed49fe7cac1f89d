import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestAudit } from './audit.ts';

async function run(status: number, answer: object): Promise<{ consistent: boolean; said: string[] }> {
  const said: string[] = [];
  const fetchOnce = (async () => new Response(JSON.stringify(answer), { status })) as typeof fetch;
  const consistent = await requestAudit({ url: 'http://h/', fetch: fetchOnce, say: (text) => said.push(text) });
  return { consistent, said };
}

const figures = { received: 12, accepted: 10, found: 9, quarantined: 2, kept: 2 };

test('figures and problems are printed', async () => {
  const problems = ['1 accepted lines are not found'];
  const { consistent, said } = await run(200, { consistent: false, tenants: { acme: { ...figures, problems } } });
  assert.equal(consistent, false);
  assert.deepEqual(said, [
    'tenant  received  accepted  found  quarantined  kept',
    'acme          12        10      9            2     2',
    'acme: 1 accepted lines are not found',
    'the ledger does NOT agree with the store',
  ]);
});

test('agreement', async () => {
  const { consistent, said } = await run(200, { consistent: true, tenants: {} });
  assert.deepEqual([consistent, said.at(-1)], [true, 'the ledger agrees with the store']);
});

test('a refusal is told', async () => {
  await assert.rejects(run(403, { error: { message: 'the key may not do this' } }), /refused \(403\): the key may not do this/);
});
