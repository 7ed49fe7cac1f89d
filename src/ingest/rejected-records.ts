/**
 * Records of a batch that cannot be taken, with their bytes: collected while decoding, kept in the quarantine by the
 * pipeline. Beyond the bounds a record is counted as refused, which its sender is told all the same.
 *
 * Payload of a quarantine frame: u32 length of a JSON header `{receiver, sender, format, records: [{index, code, message,
 * bytes, length}]}` (`bytes` kept of `length` sent), then the kept bytes one behind the other. Little-endian.
 */
import { recordErrorCodes } from '#model/record-errors.ts';
import type { RecordError, RecordErrorCode } from '#model/record-errors.ts';

export interface QuarantineLimits {
  readonly isEnabled: boolean;
  /** Bytes kept of one record; the rest is cut off, which its entry says. */
  readonly maxRecordBytes: number;
  /** Bytes kept of all of a batch; records beyond it are refused. */
  readonly maxBatchBytes: number;
  /** Errors told to the sender. */
  readonly maxReportedErrors: number;
}

/** How the bytes of a rejected record are to be read again. */
export type RecordFormat = 'json' | 'text' | 'binary';

/** Where a batch comes from. */
export interface RecordOrigin {
  /** Name of the receiver, such as `loki`. */
  readonly receiver: string;
  /** Address, and name of the key where there is one. */
  readonly sender: string;
}

/** One entry of the header. */
export interface QuarantinedEntry extends RecordError {
  /** Bytes kept. */
  readonly bytes: number;
  /** Bytes sent. */
  readonly length: number;
}

export interface QuarantineHeader extends RecordOrigin {
  readonly format: RecordFormat;
  readonly records: readonly QuarantinedEntry[];
}

export class RejectedRecords {
  /** Records that cannot be kept either. */
  refusedCount = 0;
  readonly #limits: QuarantineLimits;
  #format: RecordFormat = 'json';
  #entries: QuarantinedEntry[] = [];
  #chunks: Uint8Array[] = [];
  #keptBytes = 0;
  #reported: RecordError[] = [];

  constructor(limits: QuarantineLimits) {
    this.#limits = limits;
  }

  /** Records that are to be kept. */
  get quarantinedCount(): number {
    return this.#entries.length;
  }

  get count(): number {
    return this.#entries.length + this.refusedCount;
  }

  /** The first errors, for the sender. */
  get errors(): readonly RecordError[] {
    return this.#reported;
  }

  /** Empties it for a batch whose records are of this format. */
  restart(format: RecordFormat): void {
    this.#format = format;
    this.refusedCount = 0;
    this.#entries = [];
    this.#chunks = [];
    this.#keptBytes = 0;
    this.#reported = [];
  }

  /** Takes the record of `start .. end` in `source`; its bytes are copied. */
  add(
    index: number,
    code: RecordErrorCode,
    source: Uint8Array,
    start: number,
    end: number,
    message: string = recordErrorCodes[code],
  ): void {
    const { isEnabled, maxRecordBytes, maxBatchBytes, maxReportedErrors } = this.#limits;
    const error = { index, code, message };
    if (this.#reported.length < maxReportedErrors) this.#reported.push(error);
    const length = end - start;
    const bytes = Math.min(length, maxRecordBytes);
    if (!isEnabled || this.#keptBytes + bytes > maxBatchBytes) {
      this.refusedCount++;
      return;
    }
    this.#entries.push({ ...error, bytes, length });
    // not `slice`, which of a Buffer is a view
    this.#chunks.push(Uint8Array.from(source.subarray(start, start + bytes)));
    this.#keptBytes += bytes;
  }

  /** The payload of a quarantine frame; there is at least one entry. */
  encode({ receiver, sender }: RecordOrigin): Uint8Array[] {
    const header: QuarantineHeader = { receiver, sender, format: this.#format, records: this.#entries };
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return [length, text, ...this.#chunks];
  }
}

/** Reads a quarantine frame's payload: its header, and for each entry the bytes kept, borrowed from the payload. */
export function decodeQuarantine(payload: Buffer): { header: QuarantineHeader; bytes: readonly Buffer[] } {
  const headerEnd = 4 + payload.readUInt32LE(0);
  const header = JSON.parse(payload.toString('utf8', 4, headerEnd)) as QuarantineHeader;
  let at = headerEnd;
  const bytes = header.records.map((record) => payload.subarray(at, (at += record.bytes)));
  return { header, bytes };
}
