/** Exports to slow clients, and to those that go. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { searchConfig } from './config.ts';
import type { SearchConfig } from './config.ts';
import { openExport } from './export.ts';
import { FakeLogStore } from './log-store.fake.ts';
import { ManualClock } from './manual-clock.fake.ts';
import { SearchService } from './search-service.ts';

const nowMs = Date.UTC(2025, 6, 15, 11);
const searcher = { tenant: 'default' };
const defaults = Object.fromEntries(
  Object.entries(searchConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as SearchConfig;

/** Lines of 1000 bytes; as many as two fit into what is read ahead. */
function createBed(count: number, settings: Partial<SearchConfig> = {}) {
  const store = new FakeLogStore();
  const clock = new ManualClock(nowMs);
  const { runner } = new SearchService({ store, clock, config: { ...defaults, export_read_ahead: 2000, export_turn: 5000, ...settings } });
  for (let index = 0; index < count; index++) store.add({ tsMs: nowMs - 1000 * (count - index), message: `${index} `.padEnd(1000, 'x') });
  return { store, clock, runner };
}

const request = { order: 'asc', format: { kind: 'raw' } } as const;
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
};
const firstNumber = (bytes: Uint8Array): number => Number.parseInt(Buffer.from(bytes).toString(), 10);

test('a client that takes nothing holds its turn for a while only, and what is read ahead is bounded', async () => {
  const { store, clock, runner } = createBed(40);
  const opened = await openExport(runner, request, searcher, new AbortController().signal);
  await settle();
  assert.equal(runner.status().pools.export, 1);
  clock.advance(6000);
  await settle();
  assert.equal(runner.status().pools.export, 0, 'the turn was given back');
  const asked = store.asked.length;
  clock.advance(60_000);
  await settle();
  assert.equal(store.asked.length, asked, 'nothing is read while there is no room');
  const numbers: number[] = [];
  for await (const { bytes } of opened.lines) numbers.push(firstNumber(bytes));
  assert.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, index) => index),
  );
  const { lineCount, complete, cursor } = opened.end();
  assert.deepEqual([lineCount, complete, cursor, opened.wholeLines()], [40, true, undefined, 40]);
});

test('who goes ends the reading, by the signal or by reading no further', async () => {
  for (const how of ['signal', 'return'] as const) {
    const { clock, runner } = createBed(40);
    const client = new AbortController();
    const opened = await openExport(runner, request, searcher, client.signal);
    await opened.lines.next();
    if (how === 'signal') client.abort();
    else await opened.lines.return(undefined);
    await settle();
    clock.advance(6000);
    await settle();
    assert.equal(runner.status().pools.export, 0, how);
    const { complete, cursor } = opened.end();
    assert.deepEqual([complete, cursor !== undefined], [false, true], how);
  }
});

test('an engine that is away for a moment costs time, no line', async () => {
  const { store, clock, runner } = createBed(12, { export_read_ahead: 1_000_000 });
  const find = store.findLines.bind(store);
  let asked = 0;
  store.findLines = (...question) =>
    ++asked === 2 || asked === 3
      ? Promise.reject(new AppError('search_unavailable', 'it restarts', { retryAfterMs: 1000 }))
      : find(...question);
  const opened = await openExport(runner, request, searcher, new AbortController().signal);
  const numbers: number[] = [];
  const reading = (async () => {
    for await (const { bytes } of opened.lines) numbers.push(firstNumber(bytes));
  })();
  for (let turn = 0; turn < 5; turn++) {
    await settle();
    clock.advance(2000);
  }
  await reading;
  assert.deepEqual([numbers.length, opened.end().complete], [12, true]);
});
