import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedProtobuf, ProtobufReader } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

function readerOf(bytes: Uint8Array): ProtobufReader {
  const reader = new ProtobufReader();
  reader.open(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  return reader;
}

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test('what is written is read: numbers, words, text, nested messages', () => {
  const field = fc.integer({ min: 1, max: 536_870_911 });
  fc.assert(
    fc.property(
      field,
      uint64,
      uint64,
      fc.nat(2 ** 32 - 1),
      fc.double(),
      fc.string({ maxLength: 200 }),
      (number, varint, fixed, word, double, text) => {
        const writer = new ProtobufWriter(1);
        const outer = writer.begin(number);
        writer.varint(1, varint);
        writer.fixed64(2, fixed);
        writer.fixed32(3, word);
        writer.double(4, double);
        writer.text(5, text);
        writer.end(outer);
        const bytes = writer.bytes();
        const reader = readerOf(bytes);
        assert.equal(reader.tag(bytes.length), number * 8 + 2);
        const end = reader.range(bytes.length);
        assert.equal(end, bytes.length);
        assert.equal(reader.tag(end), 0x08);
        reader.varint(end);
        assert.equal((BigInt(reader.high) << 32n) | BigInt(reader.low), varint);
        assert.equal(reader.tag(end), 0x11);
        reader.fixed64(end);
        assert.equal((BigInt(reader.high) << 32n) | BigInt(reader.low), fixed);
        assert.equal(reader.tag(end), 0x1d);
        assert.equal(reader.fixed32(end), word);
        assert.equal(reader.tag(end), 0x21);
        assert.ok(Object.is(reader.double(end), double));
        assert.equal(reader.tag(end), 0x2a);
        const textEnd = reader.range(end);
        assert.equal(Buffer.from(bytes.subarray(reader.at, textEnd)).toString(), Buffer.from(text).toString());
        assert.equal(textEnd, end);
      },
    ),
  );
});

test('a nested message of any length has a length that is read back, and what follows it is in its place', () => {
  for (const length of [0, 1, 127, 128, 129, 16_383, 16_384, 70_000]) {
    const writer = new ProtobufWriter();
    const begun = writer.begin(1);
    writer.range(2, new Uint8Array(length).fill(7), 0, length);
    writer.end(begun);
    writer.varint(3, -1);
    const bytes = writer.bytes();
    const reader = readerOf(bytes);
    reader.tag(bytes.length);
    reader.at = reader.range(bytes.length);
    assert.equal(reader.tag(bytes.length), 0x18, `${length}`);
    reader.varint(bytes.length);
    assert.deepEqual([reader.high, reader.low, reader.at], [0xffff_ffff, 0xffff_ffff, bytes.length]);
  }
});

test('fields that nobody asked for are passed over, groups too', () => {
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['a varint', [0x08, 0xff, 0xff, 0x03]],
    ['a fixed64', [0x09, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['bytes', [0x0a, 2, 9, 9]],
    ['a fixed32', [0x0d, 1, 2, 3, 4]],
    ['a group', [0x0b, 0x08, 1, 0x13, 0x10, 1, 0x14, 0x0c]],
    ['a number above 15', [0x82, 0x01, 1, 9]],
  ];
  for (const [name, given] of cases) {
    const bytes = Uint8Array.from([...given, 0x7f]);
    const reader = readerOf(bytes);
    reader.skip(reader.tag(given.length), given.length);
    assert.equal(reader.at, given.length, name);
  }
});

test('what is no message is refused, with the position', () => {
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['no field number', [0x02, 0]],
    ['a tag without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a tag over 32 bits', [0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a varint without end', [0x08, ...Array<number>(11).fill(0x80), 0]],
    ['a varint cut short', [0x08, 0x80]],
    ['a length behind the end', [0x0a, 3, 1, 2]],
    ['a length over 32 bits', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a fixed64 cut short', [0x09, 1, 2, 3]],
    ['a fixed32 cut short', [0x0d, 1, 2, 3]],
    ['wire type 6', [0x0e, 0]],
    ['wire type 7', [0x0f, 0]],
    ['a group that ends without a beginning', [0x0c]],
    ['a group without end', [0x0b, 0x08, 1]],
  ];
  for (const [name, given] of cases) {
    const reader = readerOf(Uint8Array.from(given));
    assert.throws(() => reader.skip(reader.tag(given.length), given.length), MalformedProtobuf, name);
  }
});

test('a million nested groups end without a stack overflow', () => {
  const reader = readerOf(new Uint8Array(1_000_000).fill(0x0b));
  assert.throws(() => reader.skip(reader.tag(1_000_000), 1_000_000), MalformedProtobuf);
});

test('the fast path takes what it says, and else stays', () => {
  const cases: readonly (readonly [readonly number[], number])[] = [
    [[0x0a, 1, 9], 3],
    [[0x0a, 0], 2],
    [[0x0a, 2, 9], -1],
    [[0x12, 1, 9], -1],
    [[0x0a, 0x81, 0], -1],
    [[0x0a], -1],
    [[], -1],
  ];
  for (const [given, end] of cases) {
    const reader = readerOf(Uint8Array.from(given));
    assert.equal(reader.shortRange(0x0a, given.length), end, String(given));
    assert.equal(reader.at, end < 0 ? 0 : 2);
  }
});
