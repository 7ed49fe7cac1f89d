import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { searchConfig } from './config.ts';
import type { SearchConfig } from './config.ts';
import { FakeLogStore } from './log-store.fake.ts';
import { ManualClock } from './manual-clock.fake.ts';
import { SearchService } from './search-service.ts';
import type { AggregateResult, SearchEvent } from './search-service.ts';

const minuteMs = 60_000;
const nowMs = Date.UTC(2025, 6, 15, 12);
const defaults = Object.fromEntries(
  Object.entries(searchConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as SearchConfig;
const acme = { tenant: 'acme' };
const never = new AbortController().signal;
const fixed = { from: new Date(nowMs - 60 * minuteMs).toISOString(), to: new Date(nowMs).toISOString() };

function createBed(custom: Partial<SearchConfig> = {}) {
  const store = new FakeLogStore();
  const clock = new ManualClock(nowMs);
  const events: SearchEvent[] = [];
  const service = new SearchService({ store, clock, config: { ...defaults, ...custom }, observe: (event) => events.push(event) });
  const add = (agoMs: number, tenant = 'acme', service = 'pay'): void =>
    void store.add({ tenant, tsMs: clock.nowMs() - agoMs, message: 'm', service });
  const search = (timeRange: object = fixed, tenant = 'acme', signal = never) =>
    service.search({ timeRange, limit: 100 }, { tenant }, signal);
  const asked = (kind: string): number => store.asked.filter((question) => question.kind === kind).length;
  return { store, clock, service, events, add, search, asked };
}

test('an answer is given again while no line of its range changed, and says so', async () => {
  const { search, add, asked, events, service } = createBed();
  add(10 * minuteMs);
  const first = await search();
  const again = await search();
  assert.deepEqual([first.cached, again.cached, again.scannedRows], [undefined, true, 0]);
  assert.deepEqual(again.lines, first.lines);
  assert.equal(asked('find'), 1);
  add(-5 * minuteMs);
  assert.equal((await search()).cached, true, 'a line outside of the range changes nothing');
  add(30 * minuteMs);
  const late = await search();
  assert.deepEqual([late.cached, late.total], [undefined, 2], 'a late line does');
  assert.deepEqual(
    events.map(({ cached }) => cached),
    [false, true, true, false],
  );
  assert.equal(service.status().cache.hits, 2);
});

test('replays and losses make every answer anew; incomplete ones are not kept; never across tenants', async () => {
  const { search, add, store, asked } = createBed();
  add(10 * minuteMs);
  await search();
  store.upheavals++;
  assert.equal((await search()).cached, undefined);
  assert.equal((await search(fixed, 'other')).total, 0);
  store.upheavals++;
  store.incompleteReason = 'lines are being replayed';
  await search();
  store.incompleteReason = undefined;
  const whole = await search();
  assert.deepEqual([whole.cached, whole.complete], [undefined, true]);
  assert.equal(asked('find'), 5);
});

test('a kept page goes on for whoever asks for it, however they write its range', async () => {
  const { service, add } = createBed();
  for (let index = 1; index <= 6; index++) add(index * 1000);
  const ask = (timeRange: object | undefined, cursor?: string) =>
    service.search({ limit: 3, ...(timeRange ? { timeRange } : {}), ...(cursor === undefined ? {} : { cursor }) }, acme, never);
  const first = await ask({ from: 'now-1h', to: 'now' });
  const second = await ask({ to: 'now' });
  assert.equal(second.cached, true);
  assert.equal((await ask({ to: 'now' }, second.nextCursor)).lines.length, 3);
  assert.equal((await ask({ from: 'now-1h', to: 'now' }, first.nextCursor)).lines.length, 3);
});

test('the memory of answers is bounded, the least used go first; 0 keeps none', async () => {
  const { search, add, service } = createBed({ cache_bytes: 8000 });
  add(10 * minuteMs);
  const rangeOf = (turn: number) => ({ ...fixed, from: new Date(nowMs - 60 * minuteMs - turn).toISOString() });
  for (let turn = 0; turn < 50; turn++) {
    await search(rangeOf(turn));
    await search(rangeOf(0));
    assert.ok(service.status().cache.bytes <= 8000);
  }
  assert.ok(service.status().cache.entries > 1);
  assert.equal((await search(rangeOf(0))).cached, true);
  assert.equal((await search(rangeOf(1))).cached, undefined);
  const none = createBed({ cache_bytes: 0 });
  await none.search();
  assert.equal((await none.search()).cached, undefined);
});

test('what is asked at the same time is asked once; one who goes leaves the others their answer', async () => {
  const { search, add, store, asked, clock } = createBed();
  add(10 * minuteMs);
  store.held.add('find');
  const leaving = new AbortController();
  const first = search({ last: '1h' }, 'acme', leaving.signal);
  first.catch(() => undefined);
  await store.untilAsked(1);
  clock.advance(5);
  const others = [search({ last: '1h' }), search({ last: '1h' })];
  const elsewhere = search({ last: '1h' }, 'other');
  await setImmediate();
  leaving.abort();
  await assert.rejects(first, { code: 'cancelled' });
  await setImmediate();
  store.release();
  assert.deepEqual(
    (await Promise.all(others)).map(({ total }) => total),
    [1, 1],
  );
  assert.equal((await elsewhere).total, 0);
  assert.deepEqual([asked('find'), store.abortedCount], [2, 0]);
});

test('a question under way is not joined by who may already know of newer lines', async () => {
  const { search, add, store, asked } = createBed();
  store.held.add('find');
  const before = search({ last: '1h' });
  await store.untilAsked(1);
  add(minuteMs);
  const behind = search({ last: '1h' });
  await store.untilAsked(2);
  store.release();
  await before;
  assert.equal((await behind).total, 1);
  assert.ok(asked('find') >= 2);
});

test('when the last of them goes the question ends in the store', async () => {
  const { search, store, service } = createBed();
  store.held.add('find');
  const leaving = new AbortController();
  const both = [search({ last: '1h' }, 'acme', leaving.signal), search({ last: '1h' }, 'acme', leaving.signal)];
  await store.untilAsked(1);
  await setImmediate();
  leaving.abort();
  assert.deepEqual(
    (await Promise.allSettled(both)).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await setImmediate();
  assert.deepEqual([store.abortedCount, service.status().running], [1, 0]);
});

test('an aggregation by steps reads only what is new or has changed', async () => {
  const { add, clock, service, store } = createBed();
  for (let minute = 1; minute <= 60; minute++) add(minute * minuteMs - 1000);
  const ask = () => service.aggregate({ timeRange: { last: '1h' }, interval: '1m', metric: 'count' }, acme, never);
  const first = await ask();
  clock.advance(90_000);
  add(1000);
  const again = await ask();
  assert.deepEqual([first.cached, again.cached], [undefined, true]);
  assert.ok(again.scannedRows < 5, `${again.scannedRows} lines were read again`);
  store.upheavals++;
  assert.equal((await ask()).cached, undefined);
});

test('whatever lines come when, an aggregation by steps is what it is without a cache', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), agoMs: fc.integer({ min: 0, max: 20 * minuteMs }) }),
    fc.record({ kind: fc.constant('advance' as const), byMs: fc.integer({ min: 1, max: 3 * minuteMs }) }),
    fc.record({
      kind: fc.constant('ask' as const),
      minutes: fc.constantFrom(3, 7, 10),
      metric: fc.constantFrom('count', 'rate', 'distinct(service)'),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { add, clock, service, store } = createBed();
      const plain = new SearchService({ store, clock, config: { ...defaults, cache_bytes: 0 } });
      for (const [index, action] of steps.entries()) {
        if (action.kind === 'add') add(action.agoMs, 'acme', `s${index % 3}`);
        else if (action.kind === 'advance') clock.advance(action.byMs);
        else {
          const request = { timeRange: { last: `${action.minutes}m` }, interval: '1m', metric: action.metric, groupBy: ['service'] };
          const figures = ({ buckets, range }: AggregateResult) => ({ buckets, range });
          assert.deepEqual(figures(await service.aggregate(request, acme, never)), figures(await plain.aggregate(request, acme, never)));
        }
      }
    }),
    { numRuns: 150 },
  );
});
