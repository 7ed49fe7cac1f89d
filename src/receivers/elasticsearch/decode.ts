/**
 * Decodes the body of a bulk request into a batch: pairs of lines, an action and its document.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 *
 * Lines are the frame, so a bad document fails alone and is kept in the quarantine; an action that cannot be read leaves
 * open where the next document begins, and refuses the whole body. `update` and `delete` are refused one by one: a log
 * only grows. Pure and synchronous; one instance per worker.
 */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { MalformedJson, RecordDecoder } from '#ingest/json-records.ts';
import type { DecoderLimits, FieldSpellings } from '#ingest/json-records.ts';
import { recordErrorCodes } from '#model/record-errors.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { jsonBody } from '#receivers/json-body.ts';
import type { KeptRecord } from '#receivers/receiver.ts';
import { BulkActionReader } from './bulk-action.ts';
import type { BulkAction } from './bulk-action.ts';
import { IndexService } from './index-service.ts';

export type BulkLimits = DecoderLimits & Pick<IngestConfig, 'max_records'>;

/** Told of each item in the order of the body. */
export interface BulkItemSink {
  taken(action: BulkAction): void;
  failed(action: BulkAction, code: RecordErrorCode, reason: string): void;
}

/**
 * Names beside the table of all: custom fields of Beats, rsyslog's own template of omelasticsearch, syslog-ng's of
 * elasticsearch-http(), and the journal as Fluent Bit reads it. PRIORITY stays an attribute: it is a word of syslog-ng's and
 * a number of the journal's, and that number means another level than OpenTelemetry's.
 */
const ownSpellings: FieldSpellings = new Map([
  ['fields.service', 'service'],
  ['fields.service.name', 'service'],
  ['fields.env', 'environment'],
  ['fields.environment', 'environment'],
  ['fromhost', 'host'],
  ['timereported', 'timestamp'],
  ['MESSAGE', 'message'],
  ['HOST', 'host'],
  ['_HOSTNAME', 'host'],
]);

const ignoredItems: BulkItemSink = { taken: () => undefined, failed: () => undefined };
const expectedAction = 'expected {"create":{…}}, or "index", "update" or "delete" in its place';

export class BulkDecoder {
  readonly #limits: BulkLimits;
  readonly #records: RecordDecoder;
  readonly #actions = new BulkActionReader();
  readonly #service = new IndexService();
  #batch!: OpenBatch;
  #items!: BulkItemSink;
  #received = 0;

  constructor(limits: BulkLimits) {
    this.#limits = limits;
    this.#records = new RecordDecoder(limits, ownSpellings);
  }

  /**
   * Decodes a bulk body. Throws AppError `malformed_body` (an action that cannot be read; details.line from 1) or
   * `too_many_records`; the batch must then be left.
   */
  decodeBulk(body: Uint8Array, pathIndex: string, batch: OpenBatch, items: BulkItemSink): void {
    this.#within(body, batch, items, (start) => {
      this.#actions.open(this.#records.scanner.bytes, pathIndex);
      this.#lines(start);
    });
  }

  /** Decodes a document, or what could not be taken in its place, that a bulk request had for this index. */
  decodeKept({ bytes, request, isEdited }: KeptRecord, batch: OpenBatch): void {
    const { index = '', operation } = request;
    if (operation !== undefined && !isEdited) batch.rejected.add(0, 'unsupported_action', bytes, 0, bytes.length);
    else this.decodeDocument(bytes, index, batch, ignoredItems);
  }

  /** Decodes one document as the whole body, as `/{index}/_doc` sends it. */
  decodeDocument(body: Uint8Array, index: string, batch: OpenBatch, items: BulkItemSink): void {
    this.#within(body, batch, items, (start) => {
      this.#document({ operation: 'index', index: this.#actions.indexOf(index), id: undefined }, this.#records.scanner.skipSpace(start));
    });
  }

  #within(body: Uint8Array, batch: OpenBatch, items: BulkItemSink, decode: (start: number) => void): void {
    const { bytes, view, start } = jsonBody(body);
    this.#batch = batch;
    this.#items = items;
    this.#received = 0;
    batch.rows.finisher = this.#service.before(batch.rows.finisher);
    this.#records.openBody(bytes, view, batch.rows, this.#actions.indexOf('').environment);
    try {
      decode(start);
    } finally {
      this.#records.closeBody();
      this.#actions.close();
    }
  }

  #lines(bodyStart: number): void {
    const { scanner } = this.#records;
    const { bytes, end: bodyEnd } = scanner;
    let lineNumber = 1;
    for (let start = bodyStart; start < bodyEnd; lineNumber++) {
      const actionEnd = lineEnd(bytes, start);
      scanner.setEnd(actionEnd);
      const at = scanner.skipSpace(start);
      start = actionEnd + 1;
      if (at === actionEnd) continue;
      const action = this.#actions.read(scanner, at);
      if (action === undefined) throw malformedBody(lineNumber, `malformed action/metadata line ${lineNumber}: ${expectedAction}`);
      this.#count();
      if (action.operation === 'delete') {
        this.#fail(action, 'unsupported_action', at, actionEnd);
        continue;
      }
      if (start >= bodyEnd) throw malformedBody(lineNumber, `the action in line ${lineNumber} has no document`);
      const documentEnd = lineEnd(bytes, start);
      scanner.setEnd(documentEnd);
      if (action.operation === 'update') this.#fail(action, 'unsupported_action', start, documentEnd);
      else this.#document(action, scanner.skipSpace(start));
      start = documentEnd + 1;
      lineNumber++;
    }
  }

  /** The document at `start`, up to the scanner's end. */
  #document(action: BulkAction, start: number): void {
    const records = this.#records;
    const { scanner } = records;
    records.useSource(action.index.environment);
    this.#service.index = action.index;
    try {
      const end = records.decode(start);
      // what follows the value decides whether the line is JSON at all, so the row must still be taken back
      if (scanner.skipSpace(end) < scanner.end) throw new MalformedJson(end, 'the end of the document');
      if (records.failure === undefined) this.#items.taken(action);
      else this.#fail(action, records.failure, start, end);
    } catch (thrown) {
      if (!(thrown instanceof MalformedJson)) throw thrown;
      records.takeBack();
      const reason = `the document is not JSON: ${thrown.message} at byte ${thrown.position - start} of it`;
      this.#fail(action, 'malformed_record', start, scanner.end, reason);
    }
  }

  #count(): void {
    if (++this.#received > this.#limits.max_records) {
      throw new AppError('too_many_records', `more than ${this.#limits.max_records} records in one request`, {
        details: { setting: 'ingest.max_records', limit: this.#limits.max_records },
      });
    }
  }

  #fail(action: BulkAction, code: RecordErrorCode, start: number, end: number, reason: string = recordErrorCodes[code]): void {
    const { operation, index } = action;
    const isWrite = operation === 'index' || operation === 'create';
    this.#batch.rejected.request = { index: index.name, ...(isWrite ? {} : { operation }) };
    this.#batch.rejected.add(Math.max(0, this.#received - 1), code, this.#records.scanner.bytes, start, end, reason);
    this.#items.failed(action, code, reason);
  }
}

function lineEnd(bytes: Uint8Array, start: number): number {
  const newline = bytes.indexOf(0x0a, start);
  return newline < 0 ? bytes.length : newline;
}

function malformedBody(line: number, message: string): AppError {
  return new AppError('malformed_body', message, { details: { line } });
}
