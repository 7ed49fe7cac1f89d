/** What is learned of senders of several kinds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hourMs, UsualPause } from './usual-pause.ts';

const secondMs = 1000;
const minuteMs = 60_000;
const dayMs = 24 * hourMs;

/** Times at which a line comes, ms. */
function learned(times: Iterable<number>): { readonly pause: UsualPause; readonly lastMs: number } {
  const pause = new UsualPause();
  let lastMs: number | undefined;
  for (const atMs of times) {
    if (lastMs !== undefined && atMs > lastMs) pause.record(atMs - lastMs, atMs);
    lastMs = atMs;
  }
  return { pause, lastMs: lastMs ?? 0 };
}

function* every(stepMs: number, fromMs: number, toMs: number): Generator<number> {
  for (let atMs = fromMs; atMs < toMs; atMs += stepMs) yield atMs;
}

function* nightly(days: number): Generator<number> {
  for (let day = 0; day < days; day++) yield* every(secondMs, day * dayMs + 2 * hourMs, day * dayMs + 2 * hourMs + 20 * minuteMs);
}

function* officeHours(weeks: number): Generator<number> {
  for (let day = 0; day < weeks * 7; day++) {
    if (day % 7 < 5) yield* every(10 * secondMs, day * dayMs + 8 * hourMs, day * dayMs + 18 * hourMs);
  }
}

function* bursts(hours: number): Generator<number> {
  for (const atMs of every(10 * minuteMs, 0, hours * hourMs)) for (let i = 0; i < 50; i++) yield atMs + i * 3;
}

function* steadyWithOutage(): Generator<number> {
  yield* every(10 * secondMs, 0, 5 * dayMs);
  yield* every(10 * secondMs, 5 * dayMs + 3 * hourMs, 7 * dayMs);
}

const isAbout = (actualMs: number, expectedMs: number): void =>
  assert.ok(actualMs >= expectedMs * 0.999 && actualMs <= expectedMs * 1.16, `${actualMs} ms is not about ${expectedMs} ms`);

test('the longest usual pause of senders of several kinds', () => {
  isAbout(learned(every(10 * secondMs, 0, 2 * dayMs)).pause.usualMs, 10 * secondMs);
  isAbout(learned(bursts(48)).pause.usualMs, 10 * minuteMs);
  isAbout(learned(nightly(4)).pause.usualMs, dayMs - 20 * minuteMs + secondMs);
});

test('a failure of some hours among hundreds is not usual', () => {
  isAbout(learned(steadyWithOutage()).pause.usualMs, 10 * secondMs);
});

test('five usual pauses of an office are longer than a weekend', () => {
  const { usualMs } = learned(officeHours(3)).pause;
  assert.ok(usualMs * 5 > 62 * hourMs, `${usualMs / hourMs} h`);
});

test('a cadence that changed is learned, and the old one forgotten', () => {
  function* slower(): Generator<number> {
    yield* every(10 * secondMs, 0, 2 * dayMs);
    yield* every(5 * minuteMs, 2 * dayMs, 3 * dayMs);
  }
  isAbout(learned(slower()).pause.usualMs, 5 * minuteMs);
  function* faster(): Generator<number> {
    yield* every(5 * minuteMs, 0, dayMs);
    yield* every(10 * secondMs, dayMs, 60 * dayMs);
  }
  isAbout(learned(faster()).pause.usualMs, 10 * secondMs);
});

test('nothing is known of one line; a pause within the hour is known at once', () => {
  assert.equal(new UsualPause().usualMs, 0);
  const pause = new UsualPause();
  pause.record(7000, 1e12);
  isAbout(pause.usualMs, 7000);
});

test('times that jump leave a number, and few bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0.001, max: 1e15, noNaN: true }), fc.integer({ min: 0, max: 2e14 })), { maxLength: 200 }),
      (pauses) => {
        const pause = new UsualPause();
        for (const [pauseMs, atMs] of pauses) pause.record(pauseMs, atMs);
        assert.ok(pause.usualMs >= 0 && pause.usualMs < 7e9);
        assert.ok(pause.bytes < 10_000);
      },
    ),
  );
});

test('saved at any point, it goes on the same', () => {
  const step = fc.tuple(fc.integer({ min: 1, max: 2 * dayMs }), fc.integer({ min: 0, max: 5 * hourMs }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, cut) => {
      const whole = new UsualPause();
      let resumed = new UsualPause();
      let atMs = 1e12;
      for (const [i, [pauseMs, furtherMs]] of steps.entries()) {
        if (i === cut) resumed = UsualPause.restore(JSON.parse(JSON.stringify(resumed.save())));
        atMs += furtherMs;
        whole.record(pauseMs, atMs);
        resumed.record(pauseMs, atMs);
        assert.equal(resumed.usualMs, whole.usualMs);
      }
    }),
  );
});
