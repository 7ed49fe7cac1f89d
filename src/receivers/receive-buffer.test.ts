import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReceiveBuffer } from './receive-buffer.ts';

test('what was received and not taken is there, in one piece', () => {
  const step = fc.record({ piece: fc.integer({ min: 0, max: 300 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const buffer = new ReceiveBuffer();
      let expected = Buffer.alloc(0);
      let next = 0;
      for (const { piece, share } of steps) {
        const bytes = Buffer.from(Array.from({ length: piece }, () => next++ % 251));
        buffer.append(bytes);
        expected = Buffer.concat([expected, bytes]);
        assert.equal(buffer.length, expected.length);
        assert.ok(Buffer.from(buffer.bytes.subarray(buffer.start, buffer.end)).equals(expected));
        if (expected.length > 0) assert.equal(buffer.view.getUint8(buffer.start), expected[0]);
        const taken = Math.floor(expected.length * share);
        buffer.take(buffer.start + taken);
        expected = expected.subarray(taken);
      }
    }),
  );
});

test('memory stays in proportion to what is waiting', () => {
  const buffer = new ReceiveBuffer();
  for (let i = 0; i < 10_000; i++) {
    buffer.append(new Uint8Array(100));
    // one byte always waits, so that the buffer is never empty
    buffer.take(buffer.end - 1);
    assert.ok(buffer.bytes.length <= 1000, `${buffer.bytes.length} bytes after ${i} pieces`);
  }
  buffer.append(new Uint8Array(1 << 20));
  buffer.take(buffer.end);
  assert.equal(buffer.bytes.length, 0);
});
