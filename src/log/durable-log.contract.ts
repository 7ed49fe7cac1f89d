/**
 * What every adapter of the durable log port must do: docs/specs/durable-log.md, whose numbers stand in the test names.
 * Called by each adapter's own test with a way to make and to restart a log.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { frameKinds } from './durable-log.ts';
import type { DurableLog, Frame, FrameHeader, FrameKind, LogReader, LogWriter } from './durable-log.ts';

/** A log under test. `holder` is its one holding consumer; frames are kept for 1 h after it has passed them. */
export interface LogUnderTest {
  readonly log: DurableLog;
  readonly holder: string;
  writer(shard: number): LogWriter;
  /** Lets the clock go on. */
  pass(durationMs: number): void;
  nowMs(): number;
  /** Closes everything in order and opens it again. */
  restart(): Promise<LogUnderTest>;
  /** Closes what is open, also what was opened by restarts. */
  close(): Promise<void>;
}

export interface DurableLogContract {
  readonly name: string;
  create(t: TestContext): Promise<LogUnderTest>;
  /** Cases that the adapter cannot meet, each with its reason. */
  readonly skip?: readonly { readonly case: string; readonly reason: string }[];
}

const hourMs = 3_600_000;

function header(tested: LogUnderTest, changes: Partial<FrameHeader> = {}): FrameHeader {
  const outcomes = { accepted: 3, sampled: 1, dropped: 2, duplicate: 4, quarantined: 5, refused: 6 };
  return { kind: frameKinds.logs, tenant: 'acme', rowCount: 3, receivedMs: tested.nowMs(), outcomes, ...changes };
}

const text = (content: string): Uint8Array[] => [Buffer.from(content)];

/** All frames that the reader finds now, their payloads copied. */
export async function readAll(reader: LogReader, maxBytes = 1 << 20): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (;;) {
    const read = await reader.read(maxBytes);
    if (read.length === 0) return frames;
    frames.push(...read.map((frame) => ({ ...frame, payload: Buffer.from(frame.payload) })));
  }
}

const texts = (frames: readonly Frame[]): string[] => frames.map(({ payload }) => payload.toString());

async function contents(tested: LogUnderTest, shard: number, from = 0): Promise<string[]> {
  const reader = await tested.log.openReader(shard, from);
  const frames = await readAll(reader);
  await reader.close();
  return texts(frames);
}

const cases: Record<string, (tested: LogUnderTest) => Promise<void>> = {
  async '1, 2: a frame comes back as it was appended'(tested) {
    const sent: [FrameHeader, Uint8Array[]][] = [
      [header(tested), [Buffer.from('in '), Buffer.from(''), Buffer.from('parts')]],
      [header(tested, { kind: frameKinds.quarantine, tenant: '', rowCount: 0 }), []],
      [header(tested, { kind: 77 as FrameKind, tenant: 'größe-日本' }), [Buffer.alloc(70_000, 'wide ')]],
      [header(tested, { batchId: 'lot-é', receiver: 7, outcomes: { ...header(tested).outcomes, sampled: -3 } }), text('rescued')],
    ];
    const writer = tested.writer(0);
    for (const [head, payload] of sent) await writer.append(head, payload);
    const reader = await tested.log.openReader(0, 0);
    const expected = sent.map(([head, payload], sequence) => ({ ...head, shard: 0, sequence, payload: Buffer.concat(payload) }));
    assert.deepEqual(await readAll(reader), expected);
    await reader.close();
  },

  async '4, 5: the sequence is known before the call and taken by it'(tested) {
    const writer = tested.writer(0);
    assert.equal(writer.nextSequence, 0);
    const first = writer.append(header(tested), text('a'));
    assert.equal(writer.nextSequence, 1);
    const second = writer.append(header(tested), text('b'));
    assert.equal(writer.nextSequence, 2);
    await Promise.all([first, second]);
    assert.deepEqual(await contents(tested, 0), ['a', 'b']);
  },

  async '5: a closed writer refuses and uses no sequence'(tested) {
    const writer = tested.writer(0);
    await writer.append(header(tested), text('a'));
    await writer.close();
    await assert.rejects(writer.append(header(tested), text('b')), { code: 'shutting_down' });
    assert.equal(writer.nextSequence, 1);
    assert.deepEqual(await contents(tested, 0), ['a']);
  },

  async '9: order within each shard, nothing beyond the end, new frames as they come'(tested) {
    const writers = [tested.writer(0), tested.writer(3)];
    const reader = await tested.log.openReader(3, 0);
    assert.deepEqual(await reader.read(100), []);
    await Promise.all(Array.from({ length: 200 }, (_, index) => writers[index % 2].append(header(tested), text(String(index)))));
    const odd = Array.from({ length: 100 }, (_, index) => String(2 * index + 1));
    assert.deepEqual(texts(await readAll(reader, 10)), odd);
    assert.deepEqual(await reader.read(100), []);
    await writers[1].append(header(tested), text('later'));
    assert.deepEqual(texts(await readAll(reader)), ['later']);
    assert.equal(reader.nextSequence, 101);
    assert.deepEqual(
      tested.log.shards().map(({ shard, first, end }) => [shard, first, end.sequence, end.rows]),
      [
        [0, 0, 100, 300],
        [3, 0, 101, 303],
      ],
    );
    await reader.close();
  },

  async '9: a reader may begin anywhere'(tested) {
    const writer = tested.writer(0);
    for (let index = 0; index < 20; index += 1) await writer.append(header(tested), text(String(index)));
    assert.deepEqual(await contents(tested, 0, 17), ['17', '18', '19']);
    const frugal = await tested.log.openReader(0, 15);
    assert.deepEqual(texts(await readAll(frugal, 1)), ['15', '16', '17', '18', '19']);
    await frugal.close();
    const ahead = await tested.log.openReader(0, 21);
    assert.deepEqual(await ahead.read(100), []);
    await writer.append(header(tested), text('20'));
    assert.deepEqual(await ahead.read(100), []);
    await writer.append(header(tested), text('21'));
    assert.deepEqual(texts(await readAll(ahead)), ['21']);
    await ahead.close();
  },

  async '9: at least one frame, however small the bound'(tested) {
    const writer = tested.writer(0);
    await writer.append(header(tested), [Buffer.alloc(5000)]);
    await writer.append(header(tested), [Buffer.alloc(5000)]);
    const reader = await tested.log.openReader(0, 0);
    assert.equal((await reader.read(1)).length, 1);
    assert.equal((await reader.read(1)).length, 1);
    assert.equal((await reader.read(1)).length, 0);
    await reader.close();
  },

  async 'waitBeyond: wakes for a new end, for a position that differs, and when aborted'(tested) {
    const writer = tested.writer(0);
    await writer.append(header(tested), text('a'));
    const signal = new AbortController().signal;
    await tested.log.waitBeyond(new Map(), signal);
    const woken = tested.log.waitBeyond(new Map([[0, 1]]), signal).then(() => tested.log.shards()[0].end.sequence);
    await writer.append(header(tested), text('b'));
    assert.equal(await woken, 2);
    const aborter = new AbortController();
    const aborted = tested.log.waitBeyond(new Map([[0, 2]]), aborter.signal);
    aborter.abort();
    await aborted;
  },

  async '14: positionAt finds the first frame received at or after a time'(tested) {
    const writer = tested.writer(0);
    const startMs = tested.nowMs();
    for (let index = 0; index < 30; index += 1) {
      await writer.append(header(tested), [Buffer.alloc(1000)]);
      tested.pass(1000);
    }
    for (const [atMs, sequence] of [
      [0, 0],
      [500, 1],
      [1000, 1],
      [12_000, 12],
      [28_999, 29],
      [29_000, 29],
      [29_001, 30],
    ]) {
      assert.deepEqual([...(await tested.log.positionAt(startMs + atMs))], [[0, sequence]], `at ${atMs}`);
    }
  },

  async '15: commits are durable and replace the position whole'(tested) {
    const { log } = tested;
    await tested.writer(0).append(header(tested), text('a'));
    assert.deepEqual([...log.committed('tail')], []);
    await Promise.all([
      log.commit(
        'tail',
        new Map([
          [0, 1],
          [1, 7],
        ]),
      ),
      log.commit('other', new Map([[0, 1]])),
    ]);
    await log.commit('tail', new Map([[0, 0]]));
    const { log: reopened } = await tested.restart();
    assert.deepEqual([...reopened.committed('tail')], [[0, 0]]);
    assert.deepEqual([...reopened.committed('other')], [[0, 1]]);
  },

  async '16, 17, 13: trims what the holder has passed for long enough; slow readers go on with a counted gap'(tested) {
    const { log, holder } = tested;
    const writer = tested.writer(0);
    const slow = await log.openReader(0, 0);
    for (let index = 0; index < 40; index += 1) await writer.append(header(tested), [Buffer.of(index), randomBytes(1000)]);
    tested.pass(2 * hourMs);
    assert.equal(await log.trim(), 0, 'a holder that never committed holds everything');
    assert.equal((await contents(tested, 0)).length, 40);
    await log.commit(holder, new Map([[0, 20]]));
    tested.pass(2 * hourMs);
    assert.ok((await log.trim()) > 0);
    const [{ first }] = log.shards();
    assert.ok(first > 0 && first <= 20, `first is ${first}`);
    const frames = await readAll(slow);
    assert.deepEqual(
      frames.map(({ sequence, payload }) => [sequence, payload[0]]),
      Array.from({ length: 40 - first }, (_, index) => [first + index, first + index]),
    );
    assert.equal(slow.skippedFrames, first);
    assert.equal(slow.damagedFrames, 0);
    await slow.close();
  },

  async '20: a restart keeps frames, sequences and incarnation, and serves shards without a writer'(tested) {
    await tested.writer(0).append(header(tested), text('zero'));
    await tested.writer(2).append(header(tested), text('two'));
    const again = await tested.restart();
    assert.equal(again.log.incarnation, tested.log.incarnation);
    const writer = again.writer(0);
    assert.equal(writer.nextSequence, 1);
    await writer.append(header(again), text('after'));
    assert.deepEqual(await contents(again, 0), ['zero', 'after']);
    assert.deepEqual(await contents(again, 2), ['two']);
    const third = await again.restart();
    assert.deepEqual(await contents(third, 0), ['zero', 'after']);
    assert.equal(third.log.shards()[0].end.rows, 6);
    assert.deepEqual(
      third.log.recovery.filter(({ damagedFrames, tornBytes }) => damagedFrames + tornBytes > 0),
      [],
    );
  },
};

/** Registers the suite for one adapter. */
export function describeDurableLog({ name, create, skip = [] }: DurableLogContract): void {
  describe(`durable log: ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      const reason = skip.find((skipped) => skipped.case === title)?.reason;
      test(title, { skip: reason }, async (t) => {
        const tested = await create(t);
        try {
          await run(tested);
        } finally {
          await tested.close();
        }
      });
    }
  });
}
