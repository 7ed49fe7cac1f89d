import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesTemplate } from './template-match.ts';

test('a message is of a template where its fixed parts stand in order', () => {
  const cases: [template: string, message: string, expected: boolean][] = [
    ['pool exhausted (<*> of <*> in use)', 'pool exhausted (20 of 20 in use)', true],
    ['pool exhausted (<*> of <*> in use)', 'pool exhausted (20 in use)', false],
    ['started', 'started', true],
    ['started', 'started\nat x', true],
    ['started', 'started again', false],
    ['failed: <*>', 'failed: x\nat y', true],
    ['<*> failed', 'a failed\nat y', true],
    ['<*> failed', 'a failed now', false],
    ['<*>', 'anything', true],
    ['a<*>a', 'a', false],
  ];
  for (const [template, message, expected] of cases) assert.equal(matchesTemplate(template, message), expected, `${template} | ${message}`);
});
