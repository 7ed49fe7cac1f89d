/** What documents point at is there: relative links, and files of the sources that they name. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { rootDirectory } from '../../scripts/imports.ts';

const documents = globSync(['*.md', 'docs/**/*.md', 'bench/*.md'], { cwd: rootDirectory }).sort();

function missingLinks(path: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(rootDirectory, dirname(path), target)));
}

/** `src/…`, `test/…`, `scripts/…`, `docs/…` in backticks; `*` stands for any name, `<…>` for one to be chosen. */
function missingFiles(text: string): string[] {
  return [...text.matchAll(/`((?:src|test|scripts|docs|bench|bin)\/[^`\s]*)`/g)]
    .map(([, target]) => target)
    .filter((target) => !target.includes('<') && globSync(target, { cwd: rootDirectory }).length === 0);
}

describe('documents point at what is there', () => {
  for (const path of documents) {
    test(path, () => {
      const text = readFileSync(join(rootDirectory, path), 'utf8');
      assert.deepEqual([...missingLinks(path, text), ...missingFiles(text)], []);
    });
  }
});
