/** The queue against a sorted list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimeQueue } from './time-queue.ts';

test('things come by time, those of one time by their order', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 100 }), (steps) => {
      const queue = new TimeQueue<{ readonly order: number; readonly timeMs: number }>();
      const model: { order: number; timeMs: number }[] = [];
      for (const [order, timeMs] of steps.entries()) {
        if (timeMs === undefined) {
          model.sort((a, b) => a.timeMs - b.timeMs || a.order - b.order);
          const expected = model.shift();
          assert.equal(queue.nextMs, expected?.timeMs);
          if (expected !== undefined) assert.deepEqual(queue.pop(), expected);
        } else {
          queue.push(timeMs, { order, timeMs });
          model.push({ order, timeMs });
        }
        assert.equal(queue.size, model.length);
      }
    }),
  );
});
