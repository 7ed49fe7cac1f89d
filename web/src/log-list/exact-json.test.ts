import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExactNumber, parseExactly, valueText } from './exact-json.ts';

test('numbers keep their digits', () => {
  for (const digits of ['12345678901234567890', '1.50', '1e5', '1E+2', '-0', '0.1000', '100000000000000000000000', '9007199254740993']) {
    const { a } = parseExactly(`{"a": ${digits} }`) as { a: unknown };
    assert.equal(valueText(a), digits);
    assert.ok(a instanceof ExactNumber);
    assert.equal(JSON.stringify({ a }), `{"a":${digits}}`);
  }
});

test('plain values are plain', () => {
  const text = '{"a":1,"b":"1.50","c":[true,null,{"d":0.25}],"t":"2026-11-21T20:07:48.820Z"}';
  assert.deepEqual(parseExactly(text), JSON.parse(text));
  assert.deepEqual(['x', 5, true, null, [1, 'a'], undefined].map(valueText), ['x', '5', 'true', 'null', '[1,"a"]', '']);
});

test('any number comes back as it was written', () => {
  const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
  fc.assert(fc.property(digits, (text) => assert.equal(valueText((parseExactly(`[${text}]`) as unknown[])[0]), text)));
});
