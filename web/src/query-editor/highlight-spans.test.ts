import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { highlightQuery, problemsOf } from './highlight-spans.ts';

function check(text: string, expected: string): void {
  assert.equal(
    highlightQuery(text)
      .map(({ kind, start, end }) => `${kind}<${text.slice(start, end)}>`)
      .join(' '),
    expected,
  );
}

test('a query is coloured by what its parts mean', () => {
  check('declined', 'word<declined>');
  check('service:checkout -level:DEBUG', 'field<service:> value<checkout> operator<-> field<level:> value<DEBUG>');
  check('level>=WARN "a b" OR /x+/', 'field<level>=> value<WARN> string<"a b"> operator<OR> regex</x+/>');
  check('host:(a OR b) (x y)', 'field<host:> paren<(> value<a> operator<OR> value<b> paren<)> paren<(> word<x> word<y> paren<)>');
  check('status:(>=400 AND <500)', 'field<status:> paren<(> operator<>=> value<400> operator<AND> operator<<> value<500> paren<)>');
  check('ms:>500 x:[1 TO 2]', 'field<ms:> operator<>> value<500> field<x:> value<[1 TO 2]>');
  check('path:/^a/ name:"a b"', 'field<path:> regex</^a/> field<name:> value<"a b">');
  check('service:a "open', 'field<service:> value<a>');
});

test('problems stand at the character', () => {
  assert.deepEqual(problemsOf('service:a'), []);
  assert.deepEqual(problemsOf('a "open'), [{ severity: 'error', message: 'this quote is not closed', start: 2, end: 3 }]);
  assert.deepEqual(problemsOf('service:'), [
    { severity: 'error', message: 'a value must follow "service" without a space', start: 7, end: 8 },
  ]);
  assert.deepEqual(problemsOf('sevice:x'), [
    { severity: 'hint', message: '"sevice" is an attribute; did you mean "service"?', start: 0, end: 8 },
  ]);
});

test('any text has spans in order and problems within it', () => {
  const part = fc.constantFrom('service:', '(', ')', '"', 'OR', '-', '/', '[a TO b]', '>=', ' ', 'x', '\\', '*', ':');
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 3 }))), (parts) => {
      const text = parts.join('');
      let at = 0;
      for (const { start, end } of highlightQuery(text)) {
        assert.ok(start >= at && end >= start && end <= text.length);
        at = end;
      }
      for (const { start, end } of problemsOf(text)) assert.ok(start >= 0 && end <= text.length && (end > start || text === ''));
    }),
  );
});
