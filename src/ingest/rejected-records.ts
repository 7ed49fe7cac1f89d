/**
 * Records of a batch that cannot be taken, with their bytes: collected while decoding, kept in the quarantine by the
 * pipeline. Beyond the bounds a record is counted as refused, which its sender is told all the same.
 *
 * Payload of a quarantine frame: u32 length of a JSON header `{receiver, sender, format, content, parser, timezone,
 * requests: [{…}], records: [{index, code, message, bytes, length, request}]}` (`bytes` kept of `length` sent; `request` the
 * place of what was said beside it), then the kept bytes one behind the other. Little-endian.
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

/** How lines of a batch are taken, which is the same when they are read again; not said by records of earlier versions. */
export interface RecordTreatment {
  readonly content?: 'text' | 'records' | undefined;
  readonly parser?: string | undefined;
  readonly timezone?: string | undefined;
}

/** What a request said of a record beside its bytes, by the receiver's own names: an index, a tag, a service. */
export type RequestFacts = Readonly<Record<string, string>>;

/** What a record was that is not in its bytes: with it, they can be read again. */
export interface RecordContext extends RecordTreatment {
  readonly request?: RequestFacts | undefined;
}

/** One entry of the header. */
export interface QuarantinedEntry extends RecordError {
  /** Bytes kept. */
  readonly bytes: number;
  /** Bytes sent; where the end was passed over unseen, one more than were seen. */
  readonly length: number;
  /** Place in `requests`. */
  readonly request?: number;
}

export interface QuarantineHeader extends RecordOrigin, RecordTreatment {
  readonly format: RecordFormat;
  readonly requests?: readonly RequestFacts[];
  readonly records: readonly QuarantinedEntry[];
}

export class RejectedRecords {
  /** Records that cannot be kept either. */
  refusedCount = 0;
  /** What the request says beside the records that are added from here on; set by receivers whose bytes are not all of it. */
  request: RequestFacts | undefined;
  readonly #limits: QuarantineLimits;
  #format: RecordFormat = 'json';
  #entries: QuarantinedEntry[] = [];
  #chunks: Uint8Array[] = [];
  #keptBytes = 0;
  #reported: RecordError[] = [];
  /** By what they are as JSON: most records of a batch have the same. */
  #requests = new Map<string, number>();
  /** The last of them, written once for all its records. */
  #written: RequestFacts | undefined;
  #writtenJson = '';

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
    this.request = undefined;
    this.refusedCount = 0;
    this.#entries = [];
    this.#requests = new Map();
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
    length = end - start,
  ): void {
    const { isEnabled, maxRecordBytes, maxBatchBytes, maxReportedErrors } = this.#limits;
    const error = { index, code, message };
    if (this.#reported.length < maxReportedErrors) this.#reported.push(error);
    const bytes = Math.min(end - start, maxRecordBytes);
    const request = this.#requestJson();
    const known = this.#requests.get(request);
    const added = bytes + (known === undefined ? Buffer.byteLength(request) : 0);
    if (!isEnabled || this.#keptBytes + added > maxBatchBytes) {
      this.refusedCount++;
      return;
    }
    const place = known ?? this.#requests.size;
    if (request === '') {
      this.#entries.push({ ...error, bytes, length });
    } else {
      this.#entries.push({ ...error, bytes, length, request: place });
      this.#requests.set(request, place);
    }
    // not `slice`, which of a Buffer is a view
    this.#chunks.push(Uint8Array.from(source.subarray(start, start + bytes)));
    this.#keptBytes += added;
  }

  /** What the request says, empty where that is nothing. */
  #requestJson(): string {
    if (this.request !== this.#written) {
      this.#written = this.request;
      this.#writtenJson = this.request === undefined ? '' : JSON.stringify(this.request);
    }
    return this.#writtenJson;
  }

  /** Takes a record that is too large, of which `start .. end` is only the beginning. */
  addBeginning(index: number, source: Uint8Array, start: number, end: number): void {
    this.add(index, 'record_too_large', source, start, end, undefined, end - start + 1);
  }

  /** The payload of a quarantine frame; there is at least one entry. */
  encode({ receiver, sender, content, parser, timezone }: RecordOrigin & RecordTreatment): Uint8Array[] {
    const requests = [...this.#requests.keys()].map((json) => JSON.parse(json) as RequestFacts);
    const treatment = { content, parser, timezone };
    const header: QuarantineHeader = { receiver, sender, format: this.#format, ...treatment, requests, records: this.#entries };
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return [length, text, ...this.#chunks];
  }
}

/** What a record of a frame was beside its bytes. */
export function contextOf({ content, parser, timezone, requests }: QuarantineHeader, { request }: QuarantinedEntry): RecordContext {
  return { content, parser, timezone, request: request === undefined ? undefined : requests?.[request] };
}

/** Reads a quarantine frame's payload: its header, and for each entry the bytes kept, borrowed from the payload. */
export function decodeQuarantine(payload: Buffer): { header: QuarantineHeader; bytes: readonly Buffer[] } {
  const headerEnd = 4 + payload.readUInt32LE(0);
  const header = JSON.parse(payload.toString('utf8', 4, headerEnd)) as QuarantineHeader;
  let at = headerEnd;
  const bytes = header.records.map((record) => payload.subarray(at, (at += record.bytes)));
  return { header, bytes };
}
