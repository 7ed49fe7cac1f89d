/** How much the interface weighs. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ensureInterface } from '../../scripts/interface-build.mjs';
import { repositoryRoot } from '../support/product.ts';

const maxBytes = 400 * 1024;

test('all files together are at most 400 KB compressed', async (t) => {
  assert.ok(await ensureInterface(() => {}));
  const directory = join(repositoryRoot, 'web', 'dist');
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:js|css|html|svg)$/.test(name));
  const sizes = names.map((name) => {
    const path = join(directory, name);
    return statSync(existsSync(`${path}.br`) ? `${path}.br` : path).size;
  });
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${(bytes / 1024).toFixed(1)} KB in ${names.length} files`);
  assert.ok(bytes > 0 && bytes <= maxBytes, `${bytes} bytes`);
});
