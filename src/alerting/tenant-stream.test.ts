/** What is known of a tenant's lines as a whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TenantStream } from './tenant-stream.ts';
import { batchOf } from './conditions/matched-lines.test-support.ts';

const t0 = Date.UTC(2026, 2, 1);
const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function take(stream: TenantStream, atMs: number, service = 'a'): void {
  stream.take(batchOf([{ atMs, service }]), atMs);
}

/** Arrivals each step, ticks each half second between. */
function listen(stream: TenantStream, fromMs: number, toMs: number, stepMs: number): void {
  let nextMs = fromMs;
  for (let atMs = fromMs; atMs < toMs; atMs += 500) {
    if (atMs >= nextMs) {
      take(stream, atMs);
      nextMs += stepMs;
    }
    stream.tick(atMs);
  }
}

test('a pause of all that is unusual ends with the line that comes', () => {
  const stream = new TenantStream();
  listen(stream, t0, t0 + hourMs, secondMs);
  for (let atMs = t0 + hourMs; atMs < t0 + hourMs + 5 * minuteMs; atMs += 500) stream.tick(atMs);
  assert.equal(stream.resumedMs, -Infinity);
  take(stream, t0 + hourMs + 5 * minuteMs);
  assert.equal(stream.resumedMs, t0 + hourMs + 5 * minuteMs);
  assert.equal(stream.lastArrivalMs, t0 + hourMs + 5 * minuteMs);
  assert.equal(stream.listeningMs, t0, 'somebody listened all the time');
});

test('the usual pause of a tenant that sends seldom is none to be told', () => {
  const stream = new TenantStream();
  listen(stream, t0, t0 + 3 * hourMs, 10 * minuteMs);
  assert.equal(stream.resumedMs, t0 + 10 * minuteMs, 'the first such pause was not usual yet');
});

test('a break in listening is told, whatever comes first after it', () => {
  for (const first of ['line', 'tick'] as const) {
    const stream = new TenantStream();
    listen(stream, t0, t0 + minuteMs, secondMs);
    assert.equal(stream.listeningMs, t0);
    const backMs = t0 + 10 * minuteMs;
    if (first === 'line') take(stream, backMs);
    else stream.tick(backMs);
    assert.equal(stream.listeningMs, backMs);
    stream.tick(backMs + 5000);
    assert.equal(stream.listeningMs, backMs, 'ticks of catching up are no breaks');
  }
});

test('ticks of an evaluator that is behind are no listening', () => {
  const stream = new TenantStream();
  listen(stream, t0, t0 + minuteMs, secondMs);
  const heardMs = stream.heardMs;
  for (let atMs = t0 + minuteMs; atMs < t0 + 3 * hourMs; atMs += 10 * secondMs) stream.tick(atMs, t0 + 3 * hourMs - atMs);
  for (let atMs = t0 + 3 * hourMs - 5 * secondMs; atMs <= t0 + 3 * hourMs; atMs += 500) stream.tick(atMs);
  assert.deepEqual([stream.heardMs, stream.listeningMs], [heardMs, t0], 'the rest of the way to the present is no listening either');
  take(stream, t0 + 3 * hourMs);
  stream.tick(t0 + 3 * hourMs + 5000);
  assert.deepEqual([stream.heardMs, stream.listeningMs], [t0 + 3 * hourMs + 5000, t0 + 3 * hourMs]);
});

test('a clock that jumps ahead and back does not hold the time for ever', () => {
  const stream = new TenantStream();
  listen(stream, t0, t0 + minuteMs, secondMs);
  take(stream, t0 + 1000 * hourMs);
  take(stream, t0 + minuteMs + secondMs);
  assert.equal(stream.lastArrivalMs, t0 + minuteMs + secondMs);
  assert.equal(stream.listeningMs, t0 + minuteMs + secondMs);
});

test('services are known since their first line', () => {
  const stream = new TenantStream();
  take(stream, t0, 'a');
  take(stream, t0 + 5, 'b');
  take(stream, t0 + 9, 'a');
  assert.deepEqual([stream.serviceSinceMs('a'), stream.serviceSinceMs('b'), stream.serviceSinceMs('c')], [t0, t0 + 5, undefined]);
});

test('saved and restored it is the same', () => {
  const stream = new TenantStream();
  const empty = new TenantStream();
  empty.restore(JSON.parse(JSON.stringify(stream.save())));
  assert.equal(empty.lastArrivalMs, -Infinity);
  listen(stream, t0, t0 + 2 * hourMs, 7 * secondMs);
  take(stream, t0 + 3 * hourMs, 'b');
  const restored = new TenantStream();
  restored.restore(JSON.parse(JSON.stringify(stream.save())));
  assert.deepEqual(restored.save(), stream.save());
  for (const one of [stream, restored]) take(one, t0 + 3 * hourMs + 30 * secondMs, 'c');
  assert.deepEqual(restored.save(), stream.save());
});
