import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidents } from './incidents.ts';
import { Random } from './random.ts';
import { Simulation, toRecord } from './simulation.ts';
import type { DemoLine } from './simulation.ts';

const startMs = Date.UTC(2025, 6, 15, 10);

function run(minutes: number, seed = 1, stepMs = 1000): DemoLine[] {
  const simulation = new Simulation({ seed, startMs, linesPerSecond: 50 });
  const lines: DemoLine[] = [];
  for (let atMs = stepMs; atMs <= minutes * 60_000; atMs += stepMs) lines.push(...simulation.advance(startMs + atMs));
  return lines;
}

test('the same seed tells the same story, however it is cut into steps', () => {
  assert.deepEqual(run(10, 5, 1000), run(10, 5, 60_000));
  assert.notDeepEqual(run(1, 5), run(1, 6));
});

test('lines come in order of time, none before the start or after the step', () => {
  const simulation = new Simulation({ seed: 3, startMs, linesPerSecond: 100 });
  let lastMs = startMs;
  for (let atMs = startMs + 700; atMs < startMs + 120_000; atMs += 700) {
    for (const line of simulation.advance(atMs)) {
      assert.ok(line.atMs >= lastMs && line.atMs <= atMs, `${lastMs} ≤ ${line.atMs} ≤ ${atMs}`);
      lastMs = line.atMs;
    }
  }
});

test('the rate over a day of the shop is the one asked for, and it has a rhythm', () => {
  const lines = run(48, 2);
  const rate = lines.length / (48 * 60);
  assert.ok(rate > 45 && rate < 55, `rate ${rate}`);
  const perMinute = new Array<number>(48).fill(0);
  for (const line of lines) perMinute[Math.min(47, Math.floor((line.atMs - startMs) / 60_000))]++;
  assert.ok(Math.max(...perMinute) > 1.5 * Math.min(...perMinute), perMinute.join(' '));
});

test('every incident happens within a few hours, its errors too, and afterwards all is as before', () => {
  const simulation = new Simulation({ seed: 9, startMs, linesPerSecond: 50 });
  const seen = new Map<string, { lines: number; errors: number }>();
  const calm = { lines: 0, errors: 0 };
  for (let atMs = startMs; atMs < startMs + 150 * 60_000; atMs += 1000) {
    const title = simulation.incident?.title;
    const tally = title === undefined ? calm : (seen.get(title) ?? { lines: 0, errors: 0 });
    for (const line of simulation.advance(atMs)) {
      tally.lines++;
      if (line.level === 'ERROR' || line.level === 'FATAL' || (line.level === 'WARN' && title?.startsWith('recommendations')))
        tally.errors++;
    }
    if (title !== undefined) seen.set(title, tally);
  }
  const calmShare = calm.errors / calm.lines;
  assert.ok(calmShare > 0 && calmShare < 0.01, `calm ${calmShare}`);
  for (const { title } of incidents) {
    const tally = seen.get(title);
    assert.ok(tally !== undefined, `"${title}" never happened`);
    assert.ok(tally.errors / tally.lines > 2.5 * calmShare, `"${title}": ${tally.errors} of ${tally.lines}, calm ${calmShare}`);
  }
});

test('a trace goes through several services and keeps one span a service', () => {
  const traces = new Map<string, DemoLine[]>();
  for (const line of run(3, 4)) if (line.traceId !== '') traces.set(line.traceId, [...(traces.get(line.traceId) ?? []), line]);
  let widest = 0;
  for (const lines of traces.values()) {
    const spanOf = new Map<string, string>();
    for (const { service, spanId } of lines) {
      assert.equal(spanOf.get(service) ?? spanId, spanId);
      spanOf.set(service, spanId);
    }
    widest = Math.max(widest, spanOf.size);
  }
  assert.ok(widest >= 8, `widest ${widest}`);
});

test('a record has the field names of the native API', () => {
  const line = run(1).find(({ traceId }) => traceId !== '') as DemoLine;
  const record = toRecord(line);
  assert.deepEqual(Object.keys(record).sort(), [
    'environment',
    'host',
    'level',
    'message',
    'metadata',
    'service',
    'span_id',
    'timestamp',
    'trace_id',
  ]);
  assert.equal(record.timestamp, new Date(line.atMs).toISOString());
});

test('random numbers repeat with their seed and keep their bounds', () => {
  const one = new Random(42);
  const two = new Random(42);
  for (let i = 0; i < 1000; i++) {
    assert.equal(one.uint32(), two.uint32());
    const value = one.integer(3, 7);
    assert.equal(value, two.integer(3, 7));
    assert.ok(value >= 3 && value <= 7);
  }
  assert.match(one.hex(32), /^[0-9a-f]{32}$/);
  assert.match(one.hex(12), /^[0-9a-f]{12}$/);
  assert.match(one.token(9), /^[0-9a-z]{9}$/);
});
