/** Everything that an application may log becomes JSON that says as much as possible of it, and never an exception. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { repairedText, textOfJson, textOfLine, textOfRecord } from './record-text.mjs';

const now = 1_750_000_000_000;
const circular: Record<string, unknown> = { a: 1 };
circular.self = circular;
const unreadable = new Proxy({}, { ownKeys: () => assert.fail('no keys'), get: () => assert.fail('no values') });

describe('lines', () => {
  const table: [name: string, message: unknown, fields: Record<string, unknown> | undefined, expected: object][] = [
    ['a text', 'hello', undefined, { msg: 'hello' }],
    ['fields', 'hello', { n: 1, deep: { list: [1, null] } }, { msg: 'hello', meta: { n: 1, deep: { list: [1, null] } } }],
    ['a number', 5, undefined, { msg: '5' }],
    ['nothing', undefined, undefined, { msg: 'undefined' }],
    ['a symbol', Symbol('s'), undefined, { msg: 'Symbol(s)' }],
    ['an object as message', { a: 1 }, undefined, { msg: '{"a":1}' }],
    ['a cycle as message', circular, undefined, { msg: '[Threw TypeError]' }],
    ['a cycle', 'm', { circular }, { msg: 'm', meta: { circular: { a: 1, self: '[Circular]' } } }],
    ['a big integer', 'm', { n: 2n ** 64n }, { msg: 'm', meta: { n: '18446744073709551616' } }],
    ['a big integer beside a date', 'm', { n: 1n, at: new Date(0) }, { msg: 'm', meta: { n: '1', at: '1970-01-01T00:00:00.000Z' } }],
    [
      'a getter that throws',
      'm',
      {
        get bad() {
          throw new RangeError('no');
        },
        good: 1,
      },
      { msg: 'm', meta: { bad: '[Threw RangeError]', good: 1 } },
    ],
    [
      'a toJSON that throws',
      'm',
      {
        a: {
          toJSON() {
            throw new RangeError('no');
          },
        },
      },
      { msg: 'm', meta: { a: '[Threw RangeError]' } },
    ],
    ['a lone surrogate', '\ud800', undefined, { msg: '\ud800' }],
  ];
  for (const [name, message, fields, expected] of table) {
    test(name, () => assert.deepEqual(JSON.parse(textOfLine(now, 'INFO', message, fields)), { ts: now, level: 'INFO', ...expected }));
  }

  test('nothing readable at all', () => assert.ok(JSON.parse(textOfLine(now, 'INFO', 'm', { unreadable })).msg));

  test('errors are sent with type, message, stack, cause and their own fields, as message, field or fields', () => {
    const error = Object.assign(new TypeError('boom', { cause: new Error('deeper') }), { code: 'E_BOOM' });
    const expected = { type: 'TypeError', message: 'boom', stack: error.stack, cause: 'Error: deeper', code: 'E_BOOM' };
    for (const [text, msg] of [
      [textOfLine(now, 'ERROR', error, undefined), 'boom'],
      [textOfLine(now, 'ERROR', 'failed', { err: error }), 'failed'],
      [textOfLine(now, 'ERROR', 'failed', error as never), 'failed'],
    ]) {
      assert.deepEqual(JSON.parse(text), { ts: now, level: 'ERROR', msg, meta: { err: expected } });
    }
    const both = JSON.parse(textOfLine(now, 'ERROR', error, { user: 'u1' }));
    assert.deepEqual(both.meta, { err: expected, user: 'u1' });
  });

  test('whatever is logged, the line is the JSON of an object', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        fc.anything(),
        (message, fields) => {
          const value = JSON.parse(textOfLine(now, 'INFO', message, fields as never));
          assert.equal(typeof value.msg, 'string');
          assert.equal(value.ts, now);
        },
      ),
    );
  });
});

describe('records', () => {
  const table: [record: unknown, expected: object][] = [
    [{ msg: 'a' }, { ts: now, msg: 'a' }],
    [{}, { ts: now }],
    [
      { time: 1, msg: 'a' },
      { time: 1, msg: 'a' },
    ],
    [{ '@timestamp': '2025-01-01T00:00:00Z' }, { '@timestamp': '2025-01-01T00:00:00Z' }],
    [{ timestamp: 5 }, { timestamp: 5 }],
    [{ n: 1n }, { ts: now, n: '1' }],
    ['text', { ts: now, msg: '"text"' }],
    [undefined, { ts: now, msg: 'undefined' }],
    [[1], { ts: now, msg: '[1]' }],
  ];
  for (const [record, expected] of table) {
    test(JSON.stringify(expected), () => assert.deepEqual(JSON.parse(textOfRecord(now, record)), expected));
  }
});

describe('lines that are JSON already', () => {
  const table: [text: string, expected: string][] = [
    ['{"level":30,"time":5,"msg":"a"}', '{"level":30,"time":5,"msg":"a"}'],
    ['  {"time":5}\r', '{"time":5}'],
    ['{"msg":"a"}', `{"ts":${now},"msg":"a"}`],
    ['{ }', `{"ts":${now} }`],
    ['plain', `{"ts":${now},"level":"INFO","msg":"plain"}`],
    ['[1]', `{"ts":${now},"level":"INFO","msg":"[1]"}`],
  ];
  for (const [text, expected] of table) test(text, () => assert.equal(textOfJson(now, text, 'INFO'), expected));

  test('what is not an object is repaired, the rest stays to the letter', () => {
    assert.equal(repairedText(now, '{ "a": 1.0 }'), '{ "a": 1.0 }');
    for (const text of ['{"a":}', '[1]', 'null', '{"a":1},{"b":2}', '{"a":1}],"logs":[{"b":2}']) {
      assert.deepEqual(JSON.parse(repairedText(now, text)), { ts: now, msg: text });
    }
  });
});
