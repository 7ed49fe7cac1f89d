/** Runs of made-up lines and ticks: against a naive reckoning, cut anywhere, saved and restored anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import { batchOf, defaults, ruleOf, startMs } from './evaluator.test-support.ts';
import type { Line } from './evaluator.test-support.ts';
import { Evaluator } from './evaluator.ts';
import type { Transition } from './evaluator.ts';
import { WindowShape } from './windows/window-shape.ts';

const minuteMs = 60_000;
const latenessMs = defaults.lateness;
const limits = { ...defaults, max_groups_per_rule: 4, samples_per_tick: 6, max_kept_samples: 20 };

/** One step: lines that come, then perhaps a tick. Times in milliseconds from the moment before. */
interface Step {
  readonly afterMs: number;
  readonly lines: readonly Line[];
  readonly ticks: boolean;
}

const line: fc.Arbitrary<Line> = fc.record({
  /** Behind the time of receipt: usual, late, far too late, ahead, far ahead. */
  atMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    fc.integer({ min: -latenessMs, max: 0 }),
    fc.constantFrom(-31_000, -1e9, -1e12, 2000, 1e6, 4e12),
  ),
  service: fc.constantFrom('a', 'b', 'c'),
  host: fc.constantFrom('h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7'),
  level: fc.constantFrom(9, 13, 17),
  message: fc.constantFrom('all well', 'request failed', 'timeout again'),
  attributes: fc.record({ n: fc.constantFrom('1', '2.5', '-3', 'x', '40'), key: fc.constantFrom('k1', 'k2', 'k3') }),
  sampleRate: fc.constantFrom(1, 1, 1, 0.5, 0.25),
});
const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 20_000 }) }, fc.constantFrom(300_000, 4_000_000)),
  lines: fc.array(line, { maxLength: 8 }),
  ticks: fc.boolean(),
});
const steps = fc.array(step, { minLength: 1, maxLength: 40 });

const threshold = { window_ms: minuteMs, operator: '>' as const };
const count = (value: number, more: object = {}): AlertRuleBody['condition'] => ({
  kind: 'count',
  ...threshold,
  threshold: value,
  ...more,
});
const rules: readonly AlertRule[] = [
  ruleOf('count', { condition: count(5), group_by: ['service'], for_ms: 4000, cooldown_ms: 20_000 }),
  ruleOf('few', { filter: 'service:a', condition: count(3, { operator: '<', recover_threshold: 5 }), no_data: 'fire' }),
  ruleOf('hosts', { filter: 'level>=WARN', condition: count(1), group_by: ['host'], keep_firing_ms: 15_000, sample_lines: 2 }),
  ruleOf('ratio', {
    condition: { kind: 'ratio', part: 'level>=ERROR', ...threshold, threshold: 0.4 },
    group_by: ['service'],
    no_data: 'keep',
  }),
  ruleOf('sum', { filter: 'failed', condition: { kind: 'metric', attribute: 'n', aggregate: 'sum', ...threshold, threshold: 10 } }),
  ruleOf('p90', { condition: { kind: 'metric', attribute: 'n', aggregate: 'p90', ...threshold, threshold: 2 }, group_by: ['service'] }),
  ruleOf('users', { condition: { kind: 'metric', attribute: 'key', aggregate: 'distinct', ...threshold, threshold: 2 } }),
  ruleOf('change', {
    condition: { kind: 'change', against: 'window_before', measure: 'difference', ...threshold, threshold: 3 },
    group_by: ['service'],
  }),
  ruleOf('day', { condition: { kind: 'change', against: 'day_before', measure: 'percent', ...threshold, threshold: 50 } }),
  ruleOf('gone', { condition: { kind: 'absence', window_ms: minuteMs }, group_by: ['service'] }),
  ruleOf('silent', {
    condition: { kind: 'silent_source', source: 'host', learn_ms: 0, minimum_silence_ms: 30_000, forget_after_ms: 600_000 },
  }),
  ruleOf('then', {
    condition: {
      kind: 'sequence',
      first: 'failed',
      then: 'well',
      key: 'key',
      within_ms: 30_000,
      expect: 'both',
      ...threshold,
      threshold: 0,
    },
    group_by: ['service'],
  }),
  ruleOf('without', {
    condition: {
      kind: 'sequence',
      first: 'failed',
      then: 'well',
      key: 'key',
      within_ms: 5000,
      expect: 'missing',
      ...threshold,
      threshold: 1,
    },
  }),
  ruleOf('budget', { condition: { kind: 'budget', unit: 'lines', period: 'hour', threshold: 20 }, group_by: ['service'] }),
  ruleOf('both', {
    condition: {
      kind: 'all',
      conditions: [
        { kind: 'count', filter: 'timeout', ...threshold, threshold: 1, recover_threshold: 0 },
        { kind: 'rate', filter: 'service:(a OR b)', window_ms: 10_000, operator: '>=', threshold: 0.2 },
      ],
    },
  }),
];

interface RunOptions {
  readonly rules?: readonly AlertRule[];
  /** Saved and restored into another evaluator before the step. */
  readonly cutAt?: ReadonlySet<number>;
  /** Each step's lines come in so many batches. */
  readonly pieces?: number;
}

function run(all: readonly Step[], { rules: used = rules, cutAt = new Set(), pieces = 1 }: RunOptions = {}) {
  let evaluator = new Evaluator({ limits });
  evaluator.setRules(used, startMs);
  const told: Transition[] = [];
  let nowMs = startMs;
  all.forEach(({ afterMs, lines, ticks }, i) => {
    if (cutAt.has(i)) {
      const saved = [...evaluator.save()];
      evaluator = new Evaluator({ limits });
      evaluator.setRules(used, startMs);
      evaluator.restore(saved);
    }
    nowMs += afterMs;
    const dated = lines.map((each) => ({ ...each, atMs: nowMs + each.atMs }));
    const size = Math.ceil(dated.length / pieces);
    for (let from = 0; from < dated.length; from += size) evaluator.take('t', batchOf(dated.slice(from, from + size), nowMs, i), nowMs);
    if (ticks) told.push(...evaluator.tick(nowMs + 1));
  });
  return { told: JSON.parse(JSON.stringify(told)) as Transition[], evaluator };
}

/** Without the lines shown: which are taken up depends on how rules share the bound of them. */
const bare = (told: readonly Transition[]) =>
  told.map(({ key, event, incident }) => ({ key, event, incident: { ...incident, samples: [] } }));

test('saved and restored anywhere, a run tells what it would have told', () => {
  fc.assert(
    fc.property(steps, fc.array(fc.nat({ max: 39 }), { maxLength: 4 }), (all, cuts) => {
      assert.deepEqual(run(all, { cutAt: new Set(cuts) }).told, run(all).told);
    }),
    { numRuns: 150 },
  );
});

test('how lines are cut into batches, and in which order rules stand, does not matter', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 2, max: 8 }),
      fc.shuffledSubarray([...rules], { minLength: rules.length }),
      (all, pieces, shuffled) => {
        const expected = bare(run(all).told);
        assert.deepEqual(bare(run(all, { pieces }).told), expected);
        assert.deepEqual(bare(run(all, { rules: shuffled }).told), expected);
      },
    ),
    { numRuns: 80 },
  );
});

test('events of an incident follow one another, and keys are never used twice', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { told } = run(all);
      assert.equal(new Set(told.map(({ key }) => key)).size, told.length);
      const open = new Map<string, string>();
      for (const { event, incident } of told) {
        const group = `${incident.ruleId} ${JSON.stringify(incident.group)}`;
        if (!open.has(group)) open.set(group, incident.id);
        assert.equal(incident.id, open.get(group), 'a group has one open incident');
        if (event.kind === 'resolved' || event.kind === 'cancelled') open.delete(group);
      }
    }),
    { numRuns: 80 },
  );
});

/** A line as it should count. */
interface Counted {
  readonly line: Line;
  readonly bucket: number;
}

/** All lines of all time, added up anew at each tick. */
function naive(all: readonly Step[], shape: WindowShape, value: (window: readonly Line[]) => number | undefined): (number | undefined)[] {
  const counted: Counted[] = [];
  let nowMs = startMs;
  let tickMs = startMs;
  return all.flatMap(({ afterMs, lines, ticks }) => {
    nowMs += afterMs;
    for (const each of lines) {
      const eventMs = nowMs + each.atMs;
      const isTimely = eventMs >= tickMs - latenessMs && eventMs <= nowMs;
      // what came after more than half a window counts when it came
      const countsMs = isTimely && nowMs - eventMs <= (2 * latenessMs > shape.windowMs ? shape.windowMs / 2 : Infinity) ? eventMs : nowMs;
      counted.push({ line: each, bucket: Math.floor(countsMs / shape.widthMs) });
    }
    if (!ticks || nowMs + 1 <= tickMs) return [];
    tickMs = nowMs + 1;
    const inWindow = counted.filter(
      ({ bucket }) => (bucket + 1) * shape.widthMs > tickMs - shape.windowMs && bucket * shape.widthMs <= tickMs,
    );
    return [value(inWindow.map((each) => each.line))];
  });
}

const weight = ({ sampleRate = 1 }: Line): number => 1 / sampleRate;
const sumOf = (lines: readonly Line[], of: (line: Line) => number): number => lines.reduce((sum, each) => sum + of(each), 0);

test('windows of every length hold what a naive reckoning holds', () => {
  const windows = fc.constantFrom(1000, 5000, 59_000, 60_000, 61_000, 600_000, 3_700_000);
  fc.assert(
    fc.property(steps, windows, (all, windowMs) => {
      const window = { window_ms: windowMs, operator: '>' as const, threshold: 1e9 };
      const shape = new WindowShape(windowMs, limits.max_buckets, latenessMs);
      const checks: readonly [AlertRuleBody['condition'], (lines: readonly Line[]) => number | undefined][] = [
        [{ kind: 'count', ...window }, (lines) => sumOf(lines, weight)],
        [
          { kind: 'ratio', part: 'level>=ERROR', ...window },
          (lines) =>
            lines.length === 0 ? undefined : sumOf(lines, (each) => (each.level === 17 ? weight(each) : 0)) / sumOf(lines, weight),
        ],
        [
          { kind: 'metric', attribute: 'n', aggregate: 'max', ...window },
          (lines) => {
            const numbers = lines.map((each) => Number(each.attributes?.n)).filter((number) => !Number.isNaN(number));
            return numbers.length === 0 ? undefined : Math.max(...numbers);
          },
        ],
      ];
      for (const [condition, value] of checks) {
        assert.deepEqual(valuesOf(all, ruleOf('r', { condition })), naive(all, shape, value), condition.kind);
      }
    }),
    { numRuns: 120 },
  );
});

/** The rule's value after each tick. */
function valuesOf(all: readonly Step[], rule: AlertRule): (number | undefined)[] {
  const evaluator = new Evaluator({ limits });
  evaluator.setRules([rule], startMs);
  let nowMs = startMs;
  let tickMs = startMs;
  return all.flatMap(({ afterMs, lines, ticks }) => {
    nowMs += afterMs;
    const dated = lines.map((each) => ({ ...each, atMs: nowMs + each.atMs }));
    if (dated.length > 0) evaluator.take('t', batchOf(dated, nowMs), nowMs);
    if (!ticks || nowMs + 1 <= tickMs) return [];
    tickMs = nowMs + 1;
    evaluator.tick(tickMs);
    return [evaluator.ruleStates()[0].value];
  });
}

test('judged only when something can change, a rule finds what it would find at each tick', () => {
  fc.assert(
    fc.property(steps, (all) => {
      // a tick every second, so that windows run out between lines; against one evaluator that is restored, and so judges all, each time
      const everySecond = all.flatMap(({ afterMs, lines }) => [
        { afterMs: Math.min(afterMs, 20_000), lines, ticks: true },
        ...Array.from({ length: 3 }, () => ({ afterMs: 1000, lines: [], ticks: true })),
      ]);
      const all40 = everySecond.slice(0, 60);
      assert.deepEqual(run(all40, { cutAt: new Set(all40.keys()) }).told, run(all40).told);
    }),
    { numRuns: 40 },
  );
});

test('no line, from whatever time, makes a window long', () => {
  const rule = ruleOf('r', { condition: count(1e9) });
  const evaluator = new Evaluator({ limits });
  evaluator.setRules([rule], startMs);
  let nowMs = startMs;
  for (let round = 0; round < 2000; round++) {
    // receive times of a clock that runs a thousand times too fast, and no tick
    nowMs += 1_000_000;
    const lines = [0, -1e12, 1e12, -20_000, 3e14].map((offsetMs) => ({ atMs: nowMs + offsetMs }));
    evaluator.take('t', batchOf(lines, nowMs), nowMs);
  }
  assert.ok(evaluator.counts().bytes < 12_000, `${evaluator.counts().bytes} bytes`);
  evaluator.tick(nowMs);
  assert.ok((evaluator.ruleStates()[0].value ?? 0) >= 5);
});
