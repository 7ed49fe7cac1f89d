/** The package: nothing but Node and itself is loaded, and both package.json files offer the same. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = import.meta.dirname;
const readJson = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
const own = readJson('package.json');
const root = readJson('../package.json');

test('the modules need only Node and each other', () => {
  const paths = globSync('*.mjs', { cwd: folder });
  assert.ok(paths.length > 10);
  for (const path of paths) {
    const source = readFileSync(join(folder, path), 'utf8');
    const imported = [...source.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
      (match) => match[1] ?? match[2],
    );
    for (const name of imported) assert.match(name, /^(?:node:\w+|\.\/[\w-]+\.mjs)$/, `${path} imports ${name}`);
  }
});

test('installed alone or with the whole product, the same names lead to the same files', () => {
  assert.equal(own.name, root.name);
  assert.equal(own.version, root.version);
  assert.deepEqual(Object.keys(own.exports), Object.keys(root.exports));
  assert.equal(own.dependencies, undefined);
  for (const [name, target] of Object.entries<Record<string, string>>(own.exports)) {
    if (typeof target === 'string') continue;
    for (const [condition, path] of Object.entries(target)) {
      assert.ok(existsSync(join(folder, path)), path);
      assert.equal(root.exports[name][condition], path.replace('./', './client/'));
    }
  }
});
