/** Lines of services, and when their windows are judged: at their end, whole ones only, and nothing where nobody listened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../anomaly/seeded-random.ts';
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionState, Verdict } from '../condition-state.ts';
import { createAnomaly } from './anomaly.ts';
import { contextOf, matchedLines, throughDisk } from './matched-lines.test-support.ts';
import type { TestContext, TestLine } from './matched-lines.test-support.ts';

const startMs = Date.UTC(2026, 0, 5);
const minuteMs = 60_000;
const windowMs = 5 * minuteMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const groupOf = (group: number): readonly string[] => [['pay', 'ship'][group] ?? 'other'];
/** A little after the end of a window: all of them are judged by then. */
const settleMs = 60_000;

/** A state with a clock: lines come, and each minute it is asked. */
class Bed {
  readonly context: TestContext = contextOf({ groupOf });
  readonly state: ConditionState;
  nowMs = startMs;
  /** Verdicts of group 0 that were met, by their time. */
  readonly met: { readonly atMs: number; readonly detail: string | undefined }[] = [];
  #wasMet = false;

  constructor(condition: Partial<ConditionOf<'anomaly'>> = {}) {
    this.state = createAnomaly({ kind: 'anomaly', signal: 'volume', ...condition }, this.context);
    this.context.stream.listeningMs = startMs;
  }

  /** `linesAt` gives the lines that come in a minute. */
  run(spanMs: number, linesAt: (minute: number) => readonly TestLine[]): Verdict {
    let verdict: Verdict = { isMet: false, value: undefined, hasData: false };
    for (const endMs = this.nowMs + spanMs; this.nowMs < endMs; this.nowMs += minuteMs) {
      const lines = linesAt(this.nowMs / minuteMs);
      if (lines.length > 0) this.state.take(0, matchedLines(lines));
      verdict = this.judge(this.nowMs + minuteMs - 1);
    }
    return verdict;
  }

  judge(tickMs: number): Verdict {
    const verdict = this.state.judge(0, tickMs, this.#wasMet);
    if (verdict.isMet && !this.#wasMet) this.met.push({ atMs: tickMs, detail: verdict.detail });
    this.#wasMet = verdict.isMet;
    return verdict;
  }
}

/** 8 to 12 lines a minute. */
function usual(minute: number, change: Partial<TestLine> = {}): TestLine[] {
  const random = seededRandom(minute);
  return Array.from({ length: 8 + Math.floor(5 * random()) }, (_, at) => ({ atMs: minute * minuteMs + at * 1000, level: 9, ...change }));
}
const none = (): TestLine[] => [];

test('nothing comes any more: told when the window is over, and what is missing', () => {
  const bed = new Bed();
  assert.equal(bed.run(2 * dayMs, usual).isMet, false);
  const stoppedMs = bed.nowMs;
  const { isMet, hasData, value, detail } = bed.run(windowMs + settleMs, none);
  assert.deepEqual([isMet, hasData], [true, true]);
  assert.ok((value ?? 0) < -4);
  assert.match(detail ?? '', /^volume 0 lines instead of about (4|5)\d \(-100 %\)$/);
  assert.ok(bed.met[0].atMs >= stoppedMs + windowMs && bed.met[0].atMs <= stoppedMs + windowMs + settleMs);
  assert.equal(bed.run(3 * windowMs, usual).isMet, false, 'over when it comes again');
});

test('a window is not judged before lines that are late can have come', () => {
  const bed = new Bed();
  bed.run(2 * dayMs, usual);
  const endMs = bed.nowMs + windowMs;
  bed.run(windowMs, none);
  const next = bed.state.nextChangeMs(0, bed.nowMs) ?? 0;
  assert.ok(next >= endMs + bed.context.latenessMs && next < endMs + settleMs);
  // the lines come, late but in time
  const late = Array.from({ length: 5 }, (_, at) => usual(endMs / minuteMs - 5 + at)).flat();
  bed.state.take(0, matchedLines(late.map((line) => ({ ...line, receivedMs: endMs + 1000 }))));
  assert.equal(bed.judge(endMs + settleMs).isMet, false);
});

for (const { name, pauseMs } of [
  { name: 'three minutes', pauseMs: 3 * minuteMs },
  { name: 'seven hours', pauseMs: 7 * hourMs },
  { name: 'nine days', pauseMs: 9 * dayMs },
])
  test(`the server was down for ${name}: no alarm, whatever comes after it`, () => {
    const bed = new Bed();
    bed.run(2 * dayMs + 2 * minuteMs, usual);
    bed.nowMs += pauseMs;
    bed.context.stream.listeningMs = bed.nowMs;
    // what senders kept comes at once, and counts when it comes
    const kept = Array.from({ length: Math.min(600, pauseMs / minuteMs) }, (_, at) => usual(bed.nowMs / minuteMs - 1 - at)).flat();
    const lines = kept.map((line) => ({ ...line, atMs: bed.nowMs + 500 }));
    const matched = matchedLines(lines);
    kept.forEach(({ atMs }, row) => (matched.view.ts[row] = BigInt(atMs) * 1_000_000n));
    bed.state.take(0, matched);
    bed.run(6 * hourMs, usual);
    assert.deepEqual(bed.met, []);
  });

test('lines that a sender kept to itself are no spike', () => {
  const bed = new Bed({ direction: 'spike' });
  bed.run(2 * dayMs, usual);
  bed.run(hourMs, none);
  const kept = Array.from({ length: 60 }, (_, at) => usual(bed.nowMs / minuteMs - 60 + at)).flat();
  const matched = matchedLines(kept.map((line) => ({ ...line, atMs: bed.nowMs })));
  kept.forEach(({ atMs }, row) => (matched.view.ts[row] = BigInt(atMs) * 1_000_000n));
  bed.state.take(0, matched);
  bed.run(2 * hourMs, usual);
  assert.deepEqual(bed.met, []);
});

test('a clock that jumps ahead is a time in which nobody listened', () => {
  const bed = new Bed();
  bed.run(2 * dayMs, usual);
  bed.nowMs += 400 * dayMs;
  bed.context.stream.listeningMs = bed.nowMs;
  bed.run(3 * hourMs, usual);
  assert.deepEqual(bed.met, []);
});

test('the window of the first line and that in which listening began are not judged', () => {
  const bed = new Bed();
  bed.nowMs += 4 * minuteMs;
  bed.run(2 * dayMs, usual);
  assert.deepEqual(bed.met, []);
});

test('services are judged apart, and lines beyond the bound of groups not at all', () => {
  const bed = new Bed();
  const both = (minute: number): TestLine[] => [
    ...usual(minute),
    ...usual(minute, { group: 1 }),
    { atMs: minute * minuteMs, group: 0xffff_ffff },
  ];
  bed.run(2 * dayMs, both);
  bed.run(2 * windowMs + settleMs, (minute) => usual(minute, { group: 1 }));
  assert.equal(bed.judge(bed.nowMs).isMet, true);
  assert.equal(bed.state.judge(1, bed.nowMs, false).isMet, false);
});

test('lines of the past and of the future go to the windows beside, and make no room', () => {
  const bed = new Bed();
  bed.run(hourMs, usual);
  const bytes = bed.state.bytes;
  for (const offset of [-400 * dayMs, -hourMs, hourMs, 400 * dayMs])
    for (let at = 0; at < 50; at++) bed.state.take(0, matchedLines([{ atMs: bed.nowMs + offset + at * hourMs }]));
  assert.ok(bed.state.bytes < bytes + 5000);
});

test('what nothing comes of any more is forgotten after eight days, and its anomaly ends', () => {
  const bed = new Bed();
  bed.run(2 * dayMs, usual);
  const lastMs = bed.nowMs;
  assert.equal(bed.run(2 * hourMs, none).isMet, true);
  const { isMet, hasData } = bed.judge(lastMs + 8 * dayMs + hourMs);
  assert.deepEqual([isMet, hasData, bed.state.nextChangeMs(0, lastMs + 8 * dayMs + hourMs)], [false, false, undefined]);
  bed.state.drop(0);
  assert.equal(bed.state.judge(0, lastMs + 9 * dayMs, false).hasData, false);
});

test('sampled lines count by their rate', () => {
  const bed = new Bed();
  bed.run(2 * dayMs, usual);
  for (let window = 0; window < 6; window++) {
    bed.run(windowMs, (minute) => {
      const matched = matchedLines([{ atMs: minute * minuteMs }]);
      matched.view.sampleRate.fill(0.1);
      bed.state.take(0, matched);
      return none();
    });
  }
  assert.deepEqual(bed.met, []);
});

test('the forest sees patterns and durations', () => {
  const bed = new Bed({ signal: 'forest' });
  const served = (minute: number, slow = 1, pattern = 0): TestLine[] =>
    usual(minute).map((line, at) => ({
      ...line,
      pattern: BigInt(1 + (at % 6) + pattern * (1 + at)),
      attributes: { latency_ms: String(slow * (40 + ((minute * 31 + at * 17) % 40))) },
    }));
  bed.run(3 * dayMs, (minute) => served(minute));
  assert.equal(bed.met.length, 0);
  bed.run(3 * windowMs, (minute) => served(minute, 12));
  assert.match(bed.met[0]?.detail ?? '', /p\d\d (\d\d\d ms|1(\.\d)? s) instead of about \d\d(\.\d)? ms/);
  bed.run(4 * hourMs, (minute) => served(minute));
  bed.run(3 * windowMs, (minute) => served(minute, 1, 1000 * minute));
  assert.match(bed.met.at(-1)?.detail ?? '', /new patterns \d+ instead of about 0/);
});

test('restored, all goes on as if nothing had been', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('volume', 'warn', 'forest'),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 0, max: 100 }),
      (signal, before, odd) => {
        const lines = (minute: number): TestLine[] =>
          usual(minute, { pattern: BigInt(minute % 9), attributes: { duration_ms: String(minute % 50) } }).slice(
            0,
            minute % 100 === odd ? 2 : 99,
          );
        const bed = new Bed({ signal: signal as 'volume' });
        bed.run(before * minuteMs, lines);
        const other = new Bed({ signal: signal as 'volume' });
        throughDisk(bed.state, other.state, [0]);
        other.nowMs = bed.nowMs;
        for (let minute = 0; minute < 200; minute++) {
          assert.deepEqual(other.run(minuteMs, lines), bed.run(minuteMs, lines));
          assert.equal(other.state.nextChangeMs(0, other.nowMs), bed.state.nextChangeMs(0, bed.nowMs));
        }
        assert.deepEqual(other.state.save(0), bed.state.save(0));
      },
    ),
    { numRuns: 20 },
  );
});

test('the past of services is learned: those that are known, those that come later, and those that never were', () => {
  const bed = new Bed();
  const days = 28;
  const count = (days * dayMs) / windowMs;
  const fromMs = startMs + hourMs - days * dayMs;
  const past = (service: string) => ({
    service,
    fromMs,
    lines: Float32Array.from({ length: count }, (_, at) => (at < count ? 45 + ((at * 7) % 11) : 0)),
    debugs: new Float32Array(count),
    warns: new Float32Array(count),
    errors: new Float32Array(count),
  });
  bed.run(hourMs, usual);
  assert.equal(bed.state.wantsPast, true);
  bed.state.learnPast?.([past('pay'), past('ship')], false);
  bed.state.learnPast?.([{ ...past('other'), lines: new Float32Array(count) }], true);
  assert.equal(bed.state.wantsPast, false);
  const restored = new Bed();
  throughDisk(bed.state, restored.state, [0]);
  restored.nowMs = bed.nowMs;
  assert.equal(restored.state.wantsPast, false);
  for (const one of [bed, restored]) {
    one.run(3 * windowMs, (minute) => [...usual(minute), ...usual(minute, { group: 1 })]);
    assert.equal(one.run(windowMs + settleMs, none).isMet, true, 'it knows weeks, and not only an hour');
    assert.equal(one.state.judge(1, one.nowMs, false).isMet, true);
  }
});

test('it says that it learns', () => {
  const bed = new Bed();
  assert.match(bed.run(hourMs, usual).detail ?? '', /^still learning: 0 hours of the 7 days of a season are known$/);
});
