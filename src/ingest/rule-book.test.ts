import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { AppError } from '#base/errors.ts';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { RuleBook } from './rule-book.ts';
import type { LiveRules, RuleChange } from './rule-book.ts';

async function open(t: TestContext) {
  const documents = await openSqliteDocuments(':memory:');
  t.after(() => documents.close());
  const options = {
    documents,
    checkParser: ({ parser }: { parser: string }) => {
      if (parser === 'bad') throw new AppError('bad_request', 'there is no parser "bad"');
    },
    maxRulesPerTenant: 3,
    clock: { nowMs: () => 7, monotonicMs: () => 0, sleep: () => Promise.resolve() },
  };
  const book = await RuleBook.open(options);
  const told: LiveRules[] = [];
  book.onChange((rules) => told.push(rules));
  return { book, told, reopen: () => RuleBook.open(options) };
}

const change = (name: string, rule: object, more: Partial<RuleChange> = {}): RuleChange => ({
  tenant: 't',
  name,
  rule: rule as RuleChange['rule'],
  position: 0,
  updatedBy: 'me',
  ...more,
});

test('rules are told in their order with name and tenant, and are there after a restart', async (t) => {
  const { book, told, reopen } = await open(t);
  await book.put('policy', change('b', { action: 'drop' }));
  await book.put('policy', change('a', { action: 'keep' }, { position: 5 }));
  await book.put('parser', change('p', { parser: 'json' }, { tenant: 'u' }));
  assert.deepEqual(told.at(-1), {
    policies: [
      { name: 'b', tenant: 't', action: 'drop' },
      { name: 'a', tenant: 't', action: 'keep' },
    ],
    parsers: [{ name: 'p', tenant: 'u', parser: 'json' }],
  });
  assert.deepEqual((await reopen()).live, told.at(-1));
  assert.deepEqual(
    (await book.list('policy', 't')).map(({ name, version }) => [name, version]),
    [
      ['b', 1],
      ['a', 1],
    ],
  );
  assert.deepEqual(await book.list('policy', 'u'), []);
});

test('a bad rule is refused and nothing is told', async (t) => {
  const { book, told } = await open(t);
  await assert.rejects(book.put('policy', change('x', { action: 'drop', match: '(' })), { code: 'query_syntax' });
  await assert.rejects(book.put('policy', change('x', { action: 'nothing' })), { code: 'bad_request' });
  await assert.rejects(book.put('parser', change('x', { parser: 'bad' })), { code: 'bad_request' });
  await assert.rejects(book.put('policy', change('no name', { action: 'drop' })), { code: 'bad_request' });
  assert.deepEqual(told, []);
});

test('versions, bounds, removal', async (t) => {
  const { book, told } = await open(t);
  await book.put('policy', change('a', { action: 'drop' }, { expectedVersion: 0 }));
  await assert.rejects(book.put('policy', change('a', { action: 'keep' }, { expectedVersion: 0 })), { code: 'conflict' });
  assert.equal((await book.put('policy', change('a', { action: 'keep' }, { expectedVersion: 1 }))).version, 2);
  await Promise.all(['b', 'c'].map((name) => book.put('policy', change(name, { action: 'drop' }))));
  await assert.rejects(book.put('policy', change('d', { action: 'drop' })), { code: 'limit_exceeded' });
  await book.put('policy', change('d', { action: 'drop' }, { tenant: 'u' }));
  await book.remove('policy', 't', 'a');
  await assert.rejects(book.remove('policy', 't', 'a'), { code: 'not_found' });
  await assert.rejects(book.find('policy', 't', 'a'), { code: 'not_found' });
  assert.deepEqual(
    told.at(-1)?.policies.map(({ name }) => name),
    ['b', 'c', 'd'],
  );
});
