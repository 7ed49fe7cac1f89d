import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BugError } from '#base/errors.ts';
import { Cursor } from './native-cursor.ts';

/** Lengths on both sides of where the varint grows. */
const lengths = [0, 1, 127, 128, 129, 3, 16_383, 16_384, 0, 200];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

const before = 5;
const texts = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
const column = Buffer.concat(texts.map((text) => Buffer.concat([Buffer.from(varint(text.length)), Buffer.from(text)])));
const block = Buffer.concat([Buffer.alloc(before, 0xff), column, Buffer.from('behind')]);

test('texts of all lengths are read, and skipped, up to where they end', () => {
  const reading = new Cursor(block, before);
  const { starts, ends, bytes } = reading.texts(lengths.length);
  assert.deepEqual(
    texts.map((_, i) => Buffer.from(bytes.subarray(starts[i], ends[i])).toString()),
    texts,
  );
  const skipping = new Cursor(block, before);
  skipping.skipTexts(lengths.length);
  assert.deepEqual([reading.at, skipping.at], [before + column.length, before + column.length]);
});

test('texts that are cut short anywhere are refused, however they are read', () => {
  for (let length = 0; length < column.length; length = length < 600 || length > column.length - 600 ? length + 1 : length + 997) {
    const cut = column.subarray(0, length);
    assert.throws(() => new Cursor(cut, 0).texts(lengths.length), BugError, `texts of ${length} bytes`);
    assert.throws(() => new Cursor(cut, 0).skipTexts(lengths.length), BugError, `skipping in ${length} bytes`);
  }
});
