import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldText, isWordByte, lowerByte, needsFolding, tokenize } from './text-folding.ts';

const folded: readonly (readonly [string, string])[] = [
  ['', ''],
  ['Payment FAILED [42]_x', 'payment failed [42]_x'],
  ['Größe', 'grosse'],
  ['STRASSE Straße ẞ', 'strasse strasse ss'],
  ['İstanbul ılık', 'istanbul ilik'],
  ['ΟΔΟΣ Οδός', 'οδοσ οδοσ'],
  ['naïve café', 'naive cafe'],
  ['nai\u0308ve', 'naive'],
  ['Æsir Øre Łódź Đorđe Þór', 'aesir ore lodz dorde thor'],
  ['ＩＤ ４２', 'id 42'],
  ['ﬁne', 'fine'],
  ['Ёлка', 'елка'],
  ['支付 failed', ' 支 付  failed'],
  ['カード', ' カ ー ド '],
  ['한국어 로그', '한국어 로그'],
  ['हिन्दी', 'हिन्दी'],
  ['a\u00a0b', 'a b'],
  ['“quoted” – yes…', ' quoted    yes...'],
  ['so\u00adft zero\u200bwidth', 'soft zerowidth'],
  ['🚀go', ' go'],
  ['lone \ud800 surrogate é', 'lone   surrogate e'],
];

for (const [text, want] of folded) test(`folds ${JSON.stringify(text)}`, () => assert.equal(foldText(text), want));

const tokenized: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['---', []],
  ['a_b-c.d', ['a', 'b', 'c', 'd']],
  ['10.0.0.1:80', ['10', '0', '0', '1', '80']],
  ['größe x', ['größe', 'x']],
  ['🚀go', ['🚀go']],
  ['nul\0byte', ['nul', 'byte']],
];

for (const [text, want] of tokenized) test(`splits ${JSON.stringify(text)}`, () => assert.deepEqual(tokenize(text), want));

test('ASCII text folds to lower case and needs no folding', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      assert.equal(
        foldText(text),
        text.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32)),
      );
      assert.equal(needsFolding(text), false);
    }),
  );
});

test('a text folds the same alone and between spaces, so a word is found wherever it stands', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      assert.deepEqual(tokenize(foldText(`${a} ${b}`)), [...tokenize(foldText(a)), ...tokenize(foldText(b))]);
    }),
    { numRuns: 2000 },
  );
});

test('folding twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.deepEqual(tokenize(foldText(foldText(text))), tokenize(foldText(text)));
    }),
    { numRuns: 2000 },
  );
});

test('byte tables agree with fold and split of every ASCII character', () => {
  for (let byte = 0; byte < 128; byte++) {
    const char = String.fromCharCode(byte);
    assert.equal(isWordByte[byte] === 1, tokenize(char).length === 1, `byte ${byte}`);
    assert.equal(String.fromCharCode(lowerByte[byte]), foldText(char));
  }
  for (let byte = 128; byte < 256; byte++) assert.deepEqual([isWordByte[byte], lowerByte[byte]], [1, byte]);
});
