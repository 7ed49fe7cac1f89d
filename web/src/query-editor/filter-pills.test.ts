import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pillsOf } from './filter-pills.ts';
import { highlightQuery } from './highlight-spans.ts';

function check(text: string, expected: readonly (readonly [pill: string, without: string | undefined])[]): void {
  const pills = pillsOf(text, highlightQuery(text)).map(({ start, end, without }) => [text.slice(start, end), without]);
  assert.deepEqual(pills, expected);
}

test('filters are pills, and the query without one is a query', () => {
  check('declined', []);
  check('service:a', [['service:a', '']]);
  check('x service:a y', [['service:a', 'x y']]);
  check('-level:DEBUG service:(a OR b) z', [
    ['-level:DEBUG', 'service:(a OR b) z'],
    ['service:(a OR b)', '-level:DEBUG z'],
  ]);
  check('a AND service:b AND c', [['service:b', 'a c']]);
  check('a NOT service:b', [['service:b', 'a']]);
  check('ms:>500 x:[1 TO 2]', [
    ['ms:>500', 'x:[1 TO 2]'],
    ['x:[1 TO 2]', 'ms:>500'],
  ]);
  check('status:(>=400 AND (<500 OR 999)) k', [['status:(>=400 AND (<500 OR 999))', 'k']]);
  check('(service:a x) y', [['service:a', '( x) y']]);
});

test('what cannot be taken out stays', () => {
  check('a OR service:b', [['service:b', undefined]]);
  check('service:(a OR', [['service:(a OR', '']]);
});
