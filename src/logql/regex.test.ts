import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { regexMatcher } from '#language/value-tests.ts';
import { compileRegex } from './regex.ts';

test('finds what the query language finds by the same expression', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    'B',
    '.',
    '\\d',
    '\\w+',
    '[a-c]',
    '[^a]',
    '(?i:b)',
    '(a|bc)',
    '(?P<n>a)',
    'é',
    '🚀',
    '\\pL',
    '\\b',
    '^',
    '$',
    '\\s',
    'x*?',
    'a{1,2}',
    '\\x{1F680}',
    '[[:digit:]]',
    '\\Qa.\\E',
  );
  const pattern = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(''));
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'B', '1', ' ', '\n', 'é', '🚀', '.', 'x'), { maxLength: 8 })
    .map((chars) => chars.join(''));
  fc.assert(
    fc.property(pattern, text, (source, value) => {
      const bytes = Buffer.from(value);
      assert.equal(compileRegex(source, 'part').expression.test(value), regexMatcher(`(?-s)${source}`).test(bytes, 0, bytes.length));
      assert.equal(compileRegex(source, 'whole').expression.test(value), regexMatcher(`^(?:${source})$`).test(bytes, 0, bytes.length));
    }),
    { numRuns: 800 },
  );
});

test('groups, greedy and lazy', () => {
  const { expression, captureNames } = compileRegex('(?P<first>\\w+?)(\\d*) (?<rest>.*)', 'part');
  assert.deepEqual(captureNames, ['first', undefined, 'rest']);
  assert.deepEqual([...(expression.exec('ab12 c d') ?? [])], ['ab12 c d', 'ab', '12', 'c d']);
  const [, ungreedy] = compileRegex('(?U)(a+)', 'part').expression.exec('aaa') ?? [];
  assert.equal(ungreedy, 'a');
});

test('takes no longer for a text that it almost matches', () => {
  const { expression } = compileRegex('(a*)*b', 'part');
  const startMs = process.cpuUsage().user / 1000;
  assert.equal(expression.test('a'.repeat(5000)), false);
  assert.ok(process.cpuUsage().user / 1000 - startMs < 5000);
});

for (const [pattern, reason] of [
  ['(?=a)', /look-ahead/],
  ['\\1', /back-references|cannot/],
  ['a{2000}', /repetitions/],
  ['(?m)^a\\z', /ends of lines and ends of the text/],
] as const) {
  test(`refuses ${pattern}`, () => assert.throws(() => compileRegex(pattern, 'part'), { code: 'query_syntax', message: reason }));
}
