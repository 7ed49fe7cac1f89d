import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BugError } from '#base/errors.ts';
import type { FrameKind } from '../durable-log.ts';
import { decodeFrameHeader, encodeFrameHeader, mustFitFrame, payloadIsWhole } from './frame-codec.ts';
import type { FrameFields } from './frame-codec.ts';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  formatSegmentName,
  formatShardName,
  parseSegmentName,
  parseShardName,
} from './segment-header.ts';

const seal = { marker: 0x1a2b3c4d, origin: 4711 };
const uint32 = fc.nat(2 ** 32 - 1);
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => Buffer.byteLength(text) <= 255);
const frameFields: fc.Arbitrary<FrameFields> = fc.record(
  {
    kind: fc.integer({ min: 1, max: 255 }).map((kind) => kind as FrameKind),
    tenant: name,
    batchId: name.filter((text) => text !== ''),
    rowCount: uint32,
    receivedMs: fc.nat(Number.MAX_SAFE_INTEGER),
    sequence: fc.nat(2 ** 34 - 1),
    rowsBefore: fc.nat(Number.MAX_SAFE_INTEGER),
    groupIndex: fc.nat(2 ** 24 - 1),
    receiver: fc.integer({ min: 1, max: 255 }),
    codec: fc.constantFrom(0, 1),
    payloadBytes: uint32,
    outcomes: fc.record(
      { accepted: int32, sampled: int32, dropped: int32, duplicate: int32, quarantined: int32, refused: int32 },
      { noNullPrototype: true },
    ),
  },
  {
    requiredKeys: ['kind', 'tenant', 'rowCount', 'receivedMs', 'sequence', 'rowsBefore', 'groupIndex', 'codec', 'payloadBytes', 'outcomes'],
    noNullPrototype: true,
  },
);

describe('a frame', () => {
  test('decodes to what was encoded, wherever it stands', () => {
    fc.assert(
      fc.property(frameFields, fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }), fc.nat(20), (fields, payload, at) => {
        const bytes = Buffer.concat([Buffer.alloc(at), encodeFrameHeader(fields, payload, seal), ...payload, Buffer.alloc(3)]);
        const decoded = decodeFrameHeader(bytes, at, bytes.length, seal);
        assert.ok(decoded !== undefined);
        const { headerLength, length, payloadCrc: _, ...rest } = decoded;
        assert.deepEqual(rest, { ...fields });
        assert.equal(at + length + 3, bytes.length);
        assert.deepEqual(bytes.subarray(at + headerLength, at + length), Buffer.concat(payload));
        assert.ok(payloadIsWhole(bytes, at, decoded));
      }),
    );
  });

  test('with any one bit turned is not taken for whole', () => {
    fc.assert(
      fc.property(frameFields, fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), (fields, payload, where) => {
        const bytes = Buffer.concat([encodeFrameHeader(fields, [payload], seal), payload]);
        const bit = where % (8 * bytes.length);
        bytes[bit >> 3] ^= 1 << (bit & 7);
        const decoded = decodeFrameHeader(bytes, 0, bytes.length, seal);
        assert.ok(decoded === undefined || !payloadIsWhole(bytes, 0, decoded));
      }),
    );
  });

  test('of another segment, log or shard is not ours, nor is half a header', () => {
    const fields: FrameFields = fc.sample(frameFields, { numRuns: 1, seed: 1 })[0];
    const bytes = encodeFrameHeader(fields, [], seal);
    assert.ok(decodeFrameHeader(bytes, 0, bytes.length, seal) !== undefined);
    assert.equal(decodeFrameHeader(bytes, 0, bytes.length, { ...seal, marker: 1 }), undefined);
    assert.equal(decodeFrameHeader(bytes, 0, bytes.length, { ...seal, origin: 1 }), undefined);
    for (let length = 0; length < bytes.length; length += 1) assert.equal(decodeFrameHeader(bytes, 0, length, seal), undefined);
  });

  const misfits: [string, Partial<FrameFields>][] = [
    ['a tenant over 255 bytes', { tenant: 'ä'.repeat(128) }],
    ['a batch id over 255 bytes', { batchId: 'x'.repeat(256) }],
    ['a count that is none', { outcomes: { accepted: 2 ** 31, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 } }],
    ['a receive time before 1970', { receivedMs: -1 }],
    ['a receive time with a fraction', { receivedMs: 1.5 }],
    ['a negative row count', { rowCount: -1 }],
    ['a kind that no byte holds', { kind: 256 as FrameKind }],
  ];
  for (const [name, change] of misfits) {
    test(`${name} is a defect of the caller`, () => {
      const outcomes = { accepted: 0, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
      const header = { kind: 1 as FrameKind, tenant: 'ä'.repeat(127), rowCount: 0, receivedMs: 0, outcomes };
      mustFitFrame(header);
      assert.throws(() => mustFitFrame({ ...header, ...change }), BugError);
    });
  }
});

describe('a segment header', () => {
  const header = {
    incarnation: 200_000,
    shard: 63,
    marker: 0xfefefefe,
    firstSequence: 2 ** 34 - 1,
    previousEnd: 2 ** 33,
    rowsBefore: 2 ** 45,
    bytesBefore: 2 ** 50,
    createdMs: 1_767_225_600_123,
  };

  test('is read from either copy', () => {
    for (const broken of [[], [0], [512], [20], [512 + 71]]) {
      const region = encodeSegmentHeader(header);
      for (const offset of broken) region[offset] ^= 8;
      assert.deepEqual(decodeSegmentHeader(region, 'x'), header);
    }
    const region = encodeSegmentHeader(header);
    region[40] ^= 1;
    region[512 + 40] ^= 1;
    assert.equal(decodeSegmentHeader(region, 'x'), undefined);
    assert.equal(decodeSegmentHeader(Buffer.alloc(10), 'x'), undefined);
  });

  test('names say first sequence and marker, in an order that sorts', () => {
    assert.equal(formatSegmentName(42, 0xabcdef), '0000000000042-00abcdef.wal');
    assert.deepEqual(parseSegmentName('0000000000042-00abcdef.wal'), { firstSequence: 42, marker: 0xabcdef });
    for (const name of ['42-00abcdef.wal', '0000000000042-00abcdef.wal.tmp', '0000000000042-00ABCDEF.wal', 'consumers'])
      assert.equal(parseSegmentName(name), undefined);
    assert.equal(formatShardName(7), 'shard-07');
    assert.deepEqual(['shard-07', 'shard-63', 'shard-64', 'shard-7', 'shards'].map(parseShardName), [
      7,
      63,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
