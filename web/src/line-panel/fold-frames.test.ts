import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldFrames } from './fold-frames.ts';
import { prettyJson } from './pretty-json.ts';

const java = (count: number): string =>
  `java.lang.IllegalStateException: no\n${Array.from({ length: count }, (_, i) => `\tat a.B.c${i}(B.java:${i})\n`).join('')}Caused by: x\n`;

test('the first frames stay, the rest is folded', () => {
  const parts = foldFrames(java(20));
  assert.deepEqual(
    parts.map((part) => (part.kind === 'frames' ? part.lines : part.text.split('\n').length - 1)),
    [5, 16, 1],
  );
  const python = `Traceback (most recent call last):\n${'  File "a.py", line 1, in f\n    g()\n'.repeat(6)}ValueError: x`;
  assert.deepEqual(
    foldFrames(python).map(({ kind }) => kind),
    ['text', 'frames', 'text'],
  );
});

test('what is short or no trace is one part', () => {
  for (const text of ['', 'one line', 'a\nb\nc', java(5)])
    assert.ok(
      foldFrames(text).every(({ kind }) => kind === 'text'),
      text,
    );
});

test('the parts are the text', () => {
  const line = fc.constantFrom('\tat a.b(C.java:1)', '  File "x"', '    y()', 'text', '', ' at x');
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join('\n');
      assert.equal(
        foldFrames(text)
          .map((part) => part.text)
          .join(''),
        text,
      );
    }),
  );
});

test('JSON is laid out with its digits', () => {
  assert.equal(prettyJson('{"a":1.50,"b":[12345678901234567890]}'), '{\n  "a": 1.50,\n  "b": [\n    12345678901234567890\n  ]\n}');
  for (const text of ['x', '{a}', '5', '"x"', '']) assert.equal(prettyJson(text), undefined);
});
