/** sequence: which keys count, in whatever order their lines come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionState } from '../condition-state.ts';
import { contextOf, matchedLines, throughDisk } from './matched-lines.test-support.ts';
import { createSequence } from './sequence.ts';

const t0 = Date.UTC(2026, 2, 1);
const latenessMs = 30_000;
const withinMs = 60_000;
const windowMs = 300_000;
const [first, then, both] = [0, 1, 2];

type Condition = ConditionOf<'sequence'>;

function create(expect: Condition['expect'], overrides: Partial<Condition> = {}, maxKeysPerGroup = 1000): ConditionState {
  const condition: Condition = {
    kind: 'sequence',
    first: 'message:begun',
    then: 'message:done',
    key: 'trace',
    within_ms: withinMs,
    expect,
    window_ms: windowMs,
    operator: '>',
    threshold: 0,
    ...overrides,
  };
  const context = contextOf();
  return createSequence(condition, { ...context, latenessMs, limits: { ...context.limits, maxKeysPerGroup } });
}

function take(state: ConditionState, input: number, atMs: number, trace = 'x', group = 0): void {
  state.take(input, matchedLines([{ atMs, group, attributes: { trace } }]));
}

const valueAt = (state: ConditionState, tickMs: number, group = 0): number | undefined => state.judge(group, tickMs, false).value;

test('each line comes to one input', () => {
  const printed = create('both').inputs.map((input) => input.kind);
  assert.deepEqual(printed, ['and', 'and', 'and']);
});

test('both: A, then B within the span, counts from B on for the window', () => {
  for (const [apartMs, count] of [
    [0, 1],
    [1, 1],
    [withinMs, 1],
    [withinMs + 1, 0],
    [-1, 0],
  ]) {
    const state = create('both');
    take(state, first, t0);
    take(state, then, t0 + apartMs);
    assert.equal(valueAt(state, t0 + withinMs + 10), count, `${apartMs} ms`);
  }
  const state = create('both');
  take(state, first, t0);
  take(state, then, t0 + 5000);
  const verdict = state.judge(0, t0 + 5500, false);
  assert.deepEqual([verdict.isMet, verdict.value, verdict.hasData, verdict.detail], [true, 1, true, 'trace x']);
  assert.equal(valueAt(state, t0 + 5000 + windowMs - 1), 1);
  assert.equal(valueAt(state, t0 + 5000 + windowMs), 0);
});

test('both: B may arrive before its A', () => {
  const state = create('both');
  take(state, then, t0 + 5000);
  assert.equal(valueAt(state, t0 + 20_000), 0);
  take(state, first, t0);
  assert.equal(valueAt(state, t0 + 20_500), 1);
});

test('missing: A counts when nothing can answer it any more', () => {
  const state = create('missing');
  take(state, first, t0);
  const knownMs = t0 + withinMs + latenessMs + 1;
  assert.equal(valueAt(state, knownMs - 1), 0);
  assert.equal(state.nextChangeMs(0, knownMs - 1), knownMs);
  const verdict = state.judge(0, knownMs, false);
  assert.deepEqual([verdict.isMet, verdict.value, verdict.detail], [true, 1, 'trace x']);
  assert.equal(valueAt(state, knownMs + windowMs), 0);
});

test('missing: an answer that arrives as late as it may, or before its A, is one', () => {
  const late = create('missing');
  take(late, first, t0);
  assert.equal(valueAt(late, t0 + withinMs + latenessMs), 0);
  take(late, then, t0 + withinMs);
  assert.equal(valueAt(late, t0 + 1000_000), 0);
  const early = create('missing');
  take(early, then, t0 + 1);
  assert.equal(valueAt(early, t0 + latenessMs), 0);
  take(early, first, t0);
  assert.equal(valueAt(early, t0 + 1000_000), 0);
});

test('a line that is both follows others, and others follow it, but never itself', () => {
  for (const expect of ['both', 'missing'] as const) {
    const alone = create(expect);
    take(alone, both, t0);
    assert.equal(valueAt(alone, t0 + withinMs + latenessMs + 1), expect === 'both' ? 0 : 1, expect);
    const twice = create(expect);
    take(twice, both, t0);
    take(twice, both, t0 + 10);
    // the second one is not answered
    assert.equal(valueAt(twice, t0 + withinMs + latenessMs + 11), 1, expect);
  }
});

test('other keys, other groups, and lines without the key', () => {
  const state = create('both');
  take(state, first, t0, 'x', 0);
  take(state, then, t0 + 1, 'y', 0);
  take(state, then, t0 + 1, 'x', 1);
  take(state, first, t0, '', 2);
  take(state, then, t0 + 1, '', 2);
  for (const group of [0, 1, 2]) assert.equal(valueAt(state, t0 + 10, group), 0);
});

test('a threshold over several keys, and hysteresis', () => {
  const state = create('both', { operator: '>=', threshold: 3, recover_threshold: 2 });
  for (const [i, trace] of ['a', 'b', 'c', 'c'].entries()) {
    take(state, first, t0 + i * 1000, trace);
    take(state, then, t0 + i * 1000 + 1, trace);
  }
  assert.equal(state.judge(0, t0 + 5000, false).isMet, true);
  const later = state.judge(0, t0 + 1 + windowMs, true);
  assert.deepEqual([later.value, later.isMet], [2, true], 'a went');
  assert.equal(state.judge(0, t0 + 1001 + windowMs, true).isMet, false);
});

test('beyond the bound the oldest keys go, answered ones first, and it is said', () => {
  const state = create('missing', {}, 10);
  for (let i = 0; i < 10; i++) take(state, first, t0 + i, `waiting-${i}`);
  take(state, first, t0 + 20, 'one-more');
  const { value, detail } = state.judge(0, t0 + withinMs + latenessMs + 50, false);
  assert.equal(value, 10);
  assert.match(detail ?? '', /^trace .* and 7 more; 1 key was left out for want of room \("alerts.max_keys_per_group"\)$/);
  const answered = create('missing', {}, 10);
  for (let i = 0; i < 1000; i++) {
    take(answered, first, t0 + i, `answered-${i}`);
    take(answered, then, t0 + i, `answered-${i}`);
    if (i === 500) take(answered, first, t0 + i, 'waiting');
  }
  assert.equal(answered.judge(0, t0 + 1000_00, false).detail, 'trace waiting');
});

test('memory stays bounded under a flood of keys, and all of it is given back', () => {
  const state = create('both', {}, 100);
  for (let i = 0; i < 20_000; i++) take(state, i % 3 === 0 ? then : first, t0 + i, `k${i}`);
  assert.ok(state.bytes < 100 * 400 + 1000, `${state.bytes}`);
  valueAt(state, t0 + 10 * windowMs);
  assert.ok(state.bytes < 1000);
  assert.equal(state.nextChangeMs(0, t0 + 10 * windowMs), undefined);
});

interface Event {
  readonly input: number;
  readonly trace: string;
  readonly atMs: number;
}

/** By the definition, over all lines. */
function naive(expect: Condition['expect'], events: readonly Event[], tickMs: number): number {
  const counted = new Set<string>();
  for (const [i, a] of events.entries()) {
    if (a.input === then) continue;
    const answers = events.filter(
      (b, j) => j !== i && b.input !== first && b.trace === a.trace && b.atMs >= a.atMs && b.atMs <= a.atMs + withinMs,
    );
    const times = expect === 'both' ? answers.map(({ atMs }) => atMs) : answers.length === 0 ? [a.atMs + withinMs + latenessMs + 1] : [];
    if (times.some((atMs) => atMs > tickMs - windowMs && (expect === 'both' || atMs <= tickMs))) counted.add(a.trace);
  }
  return counted.size;
}

const event = fc.record({
  input: fc.constantFrom(first, then, both),
  trace: fc.constantFrom('a', 'b', 'c'),
  delayMs: fc.integer({ min: 0, max: latenessMs }),
  waitMs: fc.constantFrom(0, 1, 500, 7000, 40_000, 90_000),
});

for (const expect of ['both', 'missing'] as const) {
  test(`${expect}: as the naive model, whatever the order of arrival, and through the disk`, () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(30), (steps, cut) => {
        let state = create(expect);
        const events: Event[] = [];
        let nowMs = t0;
        for (const [i, { input, trace, delayMs, waitMs }] of steps.entries()) {
          nowMs += waitMs;
          const atMs = nowMs - delayMs;
          take(state, input, atMs, trace);
          events.push({ input, trace, atMs });
          if (i === cut) state = throughDisk(state, create(expect), [0]);
          if (waitMs > 0) assert.equal(valueAt(state, nowMs), naive(expect, events, nowMs));
        }
        for (let tickMs = nowMs; tickMs < nowMs + windowMs + 200_000; tickMs += 10_000) {
          assert.equal(valueAt(state, tickMs), naive(expect, events, tickMs));
        }
      }),
      { numRuns: 300 },
    );
  });
}

test('where the bound is hit, a state from the disk goes on the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(first, then, both), fc.nat(30), fc.nat(20_000)), { maxLength: 200 }),
      fc.nat(200),
      (steps, cut) => {
        const whole = create('missing', {}, 8);
        let resumed = create('missing', {}, 8);
        let nowMs = t0;
        for (const [i, [input, key, waitMs]] of steps.entries()) {
          nowMs += waitMs;
          if (i === cut) resumed = throughDisk(resumed, create('missing', {}, 8), [0]);
          for (const state of [whole, resumed]) take(state, input, nowMs, `k${key}`);
          assert.deepEqual(resumed.judge(0, nowMs, false), whole.judge(0, nowMs, false));
        }
        assert.deepEqual(resumed.save(0), whole.save(0));
      },
    ),
  );
});
