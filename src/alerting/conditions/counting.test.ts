/** Tables of the conditions that count and measure: value and verdict at given ticks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimpleCondition } from '../alert-rule.ts';
import { ruleOf, Scene, startMs } from '../evaluator.test-support.ts';
import type { Line } from '../evaluator.test-support.ts';

const minuteMs = 60_000;
const window = { window_ms: minuteMs, operator: '>' } as const;

type TestLine = Omit<Line, 'atMs'>;

/** Value of a rule after these lines, and whether it fires. */
function outcome(condition: SimpleCondition, lines: readonly TestLine[]): readonly [number | undefined, boolean] {
  const scene = new Scene([ruleOf('r', { condition })]);
  if (lines.length > 0) scene.lines(lines);
  const told = scene.pass(500);
  return [scene.state('r')?.value, told.length > 0];
}

const lines = (count: number, line: TestLine): TestLine[] => Array.from({ length: count }, () => line);
const error: TestLine = { level: 17 };
const info: TestLine = { level: 9 };

test('ratio: the share of lines, with a minimum of them', () => {
  const ratio = (more: object = {}): SimpleCondition => ({ kind: 'ratio', part: 'level>=ERROR', ...window, threshold: 0.01, ...more });
  const cases: readonly [SimpleCondition, TestLine[], number | undefined, boolean][] = [
    [ratio(), [], undefined, false],
    [ratio(), lines(100, info), 0, false],
    [ratio(), [...lines(99, info), error], 0.01, false],
    [ratio(), [...lines(98, info), ...lines(2, error)], 0.02, true],
    [ratio({ operator: '>=' }), [...lines(99, info), error], 0.01, true],
    [ratio({ operator: '<', threshold: 0.5 }), lines(3, info), 0, true],
    [ratio({ minimum_lines: 10 }), lines(9, error), 1, false],
    [ratio({ minimum_lines: 10 }), lines(10, error), 1, true],
    // one in ten errors was kept, and every other line
    [ratio({ threshold: 0.49 }), [...lines(10, info), { ...error, sampleRate: 0.125 }], 8 / 18, false],
  ];
  for (const [condition, given, value, fires] of cases) {
    const [found, fired] = outcome(condition, given);
    assert.ok(found === value || Math.abs((found ?? 0) - (value ?? 0)) < 1e-9, `${found} is not ${value}`);
    assert.equal(fired, fires, `${JSON.stringify(condition)} of ${given.length} lines`);
  }
});

test('rate: lines a second over the window', () => {
  const rate: SimpleCondition = { kind: 'rate', ...window, threshold: 2 };
  assert.deepEqual(outcome(rate, lines(120, info)), [2, false]);
  assert.deepEqual(outcome(rate, lines(150, info)), [2.5, true]);
});

test('metric: every aggregate, and lines without a number', () => {
  const given = [5, 1, 4, 2, 3].map((latency): TestLine => ({ attributes: { latency: String(latency) } }));
  const others: TestLine[] = [{ attributes: { latency: 'slow' } }, { attributes: { latency: '' } }, {}, { attributes: { other: '99' } }];
  const cases: readonly [string, number][] = [
    ['avg', 3],
    ['sum', 15],
    ['min', 1],
    ['max', 5],
    ['p50', 3],
    ['p99', 5],
    ['p99.9', 5],
  ];
  for (const [aggregate, value] of cases) {
    const metric = (more: object = {}): SimpleCondition => ({
      kind: 'metric',
      attribute: 'latency',
      aggregate,
      ...window,
      threshold: value - 0.5,
      ...more,
    });
    const [found = Number.NaN, fired] = outcome(metric(), [...others, ...given]);
    assert.ok(Math.abs(found - value) <= value * 0.01, `${aggregate}: ${found} is not ${value}`);
    assert.ok(fired, aggregate);
    assert.deepEqual(outcome(metric(), others), [undefined, false], aggregate);
    assert.equal(outcome(metric({ minimum_lines: 6 }), given)[1], false, aggregate);
  }
});

test('metric: negative, fractional and sampled numbers', () => {
  const metric = (aggregate: string): SimpleCondition => ({ kind: 'metric', attribute: 'n', aggregate, ...window, threshold: 1e9 });
  const numbers = (...values: readonly string[]): TestLine[] => values.map((n) => ({ attributes: { n } }));
  assert.equal(outcome(metric('min'), numbers('-3', '-1.5', '2'))[0], -3);
  assert.equal(outcome(metric('sum'), numbers('-3', '1.5', '1e3'))[0], 998.5);
  const [median = 0] = outcome(metric('p50'), numbers('-100', '-10', '5'));
  assert.ok(Math.abs(median + 10) <= 0.1, String(median));
  assert.equal(outcome(metric('avg'), [{ attributes: { n: '10' }, sampleRate: 0.25 }, { attributes: { n: '0' } }])[0], 8);
});

test('metric distinct: exact for few values, within a few percent for many', () => {
  const distinct: SimpleCondition = { kind: 'metric', attribute: 'user', aggregate: 'distinct', ...window, threshold: 1e9 };
  const users = (count: number): TestLine[] => Array.from({ length: 2 * count }, (_, i) => ({ attributes: { user: `u-${i % count}` } }));
  for (const count of [1, 7, 500]) assert.equal(outcome(distinct, users(count))[0], count);
  for (const count of [2000, 20_000]) {
    const [found = 0] = outcome(distinct, users(count));
    assert.ok(Math.abs(found - count) < 0.06 * count, `${found} of ${count}`);
  }
});

test('change: against the window before, once that was seen whole', () => {
  const change = (more: object = {}): SimpleCondition => ({
    kind: 'change',
    against: 'window_before',
    measure: 'percent',
    ...window,
    threshold: 50,
    ...more,
  });
  const cases: readonly [object, readonly [number, number], number | undefined, boolean][] = [
    [{}, [10, 16], 60, true],
    [{}, [10, 15], 50, false],
    [{}, [0, 5], 500, true],
    [{}, [0, 0], 0, false],
    [{ operator: '<', threshold: -50 }, [10, 4], -60, true],
    [{ operator: '<', threshold: -50 }, [10, 0], -100, true],
    [{ operator: '<', threshold: -50, minimum_lines: 20 }, [10, 0], -100, false],
    [{ measure: 'difference', threshold: 5 }, [10, 16], 6, true],
    [{ minimum_lines: 17 }, [10, 16], 60, false],
  ];
  for (const [more, [before, now], value, fires] of cases) {
    const scene = new Scene([ruleOf('r', { condition: change(more) })]);
    scene.pass(minuteMs);
    const told: string[] = [];
    scene.times(before, info);
    told.push(...scene.pass(90_000));
    scene.times(now, info);
    told.push(...scene.pass(500));
    assert.equal(scene.state('r')?.value, value, JSON.stringify([more, before, now]));
    assert.equal(scene.state('r')?.state === 'firing', fires, JSON.stringify([more, before, now]));
  }
  const fresh = new Scene([ruleOf('r', { condition: change() })]);
  fresh.times(100, info);
  assert.deepEqual(fresh.pass(minuteMs), []);
  assert.equal(fresh.state('r')?.value, undefined);
});

test('change: against the same time of the day before', () => {
  const condition: SimpleCondition = {
    kind: 'change',
    against: 'day_before',
    measure: 'percent',
    window_ms: 600_000,
    operator: '>',
    threshold: 100,
  };
  const scene = new Scene([ruleOf('r', { condition })], { limits: { tick: 500 } });
  const lineEachMinute = (minutes: number, count: number): string[] => {
    const told: string[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      scene.times(count, info);
      scene.nowMs += minuteMs;
      for (const { event } of scene.evaluator.tick(scene.nowMs)) told.push(event.kind);
    }
    return told;
  };
  const dayMinutes = 24 * 60;
  assert.deepEqual(lineEachMinute(dayMinutes + 30, 10), []);
  const value = scene.state('r')?.value ?? Number.NaN;
  assert.ok(Math.abs(value) < 15, `steady: ${value} %`);
  assert.deepEqual(lineEachMinute(10, 40), ['fired']);
  // a day later the same is usual
  lineEachMinute(60, 10);
  assert.equal(scene.state('r')?.state, 'ok');
});

test('all and any: conditions of several services, each group judged by all of them', () => {
  const p99: SimpleCondition = {
    kind: 'metric',
    filter: 'service:gateway',
    attribute: 'latency',
    aggregate: 'p99',
    ...window,
    threshold: 5000,
  };
  const share: SimpleCondition = { kind: 'ratio', filter: 'service:payment', part: 'level>=ERROR', ...window, threshold: 0.1 };
  const slow: TestLine = { service: 'gateway', attributes: { latency: '9000' } };
  const fast: TestLine = { service: 'gateway', attributes: { latency: '10' } };
  const failed: TestLine = { service: 'payment', level: 17 };
  const cases: readonly [readonly TestLine[], boolean, boolean][] = [
    [[], false, false],
    [[slow], false, true],
    [[failed], false, true],
    [[slow, failed], true, true],
    [[fast, failed], false, true],
    [[fast, { service: 'payment' }], false, false],
  ];
  for (const [given, all, any] of cases) {
    const conditions = [p99, share];
    const scene = new Scene([
      ruleOf('all', { condition: { kind: 'all', conditions } }),
      ruleOf('any', { condition: { kind: 'any', conditions } }),
    ]);
    if (given.length > 0) scene.lines(given);
    const expected = [...(all ? ['+0.5s fired all'] : []), ...(any ? ['+0.5s fired any'] : [])];
    assert.deepEqual(scene.pass(500), expected, JSON.stringify(given));
  }
});

test('the edge of a window: a line stays for its length and at most one part longer', () => {
  for (const [windowMs, offsetMs] of [
    [60_000, 0],
    [60_000, 999],
    [61_000, 400],
    [600_000, 1],
    [3_600_000, 29_999],
    [3_700_000, 500],
  ]) {
    const condition: SimpleCondition = { kind: 'count', window_ms: windowMs, operator: '>', threshold: 0 };
    const scene = new Scene([ruleOf('r', { condition })]);
    scene.nowMs = startMs + offsetMs;
    scene.times(1, info);
    scene.pass(500);
    const lineMs = startMs + offsetMs;
    const partMs = Math.max(1000, Math.ceil(windowMs / 120 / 1000) * 1000);
    scene.pass(windowMs + 2 * partMs);
    const resolved = scene.told.find(({ event }) => event.kind === 'resolved');
    const stayedMs = (resolved?.event.atMs ?? 0) - lineMs;
    assert.ok(stayedMs >= windowMs && stayedMs <= windowMs + partMs + 500, `${stayedMs} of ${windowMs}`);
  }
});
