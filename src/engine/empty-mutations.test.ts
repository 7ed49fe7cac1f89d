import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeEmptyMutations } from './empty-mutations.ts';

test('empty mutations go, of every table; those with a text stay, and other files', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-mutations-'));
  t.after(() => rm(directory, { recursive: true }));
  assert.deepEqual(await removeEmptyMutations(directory), []);
  const tables = ['store/abc/abc-1', 'store/def/def-2'].map((name) => join(directory, name));
  for (const table of tables) {
    await mkdir(table, { recursive: true });
    await writeFile(join(table, 'mutation_7.txt'), 'format version: 1\n');
    await writeFile(join(table, 'mutation_8.txt'), '');
    await writeFile(join(table, 'format_version.txt'), '');
  }
  assert.deepEqual(
    (await removeEmptyMutations(directory)).toSorted(),
    tables.map((table) => join(table, 'mutation_8.txt')),
  );
  for (const table of tables) assert.deepEqual((await readdir(table)).toSorted(), ['format_version.txt', 'mutation_7.txt']);
});
