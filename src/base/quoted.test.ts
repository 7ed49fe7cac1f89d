import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted } from './quoted.ts';

test('texts in errors', () => {
  assert.equal(quoted('a "b"\n'), '"a \\"b\\"\\n"');
  assert.equal(quoted('x'.repeat(80)), `"${'x'.repeat(80)}"`);
  assert.equal(quoted('x'.repeat(81)), `"${'x'.repeat(80)}…"`);
  assert.equal(quoted('abcd', 3), '"abc…"');
});
