import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import { createIntake } from './intake.ts';
import type { IncomingBatch } from './pipeline.ts';
import { RejectedRecords } from './rejected-records.ts';

const source = { tenant: 'a', receiver: 'r', sender: 's', content: 'records', format: 'json' } as const;

test('nothing is left of a batch whose decoder threw, not even of the record that it had begun', async () => {
  const messages: string[] = [];
  const submit = async ({ rows }: IncomingBatch) => {
    const view = readNativeBlock(rows.finish({ tenant: 'a', receivedMs: 0, origin: 64, seq: 1, maxClockSkewMs: 1 }));
    for (let row = 0; row < view.rowCount; row++) messages.push(lineOfRow(view, row).message);
    return zeroOutcomes();
  };
  const intake = createIntake({
    authenticate: () => ({ tenant: 'a', keyName: 'k', mayActForOthers: false }),
    admit: () => undefined,
    lagHint: () => 'normal',
    pipeline: { submit, submitRescued: async () => undefined },
    rows: new LogBatchBuilder(),
    writer: new RecordWriter({ maxAttributes: 10, maxNameBytes: 100, maxOverflowBytes: 1000 }),
    rejected: new RejectedRecords({ isEnabled: true, maxRecordBytes: 100, maxBatchBytes: 100, maxReportedErrors: 1 }),
    finisherOf: () => undefined,
    multilineOf: () => undefined,
  });
  for (const committed of [0, 1]) {
    const abandoned = intake.open(source);
    for (let record = 0; record <= committed; record++) {
      abandoned.writer.begin();
      abandoned.writer.messageText('abandoned');
      abandoned.writer.attributeText(abandoned.writer.names.own('x'), 'y');
      if (record < committed) abandoned.writer.commit();
    }
    abandoned.rejected.add(0, 'malformed_record', new Uint8Array(1), 0, 1);

    const next = intake.open(source);
    assert.deepEqual([next.rows.rowCount, next.rejected.count], [0, 0]);
    next.writer.begin();
    next.writer.messageText(`next ${committed}`);
    next.writer.commit();
    await intake.submit(next);
  }
  assert.deepEqual(messages, ['next 0', 'next 1']);
});
