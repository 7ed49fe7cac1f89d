import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { ByteBudget } from './byte-budget.ts';

test('a request alone may exceed the budget, others then wait', () => {
  const budget = new ByteBudget(100, 'ingest.max_inflight_bytes', 1500);
  const large = budget.reserve();
  large.resize(1000);
  const small = budget.reserve();
  assert.throws(
    () => small.resize(1),
    (error: unknown) => error instanceof AppError && error.code === 'gateway_overloaded' && error.retryAfterMs === 1500,
  );
  large.release();
  large.release();
  small.resize(1);
  assert.equal(budget.usedBytes, 1);
});

test('what is used is always the sum of what is held, and no two together exceed the budget', () => {
  const action = fc.record({ who: fc.nat(4), bytes: fc.option(fc.nat(150), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const budget = new ByteBudget(200, 's', 1);
      const reservations = Array.from({ length: 5 }, () => budget.reserve());
      const held = [0, 0, 0, 0, 0];
      for (const { who, bytes } of actions) {
        if (bytes === undefined) {
          reservations[who].release();
          held[who] = 0;
          continue;
        }
        try {
          reservations[who].resize(bytes);
          held[who] = bytes;
        } catch (error) {
          assert.ok(error instanceof AppError);
        }
        assert.equal(
          budget.usedBytes,
          held.reduce((sum, own) => sum + own, 0),
        );
        if (held.filter((own) => own > 0).length > 1) assert.ok(budget.usedBytes <= 200);
      }
    }),
  );
});
