/** The tail over the log: what is seen and by whom, what is lost and how it is told, resuming by cursor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { encodeCursor } from '#consumers/tail/cursor.ts';
import { messagesOf, startTestTail, TestReader } from './tail-harness.ts';

const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `line ${from + i}`);

test('a reader sees the matching lines of its tenant from now on, and nothing else', async (t) => {
  const { tail, write, settle } = startTestTail(t);
  await write(['before']);
  const all = new TestReader(tail);
  const errors = new TestReader(tail, 'level:ERROR payment');
  const other = new TestReader(tail, '', { tenant: 'other' });
  await write(['payment one', 'login']);
  await write(['payment two'], { level: 'ERROR' });
  await write(['payment three'], { level: 'ERROR', tenant: 'other', shard: 1 });
  await settle();
  assert.deepEqual(all.messages(), ['payment one', 'login', 'payment two']);
  assert.deepEqual(errors.messages(), ['payment two']);
  assert.deepEqual(other.messages(), ['payment three']);
  assert.deepEqual(tail.status(), {
    subscribers: 3,
    queries: 3,
    position: { 0: 3, 1: 1 },
    matchedLines: 5,
    droppedLines: 0,
    skippedLines: 0,
  });
});

test('onReady is called once until the next take', async (t) => {
  const { tail, write, settle } = startTestTail(t);
  const reader = new TestReader(tail);
  for (let i = 0; i < 5; i += 1) await write([`${i}`]);
  await settle();
  assert.equal(reader.readyCalls, 1);
  assert.deepEqual(reader.messages(2), ['0', '1']);
  assert.equal(reader.readyCalls, 2, 'something is left');
  assert.deepEqual(reader.messages(), ['2', '3', '4']);
  assert.equal(reader.readyCalls, 2);
});

test('a slow reader loses its oldest lines, is told how many, and harms no other', async (t) => {
  const { tail, write, settle } = startTestTail(t, { max_buffered_lines: 10 });
  const slow = new TestReader(tail);
  const quick = new TestReader(tail);
  const seen: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    await write(numbered(4, i * 4));
    await settle();
    seen.push(...quick.messages());
  }
  const delivery = slow.take();
  assert.deepEqual(messagesOf(delivery), numbered(10, 30));
  assert.deepEqual([delivery.dropped, delivery.skipped, delivery.missedBatches], [30, 0, 0]);
  assert.equal(slow.take().dropped, 0, 'told once');
  assert.deepEqual(seen, numbered(40));
});

test('a batch larger than the buffer: only the newest lines are made', async (t) => {
  const { tail, write, settle } = startTestTail(t, { max_buffered_lines: 3 });
  const reader = new TestReader(tail, 'line');
  await write(numbered(1000));
  await settle();
  const delivery = reader.take();
  assert.deepEqual([messagesOf(delivery), delivery.dropped], [numbered(3, 997), 997]);
});

test('the buffer is bounded in bytes too', async (t) => {
  const { tail, write, settle } = startTestTail(t, { max_buffered_bytes: 10_000 });
  const reader = new TestReader(tail);
  for (let i = 0; i < 10; i += 1) await write([`${i} ${'x'.repeat(4000)}`]);
  await settle();
  const delivery = reader.take();
  assert.deepEqual([delivery.lines.length, delivery.dropped], [2, 8]);
});

test('without readers nothing is read; the next one begins at the end', async (t) => {
  const { tail, log, write, settle } = startTestTail(t);
  let reads = 0;
  const openReader = log.openReader.bind(log);
  log.openReader = (shard, from) => {
    reads += 1;
    return openReader(shard, from);
  };
  await write(['nobody sees this']);
  await settle();
  const first = new TestReader(tail);
  first.subscription.close();
  await write(['nor this']);
  await settle();
  assert.equal(reads, 0);
  assert.deepEqual(tail.status().position, {});
  const second = new TestReader(tail);
  await write(['but this']);
  await settle();
  assert.deepEqual(second.messages(), ['but this']);
});

test('leaving and coming at once neither loses nor doubles a line', async (t) => {
  const { tail, write, settle } = startTestTail(t);
  new TestReader(tail).subscription.close();
  const reader = new TestReader(tail);
  await write(['a']);
  await settle();
  assert.deepEqual(reader.messages(), ['a']);
});

test('limits: tails of a tenant and of all', (t) => {
  const { tail } = startTestTail(t, { max_tails: 3, max_tails_per_tenant: 2 });
  const refusedBy = (tenant: string) => {
    let caught: unknown;
    try {
      new TestReader(tail, '', { tenant });
    } catch (error) {
      caught = error;
    }
    assert.ok(caught instanceof AppError);
    assert.equal(caught.code, 'too_many_tails');
    return caught.details.setting;
  };
  const held = [new TestReader(tail), new TestReader(tail)];
  assert.equal(refusedBy('default'), 'tail.max_tails_per_tenant');
  new TestReader(tail, '', { tenant: 'b' });
  assert.equal(refusedBy('c'), 'tail.max_tails');
  held[0].subscription.close();
  held[0].subscription.close();
  new TestReader(tail, '', { tenant: 'c' });
  assert.equal(refusedBy('d'), 'tail.max_tails');
});

test('a cursor resumes exactly behind the line, from any line, over several shards', async (t) => {
  const { tail, write, settle } = startTestTail(t);
  const first = new TestReader(tail, 'line');
  for (let i = 0; i < 6; i += 1) await write(numbered(5, i * 5), { shard: i % 3 });
  await write(['noise'], { shard: 1 });
  await settle();
  const lines = [...first.take().lines];
  assert.equal(lines.length, 30);
  for (const [i, line] of lines.entries()) {
    const resumed = new TestReader(tail, 'line', { cursor: line.cursor() });
    await settle();
    assert.deepEqual(
      resumed.messages().toSorted(),
      lines
        .slice(i + 1)
        .map((later) => later.line.message)
        .toSorted(),
    );
    await write([`line after ${i}`], { shard: i % 2 });
    await settle();
    assert.deepEqual(resumed.messages(), [`line after ${i}`], 'and joins the present');
    lines.push(...first.take().lines);
    resumed.subscription.close();
    if (i === 29) break;
  }
});

test('resuming while lines keep coming loses and doubles none', async (t) => {
  const { tail, write, settle, clock } = startTestTail(t);
  const first = new TestReader(tail);
  await write(numbered(3));
  await settle();
  const { cursor } = first.take();
  const expected: string[] = [];
  for (let i = 0; i < 50; i += 1) {
    expected.push(...numbered(3, 100 + i * 3));
    await write(numbered(3, 100 + i * 3), { shard: i % 2 });
  }
  const resumed = new TestReader(tail, '', { cursor });
  const seen: string[] = [];
  for (let i = 50; i < 100; i += 1) {
    expected.push(...numbered(3, 100 + i * 3));
    await write(numbered(3, 100 + i * 3), { shard: i % 2 });
    clock.advance(1);
    seen.push(...resumed.messages());
  }
  await settle();
  seen.push(...resumed.messages());
  assert.deepEqual(seen.toSorted(), expected.toSorted());
});

test('a slow reader that resumes gets all lines, at its own pace', async (t) => {
  const { tail, write, settle } = startTestTail(t, { max_buffered_lines: 7 });
  const first = new TestReader(tail);
  const { cursor } = first.take();
  for (let i = 0; i < 10; i += 1) await write(numbered(10, i * 10));
  const resumed = new TestReader(tail, '', { cursor });
  const seen: string[] = [];
  for (let i = 0; i < 40; i += 1) {
    await settle();
    const delivery = resumed.take(5);
    assert.equal(delivery.dropped, 0);
    seen.push(...messagesOf(delivery));
  }
  assert.deepEqual(seen, numbered(100));
});

test('the cursor of a catching-up reader resumes too', async (t) => {
  const { tail, write, settle } = startTestTail(t, { max_buffered_lines: 4 });
  const first = new TestReader(tail);
  let { cursor } = first.take();
  for (let i = 0; i < 5; i += 1) await write(numbered(6, i * 6), { shard: i % 2 });
  const seen: string[] = [];
  for (let i = 0; i < 20 && seen.length < 30; i += 1) {
    const reader = new TestReader(tail, '', { cursor });
    await settle();
    const delivery = reader.take(3);
    seen.push(...messagesOf(delivery));
    cursor = delivery.cursor;
    reader.subscription.close();
  }
  assert.deepEqual(seen.toSorted(), numbered(30).toSorted());
});

test('what the log no longer holds is told as missed batches', async (t) => {
  const { tail, log, write, settle } = startTestTail(t);
  const first = new TestReader(tail);
  const { cursor } = first.take();
  for (let i = 0; i < 10; i += 1) await write([`line ${i}`]);
  await settle();
  await log.commit('indexer', new Map([[0, 6]]));
  await log.trim();
  const resumed = new TestReader(tail, '', { cursor });
  await settle();
  const delivery = resumed.take();
  assert.deepEqual([messagesOf(delivery), delivery.missedBatches], [numbered(4, 6), 6]);
});

test('foreign cursors are refused; one of an earlier log begins at its start', async (t) => {
  const { tail, write, settle } = startTestTail(t);
  await write(['a']);
  for (const cursor of ['x', 'MTs', '%%%', 'a'.repeat(10_000), encodeCursor(3, new Map([[0, { sequence: 99, row: 0 }]]))]) {
    assert.throws(
      () => new TestReader(tail, '', { cursor }),
      (error: unknown) => error instanceof AppError && error.code === 'invalid_cursor',
    );
  }
  assert.equal(tail.status().subscribers, 0);
  const reader = new TestReader(tail, '', { cursor: encodeCursor(2, new Map([[0, { sequence: 99, row: 0 }]])) });
  await settle();
  assert.deepEqual(reader.messages(), ['a']);
});

test('when the CPU share is used up, lines are passed over, counted and told to those they may concern', async (t) => {
  const { tail, write, settle } = startTestTail(t, { cpu_share: 0 });
  const reader = new TestReader(tail, 'line');
  const other = new TestReader(tail, 'line', { tenant: 'other' });
  await write(numbered(5));
  await settle();
  const delivery = reader.take();
  assert.deepEqual([delivery.lines.length, delivery.dropped, delivery.skipped], [0, 5, 5]);
  assert.equal(other.take().dropped, 0);
  assert.equal(tail.status().skippedLines, 5);
});

test('lines passed over are told within a second, however many batches they were', async (t) => {
  const { clock, tail, write, settle } = startTestTail(t, { cpu_share: 0 });
  const reader = new TestReader(tail, 'line');
  for (let batch = 0; batch < 4; batch += 1) {
    await write(numbered(5));
    await settle();
  }
  assert.equal(reader.readyCalls, 0);
  clock.advance(1000);
  await settle();
  assert.equal(reader.readyCalls, 1);
  assert.equal(reader.take().skipped, 20);
});

test('a tail that is too far behind jumps to the end and says by how much', async (t) => {
  const { tail, log, write, settle } = startTestTail(t, { max_lag_lines: 10 });
  const gate = Promise.withResolvers<void>();
  const openReader = log.openReader.bind(log);
  log.openReader = async (shard, from) => {
    await gate.promise;
    return openReader(shard, from);
  };
  const reader = new TestReader(tail);
  await write(['first']);
  await settle();
  await write(numbered(50), { shard: 1 });
  gate.resolve();
  await settle();
  await write(['last']);
  await settle();
  const delivery = reader.take();
  assert.deepEqual(messagesOf(delivery).slice(-1), ['last']);
  assert.equal(delivery.skipped + delivery.lines.length, 52);
});

test('a batch that cannot be read is passed over and told', async (t) => {
  const { tail, storage, write, settle } = startTestTail(t);
  const reader = new TestReader(tail);
  const append = write(['damaged', 'too']);
  const [frame] = await append.then(() => storage.shard(0).frames);
  frame.payload.fill(0xff);
  await write(['fine']);
  await settle();
  const delivery = reader.take();
  assert.deepEqual([messagesOf(delivery), delivery.skipped], [['fine'], 2]);
});

test('1000 readers with 50 queries', async (t) => {
  const { tail, write, settle } = startTestTail(t, { max_tails_per_tenant: 1000 });
  const readers = Array.from({ length: 1000 }, (_, i) => new TestReader(tail, i % 50 === 0 ? 'line' : `line "line ${i % 50}"`));
  assert.equal(tail.status().queries, 50);
  await write(numbered(100));
  await settle();
  for (const [i, reader] of readers.entries()) assert.deepEqual(reader.messages(), i % 50 === 0 ? numbered(100) : [`line ${i % 50}`]);
  await tail.stop();
  assert.equal(tail.status().subscribers, 0);
});
