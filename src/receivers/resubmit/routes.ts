/**
 * `POST /internal/v1/resubmit`: records of the quarantine on their way back through ingestion, with all its steps. For the
 * main thread, which has no way into the log of its own; only a key that may act for others is let in.
 *
 * Body: `{"preview": bool, "records": [{"id", "receiver", "format", "bytes": base64}]}`. All that become lines are one
 * batch: durable together, or none of them. What cannot be taken still is said, and not quarantined a second time.
 */
import { AppError } from '#base/errors.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { MalformedJson, RecordDecoder, sourceDefaults } from '#ingest/json-records.ts';
import type { RecordFormat } from '#ingest/rejected-records.ts';
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { recordErrorCodes } from '#model/record-errors.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest } from '#receivers/http-receiver.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';

export const resubmitPath = '/internal/v1/resubmit';

/** Attribute by which a line tells which quarantined record it was. */
export const replayedFrom = 'replayed_from';

interface Resubmission {
  readonly id: string;
  readonly format: RecordFormat;
  readonly bytes: Uint8Array;
}

interface Result {
  readonly id: string;
  readonly problem?: { readonly code: string; readonly message: string };
  readonly line?: Readonly<Record<string, unknown>>;
}

export function createResubmitReceiver(context: ReceiverContext): Receiver {
  const decoder = new RecordDecoder(context.ingestConfig);
  const handle = (request: ReceiverRequest): Promise<ReceiverReply> => resubmit(context, decoder, request);
  return { name: 'resubmit', routes: [{ methods: ['POST'], path: resubmitPath, handle }], listeners: [] };
}

async function resubmit({ intake, clock }: ReceiverContext, decoder: RecordDecoder, request: ReceiverRequest): Promise<ReceiverReply> {
  const { tenant, keyName, mayActForOthers } = intake.authenticate(credentialsOf(request.headers));
  if (!mayActForOthers) throw new AppError('forbidden', 'only Millrace itself resubmits records; use POST /v1/quarantine/replay');
  intake.admit();
  const { preview, records } = readBody(await request.readBody());
  const sender = `${keyName}@${request.remoteAddress}`;
  const results: Result[] = [];
  // texts are parsed as lines, JSON records as they were: two batches, and so only one kind at a time
  const content = records.every(({ format }) => format === 'text') ? 'text' : 'records';
  const batch = intake.open({ tenant, receiver: 'resubmit', sender, content, format: 'json' });
  const marking = new MarkReplayed(batch.rows.finisher, batch.writer);
  batch.rows.finisher = marking;
  const rowOf = new Map<number, number>();
  for (const [index, record] of records.entries()) {
    marking.id = record.id;
    const row = batch.rows.rowCount;
    const code = decodeRecord(record, batch, decoder);
    if (code === undefined) rowOf.set(index, row);
    results.push(code === undefined ? { id: record.id } : { id: record.id, problem: { code, message: recordErrorCodes[code] } });
  }
  if (!preview) {
    await intake.submit(batch);
    return reply(results);
  }
  return reply(withLines(results, rowOf, batch, clock.nowMs()));
}

/** Runs what completes every record, then marks the line with the record that it was. */
class MarkReplayed implements RecordFinisher {
  id = '';
  readonly #inner: RecordFinisher | undefined;
  readonly #writer: RecordWriter;

  constructor(inner: RecordFinisher | undefined, writer: RecordWriter) {
    this.#inner = inner;
    this.#writer = writer;
  }

  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    const refusal = this.#inner?.finish(builder);
    if (refusal !== undefined) return refusal;
    this.#writer.adopt(builder);
    this.#writer.attributeText(this.#writer.names.own(replayedFrom), this.id);
    return this.#writer.release();
  }
}

/** Makes the record a row; or says why it cannot be one. */
function decodeRecord({ format, bytes }: Resubmission, { rows, writer }: OpenBatch, decoder: RecordDecoder): RecordErrorCode | undefined {
  if (format !== 'json') {
    writer.begin();
    writer.from(bytes);
    writer.message(0, bytes.length);
    return writer.commit();
  }
  // plain arrays, as decoders want them
  const plain = new Uint8Array(bytes);
  decoder.openBody(plain, new DataView(plain.buffer), rows, sourceDefaults(undefined, {}));
  try {
    const end = decoder.decode(decoder.scanner.skipSpace(0));
    if (decoder.scanner.skipSpace(end) === plain.length) return decoder.failure;
    decoder.takeBack();
    return 'malformed_record';
  } catch (thrown) {
    if (!(thrown instanceof MalformedJson)) throw thrown;
    decoder.takeBack();
    return 'malformed_record';
  } finally {
    decoder.closeBody();
  }
}

function readBody(body: Uint8Array): { preview: boolean; records: readonly Resubmission[] } {
  const { preview, records } = JSON.parse(Buffer.from(body).toString()) as {
    preview: boolean;
    records: readonly { id: string; format: RecordFormat; bytes: string }[];
  };
  return { preview, records: records.map(({ id, format, bytes }) => ({ id, format, bytes: Buffer.from(bytes, 'base64') })) };
}

const reply = (results: readonly Result[]): ReceiverReply => ({ status: 200, body: JSON.stringify({ results }) });

/** Takes the batch, which goes nowhere, and shows its rows. */
function withLines(results: readonly Result[], rowOf: ReadonlyMap<number, number>, { rows, tenant }: OpenBatch, nowMs: number): Result[] {
  if (rows.rowCount === 0) return [...results];
  const view = readNativeBlock(rows.finish({ tenant, receivedMs: nowMs, origin: 0, seq: 0, maxClockSkewMs: Number.MAX_SAFE_INTEGER }));
  return results.map((result, index) => {
    const row = rowOf.get(index);
    if (row === undefined) return result;
    const { tsNs, level, service, host, traceId, message, attributes } = lineOfRow(view, row);
    const metadata = Object.fromEntries(attributes.names.map((name, i) => [name, attributes.values[i]]));
    const line = { timestamp: formatTimestamp(tsNs), level: severityName(level), service, host, trace_id: traceId, message, metadata };
    return { ...result, line };
  });
}
