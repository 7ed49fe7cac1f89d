/** Generated documents are what the code says now. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generatedFiles } from '../../scripts/generated.ts';

describe('generated files', async () => {
  for (const { path, text, current } of await generatedFiles()) {
    test(path, () => {
      if (current === text) return;
      const [have, want] = [(current ?? '').split('\n'), text.split('\n')];
      const at = want.findIndex((line, index) => line !== have[index]);
      assert.fail(`${path} is out of date, first in line ${at + 1}; run: npm run generate\n  is:      ${have[at]}\n  must be: ${want[at]}`);
    });
  }
});
