import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { decompressSnappy } from './snappy.ts';
import { compressSnappy } from './snappy.test-support.ts';

const cap = 1 << 20;
const decompress = (block: Uint8Array, maxBytes = cap): Uint8Array => decompressSnappy(block, maxBytes, 'ingest.max_body_bytes');
const bytes = (...parts: (number | string)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));

test('a block of another encoder', () => {
  const text = `the quick brown fox; the quick brown fox; ${'a'.repeat(90)} the slow blue dog sleeps under a tree whose leaves are yellow in October and fall in November`;
  const block = Buffer.from(
    '4gFQdGhlIHF1aWNrIGJyb3duIGZveDsgUhUAAGH+AQBiAQAFcPBYc2xvdyBibHVlIGRvZyBzbGVlcHMgdW5kZXIgYSB0cmVlIHdob3NlIGxlYXZlcyBhcmUgeWVsbG93IGluIE9jdG9iZXIgYW5kIGZhbGwgaW4gTm92ZW1iZXI=',
    'base64',
  );
  assert.equal(Buffer.from(decompress(block)).toString(), text);
});

test('blocks that are taken', () => {
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['nothing', bytes(0), ''],
    ['a literal', bytes(3, 2 << 2, 'abc'), 'abc'],
    ['a literal with its length in one byte', bytes(64, 60 << 2, 63, 'x'.repeat(64)), 'x'.repeat(64)],
    ['a literal with its length in four bytes', bytes(3, 63 << 2, 2, 0, 0, 0, 'abc'), 'abc'],
    ['a copy with an offset of one byte', bytes(8, 3 << 2, 'abcd', 1, 4), 'abcdabcd'],
    ['a copy that overlaps itself by one byte', bytes(6, 0, 'a', (1 << 2) | 1, 1), 'aaaaaa'],
    ['a copy that overlaps itself by three bytes', bytes(10, 2 << 2, 'abc', (3 << 2) | 1, 3), 'abcabcabca'],
    ['a copy with an offset of two bytes', bytes(5, 3 << 2, 'abcd', 2, 4, 0), 'abcda'],
    ['a copy with an offset of four bytes', bytes(6, 3 << 2, 'abcd', (1 << 2) | 3, 2, 0, 0, 0), 'abcdcd'],
  ];
  for (const [name, block, text] of cases) assert.equal(Buffer.from(decompress(block)).toString(), text, name);
});

test('blocks that are not', () => {
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['no byte', bytes()],
    ['a length without end', bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['a length over 32 bits', bytes(0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['a length with nothing behind it', bytes(3)],
    ['a length that no elements could fill', bytes(0xff, 0xff, 3, 0, 'a')],
    ['a literal cut short', bytes(3, 2 << 2, 'ab')],
    ['a literal whose length is cut short', bytes(3, 61 << 2, 2)],
    ['a literal longer than declared', bytes(2, 2 << 2, 'abc')],
    ['a copy without its offset', bytes(8, 3 << 2, 'abcd', 1)],
    ['a copy whose offset is cut short', bytes(8, 3 << 2, 'abcd', 2, 4)],
    ['a copy whose long offset is cut short', bytes(8, 3 << 2, 'abcd', 3, 4, 0, 0)],
    ['a copy of offset 0', bytes(8, 3 << 2, 'abcd', 1, 0)],
    ['a copy from before the content', bytes(8, 3 << 2, 'abcd', 1, 5)],
    ['a copy longer than declared', bytes(7, 3 << 2, 'abcd', 1, 4)],
    ['content shorter than declared', bytes(4, 2 << 2, 'abc')],
  ];
  for (const [name, block] of cases) assert.throws(() => decompress(block), { code: 'malformed_encoding' }, name);
});

test('a content over the cap is refused by its declared length, and names the setting', () => {
  const block = compressSnappy(Buffer.alloc(1000, 'x'));
  assert.equal(decompress(block, 1000).length, 1000);
  assert.throws(
    () => decompress(block, 999),
    (error: unknown) =>
      error instanceof AppError && error.code === 'body_too_large' && error.details['setting'] === 'ingest.max_body_bytes',
  );
  assert.throws(() => decompress(bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0)), { code: 'body_too_large' });
});

test('whatever was compressed comes back', () => {
  const piece = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('ab', 'abc', 'a', 'GET /index.html ', '{"level":"info",'));
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.integer({ min: 1, max: 40 })), { maxLength: 12 }), (pieces) => {
      const content = Buffer.concat(pieces.flatMap(([part, times]) => Array<Buffer>(times).fill(Buffer.from(part as string))));
      assert.deepEqual(Buffer.from(decompress(compressSnappy(content))), content);
    }),
  );
});

test('any bytes end in a content or a malformed block', () => {
  const valid = compressSnappy(Buffer.from('{"level":"info","message":"the same again"}\n'.repeat(40)));
  const mutated = fc
    .tuple(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(valid.length))
    .map(([changes, length]) => {
      const block = Uint8Array.from(valid);
      for (const [at, byte] of changes) block[at] = byte;
      return block.subarray(0, length);
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (block) => {
      try {
        assert.ok(decompress(block).length <= cap);
      } catch (thrown) {
        assert.ok(thrown instanceof AppError && (thrown.code === 'malformed_encoding' || thrown.code === 'body_too_large'), String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});
