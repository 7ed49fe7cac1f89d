import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectedRecords, contextOf, decodeQuarantine } from './rejected-records.ts';
import type { QuarantineLimits } from './rejected-records.ts';

const limits: QuarantineLimits = { isEnabled: true, maxRecordBytes: 8, maxBatchBytes: 100, maxReportedErrors: 3 };
const origin = { receiver: 'raw', sender: 'key@::1' };

function add(rejected: RejectedRecords, text: string): void {
  rejected.add(0, 'malformed_record', Buffer.from(text), 0, text.length);
}

test('records come back with what their requests said beside them, and how their batch was taken', () => {
  const rejected = new RejectedRecords(limits);
  rejected.restart('text');
  add(rejected, 'alone');
  rejected.request = { service: 'shop' };
  add(rejected, 'a');
  add(rejected, 'b');
  rejected.request = { service: 'caf\u00e9' };
  add(rejected, 'c');
  rejected.request = { service: 'shop' };
  add(rejected, 'd');
  const treatment = { content: 'text', parser: 'java', timezone: 'UTC' } as const;
  const { header, bytes } = decodeQuarantine(Buffer.concat(rejected.encode({ ...origin, ...treatment })));
  assert.equal(header.requests?.length, 2, 'each is written once');
  assert.deepEqual(
    header.records.map((entry, i) => [bytes[i].toString(), contextOf(header, entry)]),
    [
      ['alone', { ...treatment, request: undefined }],
      ['a', { ...treatment, request: { service: 'shop' } }],
      ['b', { ...treatment, request: { service: 'shop' } }],
      ['c', { ...treatment, request: { service: 'caf\u00e9' } }],
      ['d', { ...treatment, request: { service: 'shop' } }],
    ],
  );
  rejected.restart('json');
  add(rejected, 'next');
  const next = decodeQuarantine(Buffer.concat(rejected.encode(origin))).header;
  assert.deepEqual([next.requests, next.records[0].request], [[], undefined]);
});

test('what requests said counts towards the bound of a batch', () => {
  const rejected = new RejectedRecords(limits);
  rejected.restart('text');
  rejected.request = { service: 'x'.repeat(90) };
  add(rejected, 'a');
  assert.deepEqual([rejected.quarantinedCount, rejected.refusedCount], [0, 1]);
  rejected.request = { service: 'x'.repeat(60) };
  for (const text of ['a', 'b', 'c']) add(rejected, text);
  assert.deepEqual([rejected.quarantinedCount, rejected.refusedCount], [3, 1]);
});

test('a beginning is never taken for the whole', () => {
  const rejected = new RejectedRecords(limits);
  rejected.restart('text');
  const text = Buffer.from('0123456789');
  rejected.addBeginning(0, text, 0, 5);
  rejected.addBeginning(1, text, 0, 10);
  rejected.add(2, 'malformed_record', text, 0, 10);
  rejected.add(3, 'malformed_record', text, 0, 5);
  const { header } = decodeQuarantine(Buffer.concat(rejected.encode(origin)));
  assert.deepEqual(
    header.records.map(({ code, bytes, length }) => [code, bytes, length]),
    [
      ['record_too_large', 5, 6],
      ['record_too_large', 8, 11],
      ['malformed_record', 8, 10],
      ['malformed_record', 5, 5],
    ],
  );
});
