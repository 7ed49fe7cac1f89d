/** absence: who is told, when, and until when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConditionState } from '../condition-state.ts';
import { createAbsence } from './absence.ts';
import { contextOf, feed, listening, throughDisk } from './matched-lines.test-support.ts';
import type { TestContext } from './matched-lines.test-support.ts';

const windowMs = 60_000;
const t0 = Date.UTC(2026, 2, 1);
const minuteMs = 60_000;
const dayMs = 86_400_000;

const create = (context: TestContext): ConditionState =>
  listening(createAbsence({ kind: 'absence', window_ms: windowMs }, context), context);
const isMet = (state: ConditionState, group: number, tickMs: number): boolean => state.judge(group, tickMs, false).isMet;

test('a group that stops is told when the window has passed, until a line comes', () => {
  const state = create(contextOf());
  feed(state, [{ atMs: t0, group: 1 }]);
  assert.equal(isMet(state, 1, t0 + windowMs - 1), false);
  assert.equal(state.nextChangeMs(1, t0 + 5), t0 + windowMs);
  assert.equal(isMet(state, 1, t0 + windowMs), true);
  const { value, hasData, detail } = state.judge(1, t0 + 2 * windowMs, true);
  assert.deepEqual([value, hasData, detail], [120, true, 'last line at 2026-03-01 00:00:00 UTC']);
  feed(state, [{ atMs: t0 + 3 * windowMs, group: 1 }]);
  assert.equal(isMet(state, 1, t0 + 3 * windowMs + 5), false);
});

test('groups are judged apart', () => {
  const state = create(contextOf());
  feed(state, [
    { atMs: t0, group: 0 },
    { atMs: t0 + 50_000, group: 1 },
    { atMs: t0 + 1, group: 0 },
  ]);
  assert.deepEqual([isMet(state, 0, t0 + windowMs + 1), isMet(state, 1, t0 + windowMs + 1)], [true, false]);
});

test('a rule without groups is told too when nothing came since it began', () => {
  const state = create(contextOf({ groupOf: () => [], beganMs: () => t0 }));
  assert.equal(isMet(state, 0, t0 + windowMs - 1), false);
  assert.equal(state.nextChangeMs(0, t0), t0 + windowMs);
  const verdict = state.judge(0, t0 + windowMs, false);
  assert.deepEqual([verdict.isMet, verdict.value, verdict.detail], [true, 60, 'no line since 2026-03-01 00:00:00 UTC']);
  assert.equal(state.nextChangeMs(0, t0 + windowMs), undefined, 'it is never forgotten');
});

test('a line that is late is a line: by its own time it would lie before the window', () => {
  const state = create(contextOf());
  feed(state, [{ atMs: t0, receivedMs: t0 + 90_000 }]);
  assert.equal(isMet(state, 0, t0 + 91_000), false);
});

test('time in which the server was down is nobody’s silence, and ends nobody’s either', () => {
  const context = contextOf();
  const state = create(context);
  feed(state, [
    { atMs: t0, group: 1 },
    { atMs: t0 + 2 * minuteMs, group: 2 },
  ]);
  assert.equal(isMet(state, 1, t0 + 2 * minuteMs), true);
  context.stream.listeningMs = t0 + 10 * minuteMs;
  assert.equal(isMet(state, 2, t0 + 10 * minuteMs + 500), false);
  assert.equal(isMet(state, 1, t0 + 10 * minuteMs + 500), true, 'it was silent before, and no line came');
  assert.equal(isMet(state, 2, t0 + 11 * minuteMs), true);
});

test('while the evaluator is behind, only lines show that somebody listened', () => {
  const context = contextOf();
  const state = create(context);
  feed(state, [{ atMs: t0, group: 1 }]);
  context.stream.heardMs = t0 + 500;
  assert.equal(isMet(state, 1, t0 + 2 * windowMs), false);
  assert.equal(state.nextChangeMs(1, t0 + 2 * windowMs), t0 + 2 * windowMs + 1);
  context.stream.heardMs = t0 + 3 * windowMs;
  assert.equal(isMet(state, 1, t0 + 3 * windowMs), true);
});

test('what was heard long ago is told before it is forgotten', () => {
  const state = create(contextOf());
  feed(state, [{ atMs: t0, group: 1 }]);
  assert.equal(isMet(state, 1, t0 + 30 * dayMs), true);
  assert.equal(isMet(state, 1, t0 + 31 * dayMs), false);
});

test('a group that is silent for ever is forgotten', () => {
  const state = create(contextOf());
  feed(state, [{ atMs: t0, group: 1 }]);
  assert.equal(isMet(state, 1, t0 + windowMs), true);
  const forgottenMs = t0 + windowMs + dayMs;
  assert.equal(state.nextChangeMs(1, t0 + windowMs), forgottenMs);
  const { detail, ...verdict } = state.judge(1, forgottenMs, true);
  assert.deepEqual(verdict, { isMet: false, value: undefined, hasData: false });
  assert.match(detail ?? '', /^silent since 2026-03-01 00:00:00 UTC: forgotten/);
  assert.equal(state.nextChangeMs(1, forgottenMs), undefined);
});

test('a line from the far future, and a clock set back, do not hide silence', () => {
  const state = create(contextOf());
  feed(state, [{ atMs: t0 + 400 * dayMs, group: 1 }]);
  feed(state, [{ atMs: t0, group: 1 }]);
  assert.equal(isMet(state, 1, t0 + windowMs), true);
});

const step = fc.record({
  group: fc.nat(2),
  waitMs: fc.integer({ min: 0, max: 2 * windowMs }),
  lateMs: fc.integer({ min: 0, max: 30_000 }),
  breaks: fc.boolean(),
});

test('as the naive model: absent when the last line, and listening, are a window ago', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, cut) => {
      const context = contextOf();
      let state = create(context);
      const last = new Map<number, number>();
      const absent = new Set<number>();
      let nowMs = t0;
      for (const [i, { group, waitMs, lateMs, breaks }] of steps.entries()) {
        nowMs += waitMs;
        if (breaks && waitMs > 30_000) context.stream.listeningMs = nowMs;
        feed(state, [{ atMs: nowMs - lateMs, receivedMs: nowMs, group }]);
        last.set(group, nowMs);
        absent.delete(group);
        if (i === cut) state = throughDisk(state, create(context), last.keys());
        const tickMs = nowMs + 500;
        for (const [one, lastMs] of last) {
          if (tickMs - Math.max(lastMs, context.stream.listeningMs) >= windowMs) absent.add(one);
          assert.equal(isMet(state, one, tickMs), absent.has(one));
          const nextMs = state.nextChangeMs(one, tickMs);
          assert.ok(nextMs !== undefined && nextMs > tickMs);
        }
        nowMs = tickMs;
      }
    }),
  );
});
