import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { FrameHeader, LogWriter } from '#log/durable-log.ts';
import type { BatchStamp } from '#model/log-batch.ts';
import type { Clock } from '#platform/clock.ts';
import { addOutcomes, receivedCount, zeroOutcomes } from '#log/outcomes.ts';
import { failedCount, takenCount } from './outcomes.ts';
import { createIngestPipeline } from './pipeline.ts';
import type { BatchPolicy, IncomingBatch, PendingBatch } from './pipeline.ts';
import { RejectedRecords, decodeQuarantine } from './rejected-records.ts';
import { RecentBatches } from './policies/recent-batches.ts';
import { lagHintOf } from './pressure.ts';

class FakeWriter implements LogWriter {
  readonly shard = 2;
  readonly incarnation = 5;
  nextSequence = 40;
  readonly appended: FrameHeader[] = [];
  readonly payloads: Buffer[] = [];
  refusal: AppError | undefined;

  append(header: FrameHeader, payload: readonly Uint8Array[]): Promise<void> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    this.nextSequence += 1;
    this.appended.push(header);
    this.payloads.push(Buffer.concat(payload));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class FakeBatch implements PendingBatch {
  rowCount: number;
  stamp: BatchStamp | undefined;

  constructor(rowCount: number) {
    this.rowCount = rowCount;
  }

  /** Empties itself, as the real builder does. */
  finish(stamp: BatchStamp): Uint8Array {
    this.stamp = stamp;
    this.rowCount = 0;
    return new Uint8Array(1);
  }

  clear(): void {
    this.rowCount = 0;
  }
}

function rejecting(count: number, isEnabled: boolean): RejectedRecords {
  const rejected = new RejectedRecords({ isEnabled, maxRecordBytes: 4, maxBatchBytes: 10, maxReportedErrors: 2 });
  for (let index = 0; index < count; index++) rejected.add(index, 'not_an_object', Buffer.from(`value-${index}`), 0, 7);
  return rejected;
}

const incoming = (tenant: string, rows: PendingBatch, rejected = rejecting(0, false)): IncomingBatch => ({
  tenant,
  rows,
  rejected,
  receiver: 'test',
  sender: 'me',
});

function setUp(policy?: BatchPolicy) {
  let nowMs = 1000;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const writer = new FakeWriter();
  const pipeline = createIngestPipeline({
    writer,
    clock,
    policyOf: () => policy,
    recentBatches: new RecentBatches(60_000, 100),
    maxClockSkewMs: 30_000,
  });
  return { writer, pipeline, setNow: (ms: number) => (nowMs = ms) };
}

test('a batch is stamped with its place and counted in the frame', async () => {
  const { writer, pipeline } = setUp();
  const batch = new FakeBatch(3);
  const outcomes = await pipeline.submit(incoming('acme', batch, rejecting(2, false)));
  assert.deepEqual(outcomes, { accepted: 3, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 2 });
  assert.deepEqual(batch.stamp, { tenant: 'acme', receivedMs: 1000, origin: 5 * 64 + 2, seq: 40, maxClockSkewMs: 30_000 });
  assert.deepEqual(writer.appended, [{ kind: 1, tenant: 'acme', rowCount: 3, outcomes, receivedMs: 1000 }]);
});

test('a batch that comes again is counted as duplicate, one under way is to be asked for again', async () => {
  const { writer, pipeline } = setUp();
  const again = (rows: number) => pipeline.submit({ ...incoming('t', new FakeBatch(rows), rejecting(1, true)), batchId: 'b' });
  const first = again(3);
  await assert.rejects(again(3), { code: 'batch_under_way' });
  assert.equal((await first).accepted, 3);
  const outcomes = await again(3);
  assert.deepEqual([outcomes.duplicate, outcomes.accepted, outcomes.quarantined], [4, 0, 0]);
  assert.deepEqual(
    writer.appended.map(({ rowCount }) => rowCount),
    [0, 3, 0],
  );
  assert.equal(writer.appended[1].batchId, 'b');
  writer.refusal = new AppError('log_full', 'full');
  const refused = { ...incoming('t', new FakeBatch(1)), batchId: 'c' };
  await assert.rejects(pipeline.submit(refused), { code: 'log_full' });
  writer.refusal = undefined;
  assert.equal((await pipeline.submit({ ...refused, rows: new FakeBatch(1) })).accepted, 1);
});

test('receive times do not fall when the clock is set back', async () => {
  const { writer, pipeline, setNow } = setUp();
  for (const nowMs of [5000, 2000, 6000, 100]) {
    setNow(nowMs);
    await pipeline.submit(incoming('t', new FakeBatch(1)));
  }
  assert.deepEqual(
    writer.appended.map(({ receivedMs }) => receivedMs),
    [5000, 5000, 6000, 6000],
  );
});

test('what a policy takes out is counted, what is left is accepted', async () => {
  const { writer, pipeline } = setUp({
    apply(block, rowCount, { outcomes }) {
      outcomes.sampled += 4;
      outcomes.duplicate += 1;
      return { block, rowCount: rowCount - 5 };
    },
  });
  const outcomes = await pipeline.submit(incoming('t', new FakeBatch(10), rejecting(1, false)));
  assert.deepEqual(outcomes, { accepted: 5, sampled: 4, dropped: 0, duplicate: 1, quarantined: 0, refused: 1 });
  assert.deepEqual([receivedCount(outcomes), takenCount(outcomes), failedCount(outcomes)], [11, 10, 1]);
  assert.equal(writer.appended[0].rowCount, 5);
});

test('a policy may leave nothing but the counts', async () => {
  const { writer, pipeline } = setUp({
    apply(_, rowCount, { outcomes }) {
      outcomes.dropped += rowCount;
      return undefined;
    },
  });
  const outcomes = await pipeline.submit(incoming('t', new FakeBatch(3)));
  assert.equal(outcomes.dropped, 3);
  assert.deepEqual([writer.appended[0].rowCount, writer.payloads[0].length], [0, 0]);
});

test('rejected records are kept in a frame of their own, which counts just them', async () => {
  const { writer, pipeline } = setUp();
  const outcomes = await pipeline.submit(incoming('t', new FakeBatch(2), rejecting(4, true)));
  // four bytes of each, ten in all: the third and fourth have no room
  assert.deepEqual(outcomes, { accepted: 2, sampled: 0, dropped: 0, duplicate: 0, quarantined: 2, refused: 2 });
  assert.deepEqual(
    writer.appended.map(({ kind, rowCount, outcomes: counts }) => [kind, rowCount, receivedCount(counts)]),
    [
      [2, 0, 2],
      [1, 2, 4],
    ],
  );
  const { header, bytes } = decodeQuarantine(writer.payloads[0]);
  assert.deepEqual([header.receiver, header.sender, header.format], ['test', 'me', 'json']);
  assert.deepEqual(
    header.records.map(({ index, code, bytes: kept, length }) => [index, code, kept, length]),
    [
      [0, 'not_an_object', 4, 7],
      [1, 'not_an_object', 4, 7],
    ],
  );
  assert.deepEqual(bytes.map(String), ['valu', 'valu']);
});

test('an empty batch leaves nothing; one of refused records only leaves its counts', async () => {
  const { writer, pipeline } = setUp();
  assert.equal(receivedCount(await pipeline.submit(incoming('t', new FakeBatch(0)))), 0);
  assert.equal(writer.appended.length, 0);
  await pipeline.submit(incoming('t', new FakeBatch(0), rejecting(7, false)));
  assert.deepEqual([writer.appended[0].rowCount, writer.appended[0].outcomes.refused], [0, 7]);
});

test('when the log refuses, so does the pipeline, and goes on afterwards', async () => {
  const { writer, pipeline } = setUp();
  writer.refusal = new AppError('log_full', 'full');
  await assert.rejects(pipeline.submit(incoming('t', new FakeBatch(1))), { code: 'log_full' });
  writer.refusal = undefined;
  assert.equal((await pipeline.submit(incoming('t', new FakeBatch(1)))).accepted, 1);
});

test('outcomes add up', () => {
  const counts = fc.record({
    accepted: fc.nat(99),
    sampled: fc.nat(99),
    dropped: fc.nat(99),
    duplicate: fc.nat(99),
    quarantined: fc.nat(99),
    refused: fc.nat(99),
  });
  fc.assert(
    fc.property(fc.array(counts), (batches) => {
      const total = zeroOutcomes();
      for (const batch of batches) addOutcomes(total, batch);
      assert.equal(takenCount(total) + failedCount(total), receivedCount(total));
      assert.equal(
        receivedCount(total),
        batches.reduce((sum, batch) => sum + receivedCount(batch), 0),
      );
    }),
  );
});

test('the hint is the worse of fill and lag', () => {
  const config = { elevated_lag: 5000, critical_lag: 60_000 };
  const cases = [
    ['normal', 0, 'normal'],
    ['normal', 5000, 'elevated'],
    ['normal', 60_000, 'critical'],
    ['elevated', 0, 'elevated'],
    ['elevated', 61_000, 'critical'],
    ['full', 0, 'critical'],
  ] as const;
  for (const [fill, lagMs, expected] of cases) assert.equal(lagHintOf(fill, lagMs, config), expected);
});
