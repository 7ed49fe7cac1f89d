import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSearch } from './line-search.ts';
import type { OpenPage, SearchRecord } from './line-search.ts';

const line = (id: string): SearchRecord => ({ id }) as SearchRecord;
const end = (cursor: string | null, facts: object = {}): SearchRecord =>
  ({
    end: { complete: true, next_cursor: cursor, covered_range: { from: 'b', to: 'c' }, took_ms: 5, scanned: 10, ...facts },
  }) as SearchRecord;

/** Renders at once; `settled` waits until nothing is under way. */
function search(open: OpenPage): { search: LineSearch; settled: () => Promise<void>; ids: () => string } {
  const made = new LineSearch(open, (run) => queueMicrotask(run));
  const settled = async (): Promise<void> => {
    do await new Promise(setImmediate);
    while (made.snapshot().status === 'running');
  };
  return {
    search: made,
    settled,
    ids: () =>
      made
        .snapshot()
        .lines.map(({ id }) => id)
        .join(''),
  };
}

test('pages follow one another by their cursors', async () => {
  const asked: (string | undefined)[] = [];
  const made = search(async function* (cursor) {
    asked.push(cursor);
    yield cursor === undefined ? [line('a'), line('b')] : [line('c')];
    yield [
      end(cursor === undefined ? 'next' : null, { covered_range: cursor === undefined ? { from: 'b', to: 'c' } : { from: 'a', to: 'b' } }),
    ];
  });
  made.search.more();
  made.search.more();
  await made.settled();
  assert.deepEqual([made.ids(), made.search.snapshot().status, made.search.snapshot().hasMore], ['ab', 'done', true]);
  made.search.more();
  await made.settled();
  made.search.more();
  await made.settled();
  const { lines, hasMore, covered, tookMs, scanned } = made.search.snapshot();
  assert.deepEqual([lines.length, hasMore, covered, tookMs, scanned], [3, false, { from: 'a', to: 'c' }, 10, 20]);
  assert.deepEqual(asked, [undefined, 'next']);
});

test('what was stopped keeps what came', async () => {
  let aborted = false;
  const made = search(async function* (_, signal) {
    signal.addEventListener('abort', () => (aborted = true));
    yield [line('a'), { progress: { searched_to: 't', share: 0.25, found: 1, scanned: 7 } }];
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    yield [line('b')];
  });
  made.search.more();
  while (made.ids() !== 'a') await new Promise(setImmediate);
  assert.deepEqual(made.search.snapshot().progress, { searchedTo: 't', share: 0.25, scanned: 7 });
  made.search.stop();
  await made.settled();
  assert.deepEqual([made.ids(), made.search.snapshot().status, aborted], ['a', 'stopped', true]);
});

test('an answer that ends early says so, and goes on from its cursor', async () => {
  const made = search(async function* (cursor) {
    yield cursor === undefined ? [line('a'), end('next', { complete: false, reason: 'search.timeout' })] : [line('b'), end(null)];
  });
  made.search.more();
  await made.settled();
  assert.deepEqual([made.search.snapshot().status, made.search.snapshot().reason], ['partial', 'search.timeout']);
  made.search.more();
  await made.settled();
  assert.deepEqual([made.ids(), made.search.snapshot().status, made.search.snapshot().reason], ['ab', 'done', undefined]);
});

test('what fails can be asked again, and a page that broke off is no end', async () => {
  let tries = 0;
  const made = search(async function* () {
    if (++tries === 1) throw new Error('away');
    yield [line('a')];
    if (tries > 2) yield [end(null)];
  });
  made.search.more();
  await made.settled();
  assert.equal((made.search.snapshot().error as Error).message, 'away');
  made.search.more();
  await made.settled();
  assert.deepEqual([made.ids(), (made.search.snapshot().error as Error).message], ['a', 'the answer broke off']);
  made.search.more();
  await made.settled();
  assert.deepEqual([made.ids(), made.search.snapshot().status], ['a', 'done']);
});

test('lines that wait for a frame are lost by no next page, and none is shown as ended without them', async () => {
  const frames: (() => void)[] = [];
  const made = new LineSearch(
    async function* (cursor) {
      yield cursor === undefined ? [line('a'), line('b'), end('next')] : [line('c'), end(null)];
    },
    (run) => void frames.push(run),
  );
  made.more();
  await new Promise(setImmediate);
  assert.deepEqual([made.snapshot().status, made.snapshot().lines.length], ['running', 0]);
  made.more();
  await new Promise(setImmediate);
  for (const run of frames.splice(0)) run();
  const { status, lines } = made.snapshot();
  assert.deepEqual([status, lines.map(({ id }) => id).join('')], ['done', 'abc']);
});
