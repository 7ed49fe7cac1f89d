import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MalformedMessagePack, MessageFramer, MessagePackReader, valueTypes } from './msgpack-reader.ts';
import { Extension, pack } from './msgpack-writer.test-support.ts';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function reading(bytes: Uint8Array): MessagePackReader {
  const reader = new MessagePackReader();
  reader.open(bytes, viewOf(bytes), 0, bytes.length);
  return reader;
}

function framed(bytes: Uint8Array, maxBytes = 1 << 20): number {
  return new MessageFramer(maxBytes).endOf(bytes, viewOf(bytes), 0, bytes.length);
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const { nil, boolean, integer, float, string, binary, array, map, extension } = valueTypes;

describe('every head of the specification', () => {
  const table: [bytes: string, type: number, value: unknown][] = [
    ['00', integer, 0],
    ['7f', integer, 127],
    ['e0', integer, -32],
    ['ff', integer, -1],
    ['cc ff', integer, 255],
    ['cd ffff', integer, 65_535],
    ['ce ffffffff', integer, 4_294_967_295],
    ['cf 0020000000000001', integer, 2n ** 53n + 1n],
    ['cf 001fffffffffffff', integer, 2 ** 53 - 1],
    ['cf ffffffffffffffff', integer, 2n ** 64n - 1n],
    ['d0 80', integer, -128],
    ['d1 8000', integer, -32_768],
    ['d2 80000000', integer, -2_147_483_648],
    ['d3 8000000000000000', integer, -(2n ** 63n)],
    ['d3 ffffffffffffffff', integer, -1],
    ['ca 3fc00000', float, 1.5],
    ['cb 3ff8000000000000', float, 1.5],
    ['c0', nil, undefined],
    ['c2', boolean, 0],
    ['c3', boolean, 1],
    ['a1 61', string, 'a'],
    ['d9 01 61', string, 'a'],
    ['da 0001 61', string, 'a'],
    ['db 00000001 61', string, 'a'],
    ['c4 01 61', binary, 'a'],
    ['c5 0001 61', binary, 'a'],
    ['c6 00000001 61', binary, 'a'],
    ['d4 05 61', extension, 'a'],
    ['d5 05 6161', extension, 'aa'],
    ['d6 05 61616161', extension, 'aaaa'],
    ['d7 05 6161616161616161', extension, 'aaaaaaaa'],
    ['d8 05 61616161616161616161616161616161', extension, 'aaaaaaaaaaaaaaaa'],
    ['c7 01 05 61', extension, 'a'],
    ['c8 0001 05 61', extension, 'a'],
    ['c9 00000001 05 61', extension, 'a'],
    ['91 c0', array, 1],
    ['dc 0001 c0', array, 1],
    ['dd 00000001 c0', array, 1],
    ['81 c0 c0', map, 1],
    ['de 0001 c0 c0', map, 1],
    ['df 00000001 c0 c0', map, 1],
  ];
  for (const [text, type, value] of table) {
    test(text, () => {
      const bytes = hex(text);
      const reader = reading(bytes);
      assert.equal(reader.next(), type);
      if (type === integer || type === float || type === boolean) assert.equal(reader.big ?? reader.number, value);
      else if (type === array || type === map) assert.equal(reader.count, value);
      else if (type !== nil) assert.equal(Buffer.from(bytes.subarray(reader.from, reader.to)).toString(), value);
      if (type === extension) assert.equal(reader.extension, 5);
      reader.open(bytes, viewOf(bytes), 0, bytes.length);
      reader.skip();
      assert.equal(reader.at, bytes.length);
      assert.equal(framed(bytes), bytes.length);
      for (let end = 0; end < bytes.length; end++) {
        assert.equal(framed(bytes.subarray(0, end)), -1);
        assert.throws(() => reading(bytes.subarray(0, end)).skip(), MalformedMessagePack);
      }
    });
  }
  test('c1 is nothing', () => {
    assert.throws(() => reading(hex('c1')).next(), MalformedMessagePack);
    assert.throws(() => framed(hex('c1')), MalformedMessagePack);
  });
});

describe('a message that is or must become too large is refused as soon as that is known', () => {
  const table: [what: string, bytes: string][] = [
    ['elements that each take a byte at least', 'dd ffffffff'],
    ['pairs', 'df 00000200'],
    ['a text', 'db 00000400'],
    ['an extension', 'c9 00000400 00'],
    ['elements within elements', '92 dc 0200 dc 0200'],
  ];
  for (const [what, bytes] of table) test(what, () => assert.throws(() => framed(hex(bytes), 1000), RangeError));
  test('the largest is taken', () => assert.equal(framed(pack('x'.repeat(997)), 1000), 1000));
});

test('a message’s end is found whatever the pieces, and the next one begins behind it', () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 9 }).map((data) => new Extension(1, data)),
      fc.array(tie('node'), { maxLength: 20 }),
      fc.dictionary(fc.string(), tie('node'), { maxKeys: 20 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (values, step) => {
      const packed = values.map(pack);
      const bytes = Buffer.concat(packed);
      const framer = new MessageFramer(1 << 20);
      const found: number[] = [];
      let start = 0;
      for (let end = Math.min(step, bytes.length); ; end = Math.min(end + step, bytes.length)) {
        for (let next = framer.endOf(bytes, viewOf(bytes), start, end); next >= 0; next = framer.endOf(bytes, viewOf(bytes), start, end)) {
          found.push(next - start);
          start = next;
          if (start === bytes.length) break;
        }
        if (end === bytes.length) break;
      }
      assert.deepEqual(
        found,
        packed.map(({ length }) => length),
      );
    }),
  );
});
