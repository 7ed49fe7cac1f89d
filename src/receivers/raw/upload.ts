/**
 * One body of text, from its pieces to durable records: lines, joined where they belong together, in batches of bounded
 * size. What waits longer than `max_delay` is made durable too, so that a body without end (`tail -f`) is found at once.
 *
 * While a part of the body is taken, a log that is full is waited for: the sender is slowed down, not refused. Its bytes
 * are kept until they are durable, so a batch that the log refuses is decoded again.
 */
import { isUtf8 } from 'node:buffer';
import { maxRowsPerBatch } from '#base/ids.ts';
import { AppError, toAppError } from '#base/errors.ts';
import type { BatchSource, OpenBatch } from '#ingest/intake.ts';
import { failedCount, takenCount } from '#ingest/outcomes.ts';
import type { RecordError } from '#model/record-errors.ts';
import { LineJoiner, lineGrouping } from '#parsing/multiline.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import type { RawConfig } from './config.ts';
import { GatheredLines } from './gathered-lines.ts';
import { LineDecoder } from './line-decoder.ts';
import { LineSplitter } from './line-splitter.ts';

/** What the request says of all its records. */
export interface UploadSource {
  readonly batch: BatchSource;
  readonly service: string;
  readonly host: string;
  readonly environment: string;
  /** How lines are joined (#parsing/multiline.ts). */
  readonly multiline: string;
}

export interface UploadOptions {
  readonly context: ReceiverContext;
  readonly config: RawConfig;
}

const firstBytes = 64 * 1024;
/** Pause after a refusal that does not say how long. */
const retryAfterMs = 1000;

export class Upload {
  ingested = 0;
  failed = 0;
  /** The first of the failed records. */
  readonly errors: RecordError[] = [];
  readonly #options: UploadOptions;
  readonly #source: UploadSource;
  readonly #decoder: LineDecoder;
  readonly #splitter: LineSplitter;
  readonly #joiner: LineJoiner | undefined;
  readonly #lines = new GatheredLines(firstBytes);
  readonly #maxRecords: number;
  /** Records before those gathered now. */
  #before = 0;
  #openedMs = 0;

  /** Throws AppError bad_request where lines cannot be joined as the source says. */
  constructor(source: UploadSource, options: UploadOptions) {
    this.#source = source;
    this.#options = options;
    this.#decoder = new LineDecoder(source);
    const { ingestConfig, clock } = options.context;
    this.#maxRecords = Math.min(ingestConfig.max_records, maxRowsPerBatch);
    const gather = (bytes: Uint8Array, start: number, end: number, isTooLong = false): void => this.#gather(bytes, start, end, isTooLong);
    const { max_joined_lines: maxLines, max_joined_bytes: maxBytes } = options.config;
    const grouping = lineGrouping(source.multiline);
    const joiner = grouping === undefined ? undefined : new LineJoiner(grouping, { maxLines, maxBytes }, gather);
    this.#joiner = joiner;
    this.#splitter = new LineSplitter({ maxLineBytes: ingestConfig.max_record_bytes }, (bytes, start, end, isTooLong) => {
      if (joiner === undefined || isTooLong) {
        joiner?.flush();
        gather(bytes, start, end, isTooLong);
      } else {
        joiner.push(bytes, start, end, clock.nowMs());
      }
    });
  }

  /** Takes the whole body. Rejects with AppError; `details` say what of it was taken. */
  async take(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await this.#takeAll(pieces[Symbol.asyncIterator]());
    } catch (thrown) {
      const error = toAppError(thrown);
      // the sender is gone and does not send the lines again: those that are whole are kept
      if (error.code === 'cancelled') await this.#deliverAll();
      throw this.#withProgress(error);
    }
  }

  async #takeAll(pieces: AsyncIterator<Uint8Array>): Promise<void> {
    try {
      for (let next = pieces.next(); ; ) {
        // a failure while the log is waited for is seen when the piece is asked for again
        next.catch(() => undefined);
        const arrived = await this.#nextOrIdle(next);
        if (arrived === undefined) {
          await this.#deliverAll();
        } else {
          if (arrived.done === true) break;
          await this.#takePiece(arrived.value, this.#options.config.batch_bytes);
          next = pieces.next();
        }
      }
    } finally {
      // not awaited: it would wait for a piece that is still asked for
      pieces.return?.().catch(() => undefined);
    }
    this.#splitter.end();
    await this.#deliverAll();
  }

  #deliverAll(): Promise<void> {
    this.#joiner?.flush();
    return this.#deliver();
  }

  /** In parts, so that no batch is much over its bounds whatever the size of a piece. */
  async #takePiece(piece: Uint8Array, batchBytes: number): Promise<void> {
    const partBytes = Math.max(1024, Math.min(batchBytes, this.#maxRecords));
    for (let start = 0; start < piece.length; start += partBytes) {
      this.#splitter.push(piece.subarray(start, start + partBytes));
      if (this.#lines.length >= batchBytes || this.#lines.count * 2 >= this.#maxRecords) await this.#deliver();
    }
    const { clock } = this.#options.context;
    if (this.#lines.count > 0 && clock.nowMs() - this.#openedMs >= this.#options.config.max_delay) await this.#deliver();
  }

  /** The next piece; undefined where something has waited for it long enough. */
  async #nextOrIdle(next: Promise<IteratorResult<Uint8Array>>): Promise<IteratorResult<Uint8Array> | undefined> {
    if (this.#lines.count === 0 && this.#joiner?.isOpen !== true) return next;
    const { context, config } = this.#options;
    const arrived = new AbortController();
    const idle = context.clock.sleep(config.max_delay, arrived.signal).then(() => undefined);
    try {
      return await Promise.race([next, idle]);
    } finally {
      arrived.abort();
    }
  }

  #gather(bytes: Uint8Array, start: number, end: number, isTooLong: boolean): void {
    if (!isTooLong && isBlank(bytes, start, end)) return;
    if (this.#lines.count === 0) this.#openedMs = this.#options.context.clock.nowMs();
    this.#lines.add(bytes, start, end, isTooLong);
  }

  /** Makes durable what is gathered. */
  async #deliver(): Promise<void> {
    const { intake, clock } = this.#options.context;
    const startMs = clock.monotonicMs();
    while (this.#lines.count > 0) {
      try {
        intake.admit();
        const batch = this.#decode();
        const errors = batch.rejected.errors.map((error) => ({ ...error, index: this.#before + error.index }));
        const outcomes = await intake.submit(batch);
        this.ingested += takenCount(outcomes);
        this.failed += failedCount(outcomes);
        this.errors.push(...errors.slice(0, this.#options.context.ingestConfig.max_reported_errors - this.errors.length));
        this.#before += this.#lines.count;
        this.#lines.clear();
      } catch (thrown) {
        const error = toAppError(thrown);
        const passes = error.kind === 'too_many_requests' || error.kind === 'unavailable';
        const isInTime = clock.monotonicMs() - startMs < this.#options.config.max_wait;
        // a body of which nothing was taken can be sent again as a whole
        if (!passes || this.#before === 0 || !isInTime) throw error;
        await clock.sleep(error.retryAfterMs ?? retryAfterMs);
      }
    }
  }

  #decode(): OpenBatch {
    const lines = this.#lines;
    const batch = this.#options.context.intake.open(this.#source.batch);
    batch.rejected.request = this.#decoder.facts;
    const bytes = lines.bytes.subarray(0, lines.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const isValid = isUtf8(bytes);
    for (let index = 0; index < lines.count; index++) {
      const { start, end, isTooLong } = lines.at(index);
      if (isTooLong) {
        batch.rejected.addBeginning(index, bytes, start, end);
        continue;
      }
      const isSound = isValid || isUtf8(bytes.subarray(start, end));
      const refusal = this.#decoder.decode(batch.writer, bytes, view, start, end, isSound);
      if (refusal !== undefined) batch.rejected.add(index, refusal, bytes, start, end);
    }
    return batch;
  }

  #withProgress(error: AppError): AppError {
    if (this.#before === 0) return error;
    const { details, retryAfterMs: after, cause } = error;
    const progress = { ...details, ingested: this.ingested, failed: this.failed };
    return new AppError(error.code, error.message, { details: progress, cause, ...(after === undefined ? {} : { retryAfterMs: after }) });
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] > 0x20) return false;
  return true;
}
