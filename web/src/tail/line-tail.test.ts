import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '../log-list/line-fields.ts';
import { LineTail } from './line-tail.ts';
import type { OpenTail, TailEvent } from './line-tail.ts';

const line = (id: string): TailEvent => ({ kind: 'line', line: { id } as LogLine, cursor: `after ${id}` });

/** Handfuls are given to whoever is connected. */
function source() {
  const asked: (string | undefined)[] = [];
  const queue: (readonly TailEvent[] | Error)[] = [];
  let wake = (): void => {};
  const open: OpenTail = async function* (cursor, signal) {
    asked.push(cursor);
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      const next = queue.shift();
      if (next instanceof Error) throw next;
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else yield next;
    }
  };
  const give = (next: readonly TailEvent[] | Error): void => {
    queue.push(next);
    wake();
  };
  return { asked, open, give };
}

function tailOf(open: OpenTail, maxLines = 100): { tail: LineTail; ids: () => string; followed: Promise<void> } {
  const tail = new LineTail({
    open,
    schedule: queueMicrotask,
    sleep: () => new Promise(setImmediate),
    isFinal: (error) => (error as Error).message === 'wrong',
    maxLines,
  });
  return {
    tail,
    ids: () =>
      tail
        .snapshot()
        .lines.map(({ id }) => id)
        .join(''),
    followed: tail.follow(),
  };
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
};

test('lines come in newest first', async () => {
  const { open, give } = source();
  const { tail, ids, followed } = tailOf(open);
  give([line('a'), line('b')]);
  give([line('c'), { kind: 'dropped', count: 7 }]);
  await settled();
  assert.deepEqual([ids(), tail.snapshot().dropped, tail.snapshot().state], ['cba', 7, 'open']);
  tail.close();
  await followed;
  assert.equal(tail.snapshot().state, 'closed');
});

test('while it is paused lines wait and are counted', async () => {
  const { open, give } = source();
  const { tail, ids } = tailOf(open, 3);
  give([line('a')]);
  await settled();
  tail.pause(true);
  give([line('b'), line('c')]);
  await settled();
  assert.deepEqual([ids(), tail.snapshot().waiting], ['a', 2]);
  give([line('d'), line('e')]);
  await settled();
  assert.deepEqual([ids(), tail.snapshot().waiting, tail.snapshot().dropped], ['a', 3, 1], 'what waits is bounded, and said');
  tail.pause(false);
  await settled();
  assert.deepEqual([ids(), tail.snapshot().waiting], ['edc', 0]);
  tail.close();
});

test('a broken connection is taken up behind the last line', async () => {
  const { open, give, asked } = source();
  const { tail, ids } = tailOf(open);
  give([line('a')]);
  await settled();
  give(new Error('away'));
  await settled();
  give([line('b')]);
  await settled();
  assert.deepEqual([ids(), asked, tail.snapshot().state], ['ba', [undefined, 'after a'], 'open']);
  tail.close();
});

test('a question that is wrong is not asked again', async () => {
  const { open, give, asked } = source();
  const { tail, followed } = tailOf(open);
  give(new Error('wrong'));
  await followed;
  assert.deepEqual([asked.length, tail.snapshot().state, (tail.snapshot().error as Error).message], [1, 'failed', 'wrong']);
});
