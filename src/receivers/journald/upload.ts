/**
 * One upload: the body in pieces, its entries in batches that are written while it goes on.
 *
 * Batches are cut after so many entries or bytes, always at the same places when the same entries are sent again, and
 * carry an id made of their first and last cursor: a sender that was interrupted begins again behind the last upload that
 * was acknowledged, and what was written before is recognised. (Those cut early, because nothing came for a while or at
 * the body's end, may be cut elsewhere next time.)
 */
import { createHash } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { OpenBatch, Sender } from '#ingest/intake.ts';
import type { ByteReservation } from '#receivers/byte-budget.ts';
import type { ReceiverRequest } from '#receivers/http-receiver.ts';
import { submitPatiently } from '#receivers/patient-submit.ts';
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import type { JournaldConfig } from './config.ts';
import type { JournalDecoder } from './decode.ts';
import { EntryScanner } from './entry-scanner.ts';

export interface UploadSite {
  readonly context: ReceiverContext;
  readonly config: JournaldConfig;
  readonly decoder: JournalDecoder;
}

const receiver = 'journald';
/** Bytes of an entry that is too large which go into the quarantine, if that keeps as many. */
const keptOfLargeEntry = 64 * 1024;
const cursorField = Buffer.from('__CURSOR=');

export class JournalUpload {
  readonly #site: UploadSite;
  readonly #sender: Sender;
  readonly #request: ReceiverRequest;
  readonly #buffer = new ReceiveBuffer();
  readonly #scanner = new EntryScanner();
  /** Ends of the gathered entries, as distances from the buffer's start. */
  #ends: number[] = [];
  /** The beginning of an entry that is too large and whose end has not come. */
  #largeEntry: Uint8Array | undefined;

  constructor(site: UploadSite, sender: Sender, request: ReceiverRequest) {
    this.#site = site;
    this.#sender = sender;
    this.#request = request;
  }

  /** Resolves when the body has ended and all its entries are durable. @throws AppError */
  async receive(): Promise<void> {
    const reservation = this.#site.context.budget.reserve();
    try {
      await this.#receive(reservation);
    } finally {
      reservation.release();
    }
  }

  async #receive(reservation: ByteReservation): Promise<void> {
    // no `for await`: leaving one early would close the connection before an error is answered
    const pieces = this.#request.streamBody()[Symbol.asyncIterator]();
    for (;;) {
      const piece = await this.#next(pieces.next());
      if (piece.done === true) break;
      // a copy: the piece is only borrowed
      this.#buffer.append(new Uint8Array(piece.value));
      reservation.resize(this.#buffer.length);
      await this.#gather();
    }
    this.#endBody();
    await this.#write();
  }

  /** Waits for the next piece, and writes what was gathered where it takes too long. */
  async #next(piece: Promise<IteratorResult<Uint8Array>>): Promise<IteratorResult<Uint8Array>> {
    if (this.#ends.length === 0) return piece;
    const { clock } = this.#site.context;
    const arrived = new AbortController();
    const isLate = await Promise.race([
      piece.then(
        () => false,
        () => false,
      ),
      clock.sleep(this.#site.config.max_batch_delay, arrived.signal).then(() => true),
    ]);
    arrived.abort();
    if (isLate) await this.#write();
    return piece;
  }

  /** Finds the entries that are complete now, and writes them where they are a batch. */
  async #gather(): Promise<void> {
    const { config, context } = this.#site;
    const maxRecords = Math.min(config.max_batch_records, context.ingestConfig.max_records);
    const buffer = this.#buffer;
    for (;;) {
      if (this.#largeEntry !== undefined && !(await this.#passOver())) return;
      const from = this.#ends.at(-1) ?? 0;
      const end = this.#scanner.endFrom(buffer, buffer.start + from);
      if (end < 0) break;
      // an empty line by itself is no entry
      if (end - buffer.start === from + 1) {
        if (from > 0) this.#ends[this.#ends.length - 1] = from + 1;
        else buffer.take(end);
        continue;
      }
      this.#ends.push(end - buffer.start);
      if (this.#ends.length >= maxRecords || end - buffer.start >= config.max_batch_bytes) await this.#write();
    }
    await this.#leaveLargeEntry();
  }

  /** An entry over the bound is not held: its beginning goes into the quarantine, and the rest is passed over. */
  async #leaveLargeEntry(): Promise<void> {
    const { start, end, bytes } = this.#buffer;
    const from = start + (this.#ends.at(-1) ?? 0);
    if (end - from <= this.#site.context.ingestConfig.max_record_bytes) return;
    await this.#write();
    const entry = this.#buffer.start;
    this.#largeEntry = bytes.slice(entry, Math.min(end, entry + keptOfLargeEntry));
    if (await this.#passOver()) await this.#gather();
  }

  /** True where the entry that is too large has come to its end. */
  async #passOver(): Promise<boolean> {
    const beginning = this.#largeEntry;
    if (beginning === undefined) return true;
    if (!this.#scanner.passOver(this.#buffer)) return false;
    this.#largeEntry = undefined;
    await this.#submit(undefined, (batch) => batch.rejected.addBeginning(0, beginning, 0, beginning.length));
    return true;
  }

  /** What is left when the body has ended may be an entry without its empty line. */
  #endBody(): void {
    const buffer = this.#buffer;
    const from = this.#ends.at(-1) ?? 0;
    const isInsideLargeEntry = this.#largeEntry !== undefined;
    if (buffer.length === from && !isInsideLargeEntry) return;
    buffer.append(Uint8Array.of(0x0a));
    const end = isInsideLargeEntry ? -1 : this.#scanner.endFrom(buffer, buffer.start + from);
    if (end !== buffer.end) throw new AppError('malformed_body', 'the journal ends within an entry');
    this.#ends.push(end - buffer.start);
  }

  /** Writes the gathered entries, if any. */
  async #write(): Promise<void> {
    const ends = this.#ends;
    if (ends.length === 0) return;
    const { bytes, view, start } = this.#buffer;
    await this.#submit(this.#batchId(), (batch) => {
      for (const [index, end] of ends.entries()) {
        this.#site.decoder.decode(batch, index, bytes, view, start + (index === 0 ? 0 : ends[index - 1]), start + end);
      }
    });
    this.#buffer.take(start + (ends.at(-1) ?? 0));
    this.#ends = [];
  }

  async #submit(batchId: string | undefined, fill: (batch: OpenBatch) => void): Promise<void> {
    const { context, config } = this.#site;
    const { tenant, keyName } = this.#sender;
    const source = {
      tenant,
      receiver,
      sender: `${this.#request.remoteAddress} ${keyName}`,
      content: 'text',
      format: 'binary',
      batchId,
    } as const;
    await submitPatiently({
      receiver,
      context,
      maxWaitMs: config.pressure_wait,
      fill: () => {
        const batch = context.intake.open(source);
        fill(batch);
        return batch;
      },
    });
  }

  /** Undefined where the entries have no cursors. */
  #batchId(): string | undefined {
    const { start } = this.#buffer;
    const first = this.#cursorAt(start);
    const last = this.#cursorAt(start + (this.#ends.at(-2) ?? 0));
    if (first === undefined || last === undefined) return undefined;
    return createHash('sha256').update(first).update('\n').update(last).update(`\n${this.#ends.length}`).digest('hex');
  }

  #cursorAt(at: number): Uint8Array | undefined {
    const { bytes } = this.#buffer;
    const field = bytes.subarray(at, at + cursorField.length);
    return Buffer.compare(field, cursorField) === 0 ? bytes.subarray(at, bytes.indexOf(0x0a, at)) : undefined;
  }
}
