/** Generated documents are what the code says now. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generatedFiles } from '../../scripts/generated.ts';

describe('generated files', async () => {
  for (const { path, text, current } of await generatedFiles()) {
    test(path, () => assert.equal(current, text, `${path} is out of date; run: npm run generate`));
  }
});
