/** For tests: records of a quarantine frame as the main thread gives them back to the gateway. */
import assert from 'node:assert/strict';
import { contextOf, decodeQuarantine } from '#ingest/rejected-records.ts';
import type { RecordContext, RecordFormat } from '#ingest/rejected-records.ts';
import { post } from './gateway-harness.ts';
import type { AppendedFrame, TestGateway } from './gateway-harness.ts';

export interface TestResubmission {
  readonly id: string;
  readonly receiver: string;
  readonly sender: string;
  readonly format: RecordFormat;
  readonly context: RecordContext;
  readonly receivedMs: number;
  readonly isEdited: boolean;
  readonly bytes: string;
  /** Why it was quarantined. */
  readonly code: string;
}

export interface TestResult {
  readonly id: string;
  readonly problem?: { readonly code: string; readonly message: string };
  readonly line?: Readonly<Record<string, unknown>>;
}

/** The frame's records, whole; the ids are the caller's. */
export function keptIn(frame: AppendedFrame, ...ids: readonly string[]): TestResubmission[] {
  const { header, bytes } = decodeQuarantine(frame.payload);
  const { receiver, sender, format } = header;
  return header.records.map((entry, i) => {
    assert.equal(entry.length, bytes[i].length, 'the record is kept whole');
    const context = contextOf(header, entry);
    const { receivedMs } = frame.header;
    const { code } = entry;
    return { id: ids[i], receiver, sender, format, context, receivedMs, isEdited: false, bytes: bytes[i].toString('base64'), code };
  });
}

/** The record with other bytes. */
export function edited(record: TestResubmission, bytes: string | Uint8Array): TestResubmission {
  return { ...record, isEdited: true, bytes: Buffer.from(bytes as Uint8Array).toString('base64') };
}

export async function resubmit(gateway: TestGateway, records: readonly object[], preview = false): Promise<readonly TestResult[]> {
  const { status, body } = await post(`${gateway.url}/internal/v1/resubmit`, JSON.stringify({ preview, records }));
  assert.equal(status, 200, JSON.stringify(body));
  return body['results'] as TestResult[];
}
