import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSqliteDocuments } from './sqlite-documents.ts';

async function documents(t: TestContext) {
  const store = await openSqliteDocuments(':memory:');
  t.after(() => store.close());
  return store;
}

const document = (name: string, body: unknown = {}, tenant = 't') =>
  ({ kind: 'parser', tenant, name, body, updatedMs: 5, updatedBy: 'me' }) as const;

test('documents are written, changed, listed in order and removed', async (t) => {
  const store = await documents(t);
  assert.equal((await store.put(document('b', { a: [1, null] }))).version, 1);
  await store.put(document('a'));
  await store.put(document('a', {}, 's'));
  assert.equal((await store.put(document('b', 'other'))).version, 2);
  assert.deepEqual(
    (await store.list('parser')).map(({ tenant, name, version, body }) => [tenant, name, version, body]),
    [
      ['s', 'a', 1, {}],
      ['t', 'a', 1, {}],
      ['t', 'b', 2, 'other'],
    ],
  );
  assert.deepEqual(await store.list('policy'), []);
  assert.deepEqual([await store.remove('parser', 't', 'b'), await store.remove('parser', 't', 'b')], [true, false]);
  assert.equal(await store.find('parser', 't', 'b'), undefined);
  assert.deepEqual((await store.list('parser', 's')).length, 1);
});

test('every version is kept until the document is removed', async (t) => {
  const store = await documents(t);
  for (const body of ['one', 'two', 'three']) await store.put(document('a', body));
  assert.deepEqual(
    (await store.history('parser', 't', 'a')).map(({ version, body }) => [version, body]),
    [
      [3, 'three'],
      [2, 'two'],
      [1, 'one'],
    ],
  );
  await store.remove('parser', 't', 'a');
  assert.deepEqual(await store.history('parser', 't', 'a'), []);
  assert.equal((await store.put(document('a', 'new'))).version, 1);
  assert.equal((await store.history('parser', 't', 'a')).length, 1);
});

test('an expected version that is not there is a conflict, and changes nothing', async (t) => {
  const store = await documents(t);
  await store.put(document('a', 1), 0);
  await assert.rejects(store.put(document('a', 2), 0), { code: 'conflict' });
  await assert.rejects(store.put(document('a', 2), 7), { code: 'conflict' });
  assert.equal((await store.put(document('a', 3), 1)).version, 2);
  assert.equal((await store.find('parser', 't', 'a'))?.body, 3);
});

test('documents are there after a restart', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-metadata-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'metadata.db');
  const first = await openSqliteDocuments(path);
  await first.put(document('a', { kept: true }));
  await first.close();
  const second = await openSqliteDocuments(path);
  t.after(() => second.close());
  assert.deepEqual((await second.find('parser', 't', 'a'))?.body, { kept: true });
});
