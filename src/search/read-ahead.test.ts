import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadAhead } from './read-ahead.ts';

const item = (name: string, bytes: number) => ({ name, bytes: new Uint8Array(bytes) });

test('items come in their order, also those that came before anybody asked, and end with the last', async () => {
  const ahead = new ReadAhead<ReturnType<typeof item>>(100);
  ahead.push(item('a', 1));
  const names: string[] = [];
  const reading = (async () => {
    for await (const { name } of ahead.items()) names.push(name);
  })();
  ahead.push(item('b', 1));
  await new Promise((resolve) => setImmediate(resolve));
  ahead.push(item('c', 1));
  ahead.close();
  await reading;
  assert.deepEqual(names, ['a', 'b', 'c']);
});

test('a writer waits while it is full, until some was taken or it is told to stop', async () => {
  const ahead = new ReadAhead<ReturnType<typeof item>>(10);
  const { signal } = new AbortController();
  ahead.push(item('a', 8));
  await ahead.room(signal);
  ahead.push(item('b', 8));
  assert.equal(ahead.isFull, true);
  let hasRoom = false;
  const waiting = ahead.room(signal).then(() => (hasRoom = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(hasRoom, false);
  const reader = ahead.items();
  await reader.next();
  await waiting;
  assert.equal(ahead.isFull, false);

  ahead.push(item('c', 80));
  const stop = new AbortController();
  const stopped = ahead.room(stop.signal);
  stop.abort();
  await stopped;
  assert.equal(ahead.isFull, true);
});
