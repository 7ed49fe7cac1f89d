/** budget: what counts, when it is met, and when it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionState } from '../condition-state.ts';
import { createBudget } from './budget.ts';
import { contextOf, feed, listening, throughDisk } from './matched-lines.test-support.ts';
import type { TestLine } from './matched-lines.test-support.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const t0 = Date.UTC(2026, 2, 1, 10);

type Condition = ConditionOf<'budget'>;

function create(overrides: Partial<Condition> = {}, beganMs = t0 - dayMs): ConditionState {
  const context = contextOf({ beganMs: () => beganMs });
  const condition: Condition = { kind: 'budget', unit: 'lines', period: 'hour', threshold: 10, ...overrides };
  return listening(createBudget(condition, context), context);
}

function take(state: ConditionState, ...lines: TestLine[]): void {
  feed(state, lines);
}

const lines = (count: number, atMs: number, group = 0): TestLine[] => Array.from({ length: count }, () => ({ atMs, group }));

test('met from the budget on until the hour is over', () => {
  const state = create();
  take(state, ...lines(9, t0));
  assert.deepEqual(state.judge(0, t0 + 500, false), { isMet: false, value: 9, hasData: true, detail: undefined });
  take(state, ...lines(1, t0 + 1000));
  const verdict = state.judge(0, t0 + 1500, false);
  assert.deepEqual(
    [verdict.isMet, verdict.value, verdict.detail],
    [true, 10, 'the budget of 10 lines for the hour from 2026-03-01 10:00:00 UTC'],
  );
  assert.equal(state.nextChangeMs(0, t0 + 1500), t0 + hourMs);
  assert.equal(state.judge(0, t0 + hourMs - 1, true).isMet, true);
  assert.deepEqual(state.judge(0, t0 + hourMs, true), { isMet: false, value: 0, hasData: true, detail: undefined });
  // a line came within an hour; when it is an hour ago, nothing stands behind the group
  assert.equal(state.nextChangeMs(0, t0 + hourMs), t0 + 1000 + hourMs);
  assert.deepEqual(state.judge(0, t0 + 1000 + hourMs, true), { isMet: false, value: 0, hasData: false, detail: undefined });
  assert.equal(state.nextChangeMs(0, t0 + 1000 + hourMs), undefined);
});

test('days are those of UTC', () => {
  const state = create({ period: 'day' });
  take(state, ...lines(10, Date.UTC(2026, 2, 1, 23, 59, 59)));
  assert.equal(state.judge(0, Date.UTC(2026, 2, 1, 23, 59, 59, 500), false).isMet, true);
  assert.equal(state.judge(0, Date.UTC(2026, 2, 2), true).isMet, false);
});

test('warns at a share', () => {
  const state = create({ warn_at: 0.8 });
  take(state, ...lines(8, t0));
  const { isMet, value, detail } = state.judge(0, t0 + 1, false);
  assert.deepEqual([isMet, value, detail], [true, 8, '80 % of the budget of 10 lines for the hour from 2026-03-01 10:00:00 UTC']);
});

test('bytes are those of the message, and of the names and values of attributes, in UTF-8', () => {
  const state = create({ unit: 'bytes' });
  take(state, { atMs: t0, message: 'Größe', attributes: { ä: 'x', bc: '' } }, { atMs: t0 }, { atMs: t0, message: 'ab' });
  assert.equal(state.judge(0, t0 + 1, false).value, 7 + (2 + 1) + 2 + 0 + 2);
});

test('a late line counts when it comes', () => {
  const state = create();
  take(state, { atMs: t0 - 10_000, receivedMs: t0 + 1 });
  assert.equal(state.judge(0, t0 + 2, false).value, 1);
});

test('lines that came after the last tick of a period are told at the next', () => {
  const state = create();
  take(state, ...lines(9, t0));
  assert.equal(state.judge(0, t0 + hourMs - 400, false).isMet, false);
  take(state, ...lines(5, t0 + hourMs - 1), ...lines(2, t0 + hourMs));
  const told = state.judge(0, t0 + hourMs + 100, false);
  assert.deepEqual([told.isMet, told.value, told.detail], [true, 14, 'the budget of 10 lines for the hour from 2026-03-01 10:00:00 UTC']);
  assert.equal(state.nextChangeMs(0, t0 + hourMs + 100), t0 + hourMs + 101);
  const next = state.judge(0, t0 + hourMs + 600, true);
  assert.deepEqual([next.isMet, next.value], [false, 2]);
});

test('the period in which the rule began says that it is counted in part', () => {
  const state = create({}, t0 + 120_000);
  take(state, ...lines(10, t0 + 130_000), ...lines(10, t0 + 130_000, 1));
  const partial = '; counted since 2026-03-01 10:02:00 UTC only, when the rule began';
  for (const group of [0, 1]) assert.ok(state.judge(group, t0 + 130_500, false).detail?.endsWith(partial));
  take(state, ...lines(10, t0 + hourMs));
  assert.equal(state.judge(0, t0 + hourMs + 1, true).detail?.endsWith(partial), false);
});

test('groups have budgets of their own', () => {
  const state = create();
  take(state, ...lines(10, t0, 0), ...lines(3, t0, 1));
  assert.deepEqual([state.judge(0, t0 + 1, false).value, state.judge(1, t0 + 1, false).value], [10, 3]);
  state.drop(0);
  assert.equal(state.judge(0, t0 + 2, false).value, 0);
});

test('a clock that jumps ahead and back does not hold the count for ever', () => {
  const state = create();
  take(state, ...lines(12, t0 + 400 * dayMs));
  take(state, ...lines(3, t0));
  // what came in the future is told, for it came
  assert.deepEqual([state.judge(0, t0 + 500, false).value, state.judge(0, t0 + 1000, false).value], [12, 3]);
});

test('as the naive model, and through the disk at any point', () => {
  const step = fc.record({ group: fc.nat(1), count: fc.nat(6), waitMs: fc.constantFrom(0, 1000, 600_000, hourMs) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, cut) => {
      let state = create();
      const taken: { group: number; atMs: number }[] = [];
      let nowMs = t0;
      for (const [i, { group, count, waitMs }] of steps.entries()) {
        nowMs += waitMs;
        if (i === cut) state = throughDisk(state, create(), [0, 1]);
        take(state, ...lines(count, nowMs, group));
        for (let n = 0; n < count; n++) taken.push({ group, atMs: nowMs });
        for (const one of [0, 1]) {
          const hour = Math.floor(nowMs / hourMs);
          const expected = taken.filter(({ group: of, atMs }) => of === one && Math.floor(atMs / hourMs) === hour).length;
          const { value, isMet } = state.judge(one, nowMs, false);
          assert.deepEqual([value, isMet], [expected, expected >= 10]);
        }
      }
    }),
  );
});
