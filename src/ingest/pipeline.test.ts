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
import type { IngestStep, PendingBatch } from './pipeline.ts';
import { lagHintOf } from './pressure.ts';

class FakeWriter implements LogWriter {
  readonly shard = 2;
  readonly incarnation = 5;
  nextSequence = 40;
  readonly appended: FrameHeader[] = [];
  refusal: AppError | undefined;

  append(header: FrameHeader): Promise<void> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    this.nextSequence += 1;
    this.appended.push(header);
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
}

function setUp(steps: readonly IngestStep[] = []) {
  let nowMs = 1000;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const writer = new FakeWriter();
  const pipeline = createIngestPipeline({ writer, clock, steps, maxClockSkewMs: 30_000 });
  return { writer, pipeline, setNow: (ms: number) => (nowMs = ms) };
}

test('a batch is stamped with its place and counted in the frame', async () => {
  const { writer, pipeline } = setUp();
  const batch = new FakeBatch(3);
  const outcomes = await pipeline.submit('acme', batch, 2);
  assert.deepEqual(outcomes, { accepted: 3, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 2 });
  assert.deepEqual(batch.stamp, { tenant: 'acme', receivedMs: 1000, origin: 5 * 64 + 2, seq: 40, maxClockSkewMs: 30_000 });
  assert.deepEqual(writer.appended, [{ kind: 1, tenant: 'acme', rowCount: 3, outcomes, receivedMs: 1000 }]);
});

test('receive times do not fall when the clock is set back', async () => {
  const { writer, pipeline, setNow } = setUp();
  for (const nowMs of [5000, 2000, 6000, 100]) {
    setNow(nowMs);
    await pipeline.submit('t', new FakeBatch(1), 0);
  }
  assert.deepEqual(
    writer.appended.map(({ receivedMs }) => receivedMs),
    [5000, 5000, 6000, 6000],
  );
});

test('steps run in order; what they take out is counted, what is left is accepted', async () => {
  const order: string[] = [];
  const step = (name: string, outcome: 'sampled' | 'duplicate', count: number): IngestStep => ({
    name,
    apply(batch, { outcomes }) {
      order.push(name);
      (batch as FakeBatch).rowCount -= count;
      outcomes[outcome] += count;
    },
  });
  const { pipeline } = setUp([step('sample', 'sampled', 4), step('deduplicate', 'duplicate', 1)]);
  const outcomes = await pipeline.submit('t', new FakeBatch(10), 1);
  assert.deepEqual(order, ['sample', 'deduplicate']);
  assert.deepEqual(outcomes, { accepted: 5, sampled: 4, dropped: 0, duplicate: 1, quarantined: 0, refused: 1 });
  assert.deepEqual([receivedCount(outcomes), takenCount(outcomes), failedCount(outcomes)], [11, 10, 1]);
});

test('an empty batch leaves nothing; one of refused records only leaves its counts', async () => {
  const { writer, pipeline } = setUp();
  assert.equal(receivedCount(await pipeline.submit('t', new FakeBatch(0), 0)), 0);
  assert.equal(writer.appended.length, 0);
  await pipeline.submit('t', new FakeBatch(0), 7);
  assert.deepEqual([writer.appended[0].rowCount, writer.appended[0].outcomes.refused], [0, 7]);
});

test('when the log refuses, so does the pipeline, and goes on afterwards', async () => {
  const { writer, pipeline } = setUp();
  writer.refusal = new AppError('log_full', 'full');
  await assert.rejects(pipeline.submit('t', new FakeBatch(1), 0), { code: 'log_full' });
  writer.refusal = undefined;
  assert.equal((await pipeline.submit('t', new FakeBatch(1), 0)).accepted, 1);
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
