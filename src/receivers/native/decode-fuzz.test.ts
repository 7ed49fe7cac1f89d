/**
 * Whatever bytes come, the decoder ends in a batch or an AppError, soon, with bounded memory, and works on afterwards.
 * MILLRACE_SEED sets the seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { BatchDecoder } from './decode.ts';
import { decodeToLines, freshBuilder, freshDecoder, stamp, testLimits } from './decode-compare.test-support.ts';
import { RandomBodies } from './random-bodies.test-support.ts';
import { mixedLines } from './sample-lines.test-support.ts';

const seed = Number(process.env['MILLRACE_SEED'] ?? 20_251_122);
const known = '[{"msg":"still here","meta":{"k":1}}]';

test(`random bytes and random JSON tokens, seed ${seed}`, () => {
  const random = new RandomBodies(seed);
  const decoder = freshDecoder();
  const builder = freshBuilder();
  const tokens = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '"logs":[',
    '"a":',
    '1',
    '-',
    '.',
    'e',
    'null',
    'true',
    '"\\u',
    ' ',
    '\n',
    'é',
    '\0',
    '"msg":"x"',
  ];
  for (let i = 0; i < 20_000; i++) {
    const isBytes = random.chance(0.3);
    const body = isBytes
      ? Uint8Array.from({ length: random.below(60) }, () => random.below(256))
      : Buffer.from(Array.from({ length: random.below(40) }, () => random.pick(tokens)).join(''));
    decodeToLines(decoder, builder, body, random.chance(0.5) ? 'json' : 'ndjson');
  }
  assert.equal(decodeToLines(decoder, builder, Buffer.from(known), 'json').lines[0].message, 'still here');
});

test('every truncation of a body is malformed, nothing taken', () => {
  const body = Buffer.from(
    `{"source":{"service":"s"},"logs":[${mixedLines(3).join(',')},{"msg":"\\u00e9\\ud83d\\ude00","tags":["a",{}],"n":-1.5e+3}]}`,
  );
  const decoder = freshDecoder();
  const builder = freshBuilder();
  for (let length = 0; length < body.length; length++) {
    assert.equal(decodeToLines(decoder, builder, body.subarray(0, length), 'json').error, 'malformed_body', `cut at ${length}`);
    assert.equal(decodeToLines(decoder, builder, body.subarray(0, length), 'ndjson').error, undefined);
  }
  assert.equal(decodeToLines(decoder, builder, body, 'json').lines.length, 4);
});

test('a body in any part of a larger buffer reads the same', () => {
  const body = Buffer.from(`[${mixedLines(20).join(',')}]`);
  const expected = decodeToLines(freshDecoder(), freshBuilder(), body, 'json');
  for (let offset = 1; offset < 9; offset++) {
    const larger = Buffer.alloc(body.length + offset * 2, 0x22);
    body.copy(larger, offset);
    assert.deepEqual(decodeToLines(freshDecoder(), freshBuilder(), larger.subarray(offset, offset + body.length), 'json'), expected);
  }
});

test('nesting of a million levels: refused, not a stack overflow', () => {
  const levels = 1_000_000;
  const decoder = freshDecoder();
  const builder = freshBuilder();
  const deep: readonly (readonly [string, string | undefined])[] = [
    ['['.repeat(levels), 'malformed_body'],
    ['{"a":'.repeat(levels), 'malformed_body'],
    [`{"logs":[{"msg":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}}]}`, undefined],
    [`{"logs":[{"msg":"a","x":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}]}`, undefined],
    [`{"logs":[],"source":{"x":${'['.repeat(levels)}${']'.repeat(levels)}}}`, 'limit_exceeded'],
  ];
  for (const [body, error] of deep) {
    const decoded = decodeToLines(decoder, builder, Buffer.from(body), 'json');
    assert.equal(decoded.error, error);
    if (error === undefined) assert.equal(decoded.outcome?.failed, 1);
  }
});

/** Bodies made to be slow or to grow. Each gets a bound well over what is right and well under what is wrong. */
const hostile: Readonly<Record<string, () => string>> = {
  'a million distinct keys in one record': () => `[{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":0`).join(',')}}]`,
  'distinct keys in every record': () => `[${Array.from({ length: 20_000 }, (_, i) => `{"a${i}":1,"b${i}":{"c${i}":2}}`).join(',')}]`,
  'the same key again and again': () => `[{${'"k":0,'.repeat(300_000)}"k":1}]`,
  'a key twice in every record': () => `[${'{"k":0,"k":1},'.repeat(20_000)}{}]`,
  'records without end': () => `[${'{},'.repeat(49_999)}{}]`,
  'malformed lines': () => '{"a\n'.repeat(40_000),
  'escapes only': () => `[{"msg":"${'\\u00e9'.repeat(170_000)}"}]`,
  'long names below long names': () => `[{"${'a'.repeat(20)}":{${Array.from({ length: 60_000 }, (_, i) => `"${i}":0`).join(',')}}}]`,
  'white space': () => `${' '.repeat(5_000_000)}[]`,
};

for (const [name, bodyOf] of Object.entries(hostile)) {
  test(`bounded time and memory: ${name}`, () => {
    const body = Buffer.from(bodyOf());
    const decoder = new BatchDecoder({ ...testLimits, max_record_bytes: 4 << 20, max_attributes_per_record: 1000 });
    const builder = new LogBatchBuilder();
    const start = process.hrtime.bigint();
    let blockBytes = 0;
    try {
      const format = name === 'malformed lines' ? 'decodeNdjson' : 'decodeJson';
      decoder[format](body, {}, builder);
      if (builder.rowCount > 0) {
        const block = builder.finish(stamp);
        readNativeBlock(block);
        blockBytes = block.length;
      }
    } catch (thrown) {
      assert.ok(thrown instanceof AppError, String(thrown));
    }
    const perByte = Number(process.hrtime.bigint() - start) / body.length;
    assert.ok(perByte < 20_000, `${perByte} ns a byte`);
    assert.ok(blockBytes < body.length * 10 + 8_000_000, `${blockBytes} bytes of ${body.length}`);
  });
}
