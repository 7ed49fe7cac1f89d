/**
 * Decodes records that were gathered as bytes into an open batch, one by one, for `StreamBatcher`. Bytes that are no UTF-8 are
 * repaired before they are decoded; a record that cannot be taken is rejected with the bytes as they came.
 */
import { isUtf8 } from 'node:buffer';
import type { OpenBatch } from '#ingest/intake.ts';
import type { RecordFormat } from '#ingest/rejected-records.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { KeptRecord, ReceiverContext } from './receiver.ts';
import { repairUtf8 } from './text-bytes.ts';

/** A record of a batch that is being decoded: valid UTF-8 where the format is not binary. */
export interface StreamRecord {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  /** Address of its sender. */
  readonly peer: string;
  /** When the batch's first record came; milliseconds. */
  readonly receivedMs: number;
}

/** Records one behind the other. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  /** Bytes of all. */
  readonly length: number;
  /** Of each record. */
  readonly ends: readonly number[];
  readonly peers: readonly string[];
  /** When the first came. */
  readonly openedMs: number;
}

export interface StreamDecoderOptions {
  readonly receiver: string;
  readonly tenant: string;
  readonly content: 'text' | 'records';
  readonly format: RecordFormat;
  readonly context: ReceiverContext;
  /** Fills the open record; a code says why it cannot be taken. The writer is on the record's bytes already. */
  readonly decode: (writer: RecordWriter, record: StreamRecord) => RecordErrorCode | undefined;
}

export class StreamDecoder {
  readonly #options: StreamDecoderOptions;

  constructor(options: StreamDecoderOptions) {
    this.#options = options;
  }

  decode(gathered: RecordBytes): OpenBatch {
    const { context, receiver, tenant, content, format } = this.#options;
    const { ends, peers, openedMs } = gathered;
    const batch = context.intake.open({ tenant, receiver, sender: senderOf(peers), content, format });
    const bytes = gathered.bytes.subarray(0, gathered.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const isClean = isUtf8(bytes);
    batch.writer.from(bytes, view);
    const record = { bytes, view, start: 0, end: 0, peer: '', receivedMs: openedMs };
    for (let i = 0; i < ends.length; i++) {
      record.start = i === 0 ? 0 : ends[i - 1];
      record.end = ends[i];
      record.peer = peers[i];
      const isReadable = format === 'binary' || isSound(record, isClean);
      const refusal = isReadable ? this.#decodeRecord(batch, record) : this.#decodeRepaired(batch, record);
      if (refusal === undefined) continue;
      batch.rejected.request = { peer: record.peer };
      batch.rejected.add(i, refusal, bytes, record.start, record.end);
    }
    return batch;
  }

  #decodeRepaired(batch: OpenBatch, record: StreamRecord): RecordErrorCode | undefined {
    const sound = repaired(record);
    batch.writer.from(sound.bytes, sound.view);
    const refusal = this.#decodeRecord(batch, sound);
    batch.writer.from(record.bytes, record.view);
    return refusal;
  }

  #decodeRecord(batch: OpenBatch, record: StreamRecord): RecordErrorCode | undefined {
    const { context, receiver, decode } = this.#options;
    const { writer } = batch;
    writer.begin();
    try {
      const refusal = decode(writer, record);
      if (refusal === undefined) return writer.commit();
      writer.abort();
      return refusal;
    } catch (thrown) {
      // a defect of the decoder costs the batch this record only, and not its bytes
      writer.abort();
      context.logger.error({ receiver, error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'a record could not be decoded');
      return 'malformed_record';
    }
  }

  /** Decodes a record that was kept from an earlier batch. */
  decodeKept({ bytes, request, sender, receivedMs }: KeptRecord, batch: OpenBatch): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const kept = { bytes, view, start: 0, end: bytes.length, peer: request['peer'] ?? sender, receivedMs };
    const record = this.#options.format === 'binary' || isUtf8(bytes) ? kept : repaired(kept);
    batch.writer.from(record.bytes, record.view);
    const refusal = this.#decodeRecord(batch, record);
    if (refusal !== undefined) batch.rejected.add(0, refusal, bytes, 0, bytes.length);
  }
}

/** Whether the record is UTF-8; where all bytes together are, it need only begin and end between two characters. */
function isSound({ bytes, start, end }: StreamRecord, isClean: boolean): boolean {
  return isClean ? startsCharacter(bytes, start) && startsCharacter(bytes, end) : isUtf8(bytes.subarray(start, end));
}

function startsCharacter(bytes: Uint8Array, at: number): boolean {
  return at >= bytes.length || (bytes[at] & 0xc0) !== 0x80;
}

function senderOf(peers: readonly string[]): string {
  const [first] = peers;
  return peers.every((peer) => peer === first) ? first : `${new Set(peers).size} senders`;
}

function repaired(record: StreamRecord): StreamRecord {
  const bytes = repairUtf8(record.bytes.subarray(record.start, record.end));
  return { ...record, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), start: 0, end: bytes.length };
}
