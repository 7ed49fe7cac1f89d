import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { searchConfig } from './config.ts';
import type { SearchConfig } from './config.ts';
import { Handoff } from './handoff.ts';
import { FakeLogStore } from './log-store.fake.ts';
import { ManualClock } from './manual-clock.fake.ts';
import { QueryRunner } from './query-runner.ts';
import type { SearchEvent } from './query-runner.ts';
import { openStream } from './streamed-search.ts';
import type { StreamEnd, StreamRecord, StreamRequest } from './streamed-search.ts';

const nowMs = Date.UTC(2025, 6, 15, 12);
const defaults = Object.fromEntries(
  Object.entries(searchConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as SearchConfig;
const acme = { tenant: 'acme' };
const range = { from: 'now-1h', to: 'now' };

function createStreams(lines: number, custom: Partial<SearchConfig> = {}) {
  const store = new FakeLogStore();
  const clock = new ManualClock(nowMs);
  const events: SearchEvent[] = [];
  const runner = new QueryRunner({ store, clock, config: { ...defaults, ...custom }, observe: (event) => events.push(event) });
  for (let index = 0; index < lines; index++) store.add({ tenant: 'acme', tsMs: nowMs - 1000 * (index + 1), message: `line ${index}` });
  const abort = new AbortController();
  const open = (request: StreamRequest = {}) => openStream(runner, { timeRange: range, ...request }, acme, abort.signal);
  return { store, clock, runner, events, open, abort };
}

const all = async (records: AsyncIterable<StreamRecord>): Promise<StreamRecord[]> => {
  const taken: StreamRecord[] = [];
  for await (const record of records) taken.push(record);
  return taken;
};
const messages = (records: readonly StreamRecord[]): string[] =>
  records.flatMap((record) => (record.kind === 'lines' ? record.lines.map(({ message }) => message) : []));
const endOf = (records: readonly StreamRecord[]): StreamEnd => {
  const last = records.at(-1);
  assert.ok(last?.kind === 'end');
  return last.end;
};
const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => `line ${from + index}`);
/** Lets everything run that needs no timer. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
};

test('all lines, newest first, with progress between, and an end that covers the range', async () => {
  const { open, store, runner } = createStreams(10);
  const records = await all(await open({ limit: 100, withTotal: true }));
  assert.deepEqual(messages(records), names(0, 10));
  const progress = records.flatMap((record) => (record.kind === 'progress' ? [record.progress] : []));
  assert.deepEqual(
    progress.map(({ found }) => found),
    [3, 6, 9, 10],
  );
  assert.ok(progress.every(({ share }, index) => share <= 1 && (index === 0 || share > progress[index - 1].share)));
  assert.equal(progress.at(-1)?.share, 1);
  const end = endOf(records);
  assert.deepEqual([end.complete, end.found, end.total, end.nextCursor], [true, 10, { total: 10, totalRelation: 'eq' }, undefined]);
  assert.deepEqual(end.covered, { fromNs: end.range.fromNs, toNs: end.range.toNs });
  assert.deepEqual([store.openStreams, runner.status().running], [0, 0]);
});

for (const order of ['desc', 'asc'] as const) {
  test(`streams of any size by cursors give every line once, ${order}`, async () => {
    const { open } = createStreams(25);
    const seen: string[] = [];
    let cursor: string | undefined;
    let streams = 0;
    do {
      const records = await all(await open({ limit: 7, order, ...(cursor === undefined ? {} : { cursor }) }));
      seen.push(...messages(records));
      cursor = endOf(records).nextCursor;
      streams++;
    } while (cursor !== undefined);
    assert.deepEqual(seen, order === 'desc' ? names(0, 25) : names(0, 25).reverse());
    assert.equal(streams, 4);
  });
}

test('the store is asked for no more than the client takes', async () => {
  const { open, store } = createStreams(100);
  const records = await open({ limit: 100 });
  await records.next();
  await settle();
  const asked = store.asked.length;
  assert.ok(asked <= 2, `${asked} steps were read for one that was taken`);
  await records.return(undefined);
});

test('a client that stops keeps what came, and the search ends', async () => {
  const { open, store, runner, events } = createStreams(100);
  const records = await open({ limit: 100 });
  const first = await records.next();
  assert.ok(first.value?.kind === 'lines');
  await records.return(undefined);
  await settle();
  assert.deepEqual([store.openStreams, runner.status().running], [0, 0]);
  assert.deepEqual(
    events.map(({ kind, outcome }) => [kind, outcome]),
    [['stream', 'cancelled']],
  );
});

test('a client that goes before it has read anything ends the search too', async () => {
  const { open, store, runner, abort } = createStreams(100);
  await open({ limit: 100 });
  abort.abort();
  await settle();
  assert.deepEqual([store.openStreams, runner.status().running], [0, 0]);
});

test('when the time is up the end says what was covered, and the cursor goes on from there', async () => {
  const { open, store, clock } = createStreams(10);
  const records = await open({ limit: 100 });
  const taken = [(await records.next()).value, (await records.next()).value] as StreamRecord[];
  store.held.add('find');
  // The step that was read ahead is still there.
  taken.push((await records.next()).value as StreamRecord, (await records.next()).value as StreamRecord);
  const rest = all(records);
  await settle();
  clock.advance(40_000);
  const end = endOf(await rest);
  assert.deepEqual([end.complete, end.error?.code, end.found], [false, 'query_timeout', 6]);
  assert.deepEqual(messages(taken), names(0, 6));
  assert.equal(end.covered.fromNs, BigInt(nowMs - 6000) * 1_000_000n + 1n);
  assert.equal(store.openStreams, 0);
  store.release();
  assert.deepEqual(messages(await all(await open({ limit: 100, cursor: end.nextCursor }))), names(6, 10));
});

test('the bound of scanned lines ends it with a reason and a cursor', async () => {
  const { open } = createStreams(10, { max_scanned_rows: 4 });
  const end = endOf(await all(await open({ query: 'message:"line 9"', limit: 100 })));
  assert.deepEqual([end.complete, end.found], [false, 0]);
  assert.match(end.reason ?? '', /scanned/);
  assert.ok(end.nextCursor !== undefined);
});

test('what is wrong before the first line is an error, afterwards it is in the end', async () => {
  const { open, store } = createStreams(10);
  await assert.rejects(open({ query: 'service:(' }), { code: 'query_syntax' });
  store.failures.set('find', new AppError('search_unavailable', 'the storage engine does not answer'));
  await assert.rejects(open(), { code: 'search_unavailable' });
  const records = await open({ limit: 100 });
  await records.next();
  store.failures.set('find', new AppError('search_unavailable', 'the storage engine does not answer'));
  const end = endOf(await all(records));
  assert.deepEqual([end.complete, end.error?.code, end.reason], [false, 'search_unavailable', 'the storage engine does not answer']);
});

test('a total that cannot be counted in time is a lower bound', async () => {
  const { open, store, clock } = createStreams(4);
  store.held.add('count');
  const records = await open({ limit: 100, withTotal: true });
  const rest = all(records);
  await settle();
  clock.advance(defaults.count_timeout);
  assert.deepEqual(endOf(await rest).total, { total: 4, totalRelation: 'gte' });
});

test('a hand-over keeps order, ends, and frees a producer whose consumer went', async () => {
  const handoff = new Handoff<number>();
  const abort = new AbortController();
  const produce = (async () => {
    for (const value of [1, 2, 3]) await handoff.push(value, abort.signal);
    handoff.end();
  })();
  assert.deepEqual([await handoff.take(), await handoff.take()], [1, 2]);
  await settle();
  abort.abort();
  await produce;
  assert.deepEqual([await handoff.take(), await handoff.take()], [3, undefined]);
});
