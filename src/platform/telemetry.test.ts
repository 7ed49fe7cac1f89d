import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { Clock } from './clock.ts';
import type { LogRecord } from './telemetry.ts';
import { Telemetry, childLogger, forwardingLogger } from './telemetry.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly time: string;
  readonly repeated?: number;
  readonly held_back?: number;
  readonly [field: string]: unknown;
}

function setup({ maxLinesPerSecond = 100, repeatWindowMs = 10_000, level = 'info' as const } = {}) {
  const lines: Line[] = [];
  let nowMs = 0;
  const clock: Clock = { nowMs: () => 1_700_000_000_000 + nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
  const telemetry = new Telemetry({
    clock,
    level,
    maxLinesPerSecond,
    repeatWindowMs,
    write: (line) => lines.push(JSON.parse(line)),
    base: { role: 'all' },
  });
  return { lines, telemetry, advance: (ms: number) => (nowMs += ms) };
}

const brief = ({ level, message, repeated, held_back }: Line) => [
  level,
  message,
  ...(repeated ? [repeated] : []),
  ...(held_back ? [held_back] : []),
];

test('writes JSON lines with level, time, message, base and fields', () => {
  const { lines, telemetry } = setup();
  telemetry.info({ shard: 3 }, 'opened');
  assert.deepEqual(lines, [{ level: 'info', time: '2023-11-14T22:13:20.000Z', role: 'all', shard: 3, message: 'opened' }]);
});

test('leaves out what is under the level', () => {
  const { lines, telemetry } = setup();
  telemetry.debug({}, 'detail');
  assert.deepEqual(lines, []);
});

test('errors keep name, code, details, stack and cause', () => {
  const { lines, telemetry } = setup();
  telemetry.error(
    { error: new AppError('log_full', 'full', { details: { setting: 'log.max_bytes' }, cause: new Error('disk') }) },
    'append failed',
  );
  const error = lines[0].error as Record<string, unknown>;
  assert.equal(error.code, 'log_full');
  assert.deepEqual(error.details, { setting: 'log.max_bytes' });
  assert.match(String(error.stack), /AppError: full/);
  assert.equal((error.cause as Record<string, unknown>).message, 'disk');
});

describe('repetitions', () => {
  test('are written once, then as a count at the end of the window', () => {
    const { lines, telemetry, advance } = setup();
    for (let i = 0; i < 50; i++) {
      telemetry.warn({ attempt: i }, 'engine is down');
      advance(100);
    }
    assert.deepEqual(lines.map(brief), [['warn', 'engine is down']]);
    advance(5000);
    telemetry.flush();
    assert.deepEqual(lines.map(brief), [
      ['warn', 'engine is down'],
      ['warn', 'engine is down', 49],
    ]);
    telemetry.warn({}, 'engine is down');
    assert.equal(lines.length, 3, 'a new window begins with a line');
  });
  test('differ by level, message and code', () => {
    const { lines, telemetry } = setup();
    telemetry.warn({}, 'a');
    telemetry.error({}, 'a');
    telemetry.warn({}, 'b');
    telemetry.warn({ code: 'x' }, 'a');
    telemetry.warn({ error: new AppError('log_full', 'm') }, 'a');
    telemetry.warn({ error: new AppError('log_full', 'other') }, 'a');
    assert.equal(lines.length, 5);
  });
  test('an unrepeated line leaves no count', () => {
    const { lines, telemetry, advance } = setup();
    telemetry.info({}, 'once');
    advance(60_000);
    telemetry.flush();
    assert.equal(lines.length, 1);
  });
  test('close tells what is counted', () => {
    const { lines, telemetry } = setup();
    telemetry.info({}, 'x');
    telemetry.info({}, 'x');
    telemetry.close();
    assert.deepEqual(lines.map(brief), [
      ['info', 'x'],
      ['info', 'x', 1],
    ]);
  });
});

describe('the cap', () => {
  test('holds back the rest of the second and tells how many', () => {
    const { lines, telemetry, advance } = setup({ maxLinesPerSecond: 5 });
    for (let i = 0; i < 20; i++) telemetry.info({}, `line ${i}`);
    assert.equal(lines.length, 5);
    advance(1000);
    telemetry.info({}, 'next second');
    assert.deepEqual(lines.slice(5).map(brief), [
      ['warn', 'log lines were held back', 15],
      ['info', 'next second'],
    ]);
    assert.equal(lines[5].setting, 'telemetry.max_lines_per_second');
  });
  test('a clock that stands still loses no count', () => {
    const { lines, telemetry } = setup({ maxLinesPerSecond: 1 });
    telemetry.info({}, 'a');
    telemetry.info({}, 'b');
    telemetry.close();
    assert.deepEqual(lines.map(brief), [
      ['info', 'a'],
      ['warn', 'log lines were held back', 1],
    ]);
  });
});

test('property: written + counted = logged, and no second has more than the cap', () => {
  const step = fc.record({ pauseMs: fc.constantFrom(0, 0, 0, 1, 50, 400, 1000, 3000), message: fc.integer({ min: 0, max: 12 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 8 }), (steps, maxLinesPerSecond) => {
      const { lines, telemetry, advance } = setup({ maxLinesPerSecond, repeatWindowMs: 2000 });
      for (const { pauseMs, message } of steps) {
        advance(pauseMs);
        telemetry.info({}, `m${message}`);
      }
      const times = lines.map(({ time }) => Date.parse(time));
      for (let i = maxLinesPerSecond; i < times.length; i++) assert.ok(times[i] - times[i - maxLinesPerSecond] >= 1000, `line ${i}`);
      telemetry.close();
      const total = lines.reduce((sum, { repeated, held_back }) => sum + (repeated ?? held_back ?? 1), 0);
      assert.equal(total, steps.length);
    }),
  );
});

test('a worker forwards records that survive a structured clone', () => {
  const records: LogRecord[] = [];
  const logger = childLogger(
    forwardingLogger((record) => records.push(structuredClone(record))),
    { worker: 1 },
  );
  logger.error({ error: new AppError('internal', 'x'), call: () => 1, big: 5n, map: new Map([[1, 2]]) }, 'failed');
  assert.equal(records[0].fields.worker, 1);
  const { lines, telemetry } = setup();
  telemetry.accept(records[0]);
  telemetry.accept(records[0]);
  assert.equal(lines.length, 1);
  assert.equal((lines[0].error as Record<string, unknown>).code, 'internal');
  assert.equal(lines[0].big, '5');
});
