import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { shortened, shownLine, shownText, webLink } from './shown-text.ts';

for (const [given, expected] of [
  ['a\u0000b\u001b[31m', 'a␀b␛[31m'],
  ['tab\tand\nline', 'tab\tand\nline'],
  ['a\r\nb\rc', 'a\nb␍c'],
  ['a\u007f\u009b', 'a␡<U+009B>'],
  ['gnp.\u202etxt\u2066', 'gnp.<U+202E>txt<U+2066>'],
  ['\u200b\ufeff\u2028', '<U+200B><U+FEFF><U+2028>'],
  ['\ud800x', '\ufffdx'],
  ['tag \u{e0041}', 'tag <U+E0041>'],
  ['ü é 漢 👩', 'ü é 漢 👩'],
] as const) {
  test(`shows ${JSON.stringify(given)}`, () => assert.equal(shownText(given), expected));
}

test('one line shows its breaks', () => assert.equal(shownLine(' a\n\tb\r\n'), 'a ⏎  b'));

test('what is cut is told', () => {
  assert.equal(shortened('abc', 3), 'abc');
  assert.equal(shortened('abcd', 3), 'ab…');
  assert.equal(shortened('abcd', 1), '…');
  assert.equal(shortened('abcd', 0), '');
  const long = shortened('x'.repeat(1000), 100);
  const [, left] = /^(x+)… \[(\d+) more characters\]$/.exec(long)?.map(String) ?? [];
  assert.equal(left.length + Number(/\[(\d+)/.exec(long)?.[1]), 1000);
});

test('never longer than there is room, never half a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.nat({ max: 300 }), (text, room) => {
      const cut = shortened(text, room);
      assert.ok(cut.length <= room || cut === text);
      assert.ok(text.length <= room ? cut === text : cut.length <= room);
      assert.ok(cut.isWellFormed());
    }),
    { numRuns: 2000 },
  );
});

test('nothing shown is invisible', () => {
  fc.assert(
    // oxlint-disable-next-line no-control-regex
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u.test(shownText(text)),
    ),
    { numRuns: 2000 },
  );
});

for (const [given, expected] of [
  ['https://x.example/a b"c', 'https://x.example/a%20b%22c'],
  ['http://x.example', 'http://x.example/'],
  ['javascript:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['/explore', undefined],
  ['', undefined],
  [undefined, undefined],
  [`https://x.example/${'a'.repeat(3000)}`, undefined],
] as const) {
  test(`link of ${JSON.stringify(given)?.slice(0, 40)}`, () => assert.equal(webLink(given), expected));
}
