import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchIdentity } from './cursor.ts';

const identity: SearchIdentity = {
  tenant: 'acme',
  where: {
    kind: 'and',
    children: [
      { kind: 'word', text: 'failed', span: { start: 0, end: 6 } },
      { kind: 'field-equals', field: 'service', values: ['payment'] },
    ],
  },
  order: 'desc',
  askedRange: { last: '1h' },
};
const range = { fromNs: 1_752_570_000_000_000_000n, toNs: 1_752_573_600_123_456_789n };
const after = { tsNs: 1_752_571_000_000_000_007n, origin: 70, seq: 12_345_678_901, rowNo: 65_535 };

const isInvalidCursor = (error: unknown): boolean => error instanceof AppError && error.code === 'invalid_cursor';

test('comes back as it was', () => {
  assert.deepEqual(decodeCursor(encodeCursor(identity, range, after), identity), { order: 'desc', range, after });
});

test('comes back as it was, for all keys', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 2n ** 62n),
      fc.bigInt(1n, 2n ** 61n),
      fc.bigInt(0n, 2n ** 63n - 1n),
      fc.nat(2 ** 24 - 1),
      fc.nat({ max: 2 ** 31 - 1 }),
      fc.nat(65_535),
      (fromNs, width, tsNs, origin, seq, rowNo) => {
        const anyRange = { fromNs, toNs: fromNs + width };
        const anyKey = { tsNs, origin, seq, rowNo };
        assert.deepEqual(decodeCursor(encodeCursor(identity, anyRange, anyKey), identity), {
          order: 'desc',
          range: anyRange,
          after: anyKey,
        });
      },
    ),
  );
});

test('the format of version 1 stays readable', () => {
  const kept = encodeCursorVersion1;
  assert.equal(encodeCursor(identity, range, after), kept);
  assert.deepEqual(decodeCursor(kept, identity), { order: 'desc', range, after });
});

/** Written by the first version; a change of the format must raise `version` and go on reading this. */
const encodeCursorVersion1 = 'AQCye3FxgRM3gNGBb-Seqaf3GFJhISYBoAAYUmRnXhYNFRhSYgn6prAHAAAARgAAAALf3Bw1__-KZyNX_UYdaA';

test('goes on without a range in the request, and where only spelling differs', () => {
  const cursor = encodeCursor(identity, range, after);
  decodeCursor(cursor, { ...identity, askedRange: undefined });
  const respaced = {
    ...identity,
    where: {
      kind: 'and',
      children: [
        { kind: 'word', text: 'failed', span: { start: 3, end: 9 } },
        { values: ['payment'], kind: 'field-equals', field: 'service' },
      ],
    },
  } as const;
  decodeCursor(cursor, respaced);
});

const others: readonly (readonly [string, SearchIdentity])[] = [
  ['another tenant', { ...identity, tenant: 'other' }],
  ['another query', { ...identity, where: { kind: 'all' } }],
  ['another order', { ...identity, order: 'asc' }],
  ['another range', { ...identity, askedRange: { last: '2h' } }],
];
for (const [name, other] of others) {
  test(`refused for ${name}`, () => assert.throws(() => decodeCursor(encodeCursor(identity, range, after), other), isInvalidCursor));
}

test('every changed character is noticed', () => {
  const cursor = encodeCursor(identity, range, after);
  for (let index = 0; index < cursor.length; index++) {
    const changed = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1);
    assert.throws(() => decodeCursor(changed, identity), isInvalidCursor, `index ${index}`);
  }
});

for (const hostile of [
  '',
  'null',
  'AAAA',
  '../../etc/passwd',
  "' OR 1=1 --",
  '\u0000',
  'A'.repeat(88),
  'A'.repeat(86),
  'A'.repeat(1_000_000),
  '='.repeat(86),
  '💥'.repeat(43),
]) {
  test(`refuses ${JSON.stringify(hostile.slice(0, 24))}`, () => assert.throws(() => decodeCursor(hostile, identity), isInvalidCursor));
}

test('refuses any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String({ minLength: 80, maxLength: 96 })), (text) =>
      assert.throws(() => decodeCursor(text, identity), isInvalidCursor),
    ),
  );
});
