/**
 * Reads one shard forward across its segments, up to the durable end: `LogReader` over the WAL.
 *
 * Invariants: never a frame at or beyond the durable end or a segment's limit; every frame at most once; what is not returned
 * is counted as skipped (trimmed before we came) or damaged. Holds at most one open file.
 */
import { zstdDecompressSync } from 'node:zlib';
import { invariant } from '#base/errors.ts';
import type { Files, OpenFile } from '#platform/files.ts';
import type { Frame, LogReader } from '../durable-log.ts';
import { payloadCodecs } from './frame-codec.ts';
import { createScanWindow, SegmentScanner } from './segment-scanner.ts';
import type { ScannedFrame, ScanWindow } from './segment-scanner.ts';
import type { Segment } from './shard-segments.ts';
import type { ShardReader, WalShard } from './wal-shard.ts';

interface OpenSegment {
  readonly segment: Segment;
  readonly file: OpenFile;
  readonly scanner: SegmentScanner;
}

export class WalReader implements LogReader, ShardReader {
  readonly shard: number;
  nextSequence: number;
  skippedFrames = 0;
  damagedFrames = 0;
  lostRows = 0;
  readonly #files: Files;
  readonly #shard: WalShard;
  readonly #window: ScanWindow;
  readonly #onClose: () => void;
  #open: OpenSegment | undefined;
  /** Rows up to nextSequence, where known. */
  #rows: number | undefined;
  #busy = false;
  #closed = false;

  constructor(files: Files, shard: WalShard, fromSequence: number, bufferBytes: number, onClose: () => void) {
    this.shard = shard.end.shard;
    this.nextSequence = fromSequence;
    this.#files = files;
    this.#shard = shard;
    this.#onClose = onClose;
    this.#window = createScanWindow(bufferBytes);
    shard.readers.add(this);
    this.#skipTrimmed();
  }

  async read(maxBytes: number): Promise<readonly Frame[]> {
    invariant(!this.#busy, 'a log reader is asked again before it has answered');
    this.#busy = true;
    try {
      return await this.#read(maxBytes);
    } finally {
      this.#busy = false;
      if (this.#closed || this.#isTrimmed()) await this.#closeSegment();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#shard.readers.delete(this);
    this.#onClose();
    if (!this.#busy) await this.#closeSegment();
  }

  releaseTrimmed(): void {
    if (!this.#busy && this.#isTrimmed()) void this.#closeSegment();
  }

  async #read(maxBytes: number): Promise<readonly Frame[]> {
    while (!this.#closed) {
      const { end } = this.#shard;
      if (this.nextSequence >= end.sequence) break;
      await this.#shard.list();
      const open = this.#open ?? (await this.#openNext());
      if (open === undefined) {
        if (this.#shard.segments.all.length === 0) this.damagedFrames += end.sequence - this.nextSequence;
        this.nextSequence = end.sequence;
        break;
      }
      const limit = Math.min(end.sequence, this.#shard.segments.limitOf(open.segment));
      const scanned = await this.#scan(open.scanner, () => open.scanner.read(limit, maxBytes));
      if (scanned.length > 0) {
        this.nextSequence = scanned[scanned.length - 1].sequence + 1;
        return scanned.map((frame) => this.#frame(frame));
      }
      await this.#finish(open, limit);
    }
    return [];
  }

  /** Nothing more below the limit in this segment: what is missing is lost; go on behind it. */
  async #finish({ segment, scanner }: OpenSegment, limit: number): Promise<void> {
    const successor = this.#shard.segments.after(segment);
    await this.#scan(scanner, async () =>
      scanner.giveUpTo(limit, limit === this.#shard.segments.limitOf(segment) ? successor?.header?.rowsBefore : undefined),
    );
    this.nextSequence = Math.max(this.nextSequence, limit);
    this.#rows = scanner.rows;
    if (this.#shard.segments.limitOf(segment) <= this.nextSequence) await this.#closeSegment();
  }

  /** Runs one step of the scanner and takes over what it counted. */
  async #scan<T>(scanner: SegmentScanner, step: () => Promise<T>): Promise<T> {
    const { damagedFrames, lostRows } = scanner;
    const result = await step();
    this.damagedFrames += scanner.damagedFrames - damagedFrames;
    this.lostRows += scanner.lostRows - lostRows;
    return result;
  }

  async #openNext(): Promise<OpenSegment | undefined> {
    for (;;) {
      this.#skipTrimmed();
      const segment = this.#shard.segments.holding(this.nextSequence);
      if (segment === undefined || this.nextSequence >= this.#shard.end.sequence) return undefined;
      const file = await this.#files.open(segment.path, 'read').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (file === undefined) {
        // Trimmed between the look and the opening, or deleted by hand.
        await this.#shard.segments.refresh(this.#shard.end.segment ?? this.#shard.end.sequence);
        continue;
      }
      this.#enter(segment);
      const scanner = new SegmentScanner(file, this.#window, { seal: segment.seal, sequence: this.nextSequence, rows: this.#rows });
      this.#open = { segment, file, scanner };
      return this.#open;
    }
  }

  /** Passes over numbers that were never used between the last segment and this one. */
  #enter(segment: Segment): void {
    const { header, firstSequence, previousEnd } = segment;
    if (this.nextSequence > firstSequence) return;
    const lost = previousEnd - this.nextSequence;
    if (lost > 0) {
      this.damagedFrames += lost;
      if (header !== undefined && this.#rows !== undefined) this.lostRows += Math.max(0, header.rowsBefore - this.#rows);
    }
    this.nextSequence = firstSequence;
    this.#rows = header?.rowsBefore ?? this.#rows;
  }

  #skipTrimmed(): void {
    const oldest = this.#shard.segments.all[0];
    if (oldest === undefined || oldest.firstSequence <= this.nextSequence) return;
    const from = this.nextSequence;
    this.nextSequence = oldest.firstSequence;
    this.#rows = undefined;
    // A later header voids what an abandoned first segment, without one, cannot.
    const trimmedEnd = Math.min(...this.#shard.segments.all.map(({ previousEnd }) => previousEnd));
    this.skippedFrames += Math.max(0, trimmedEnd - from);
  }

  #frame(scanned: ScannedFrame): Frame {
    const { kind, tenant, batchId, receiver, rowCount, outcomes, receivedMs, sequence } = scanned;
    const payload =
      scanned.codec === payloadCodecs.none
        ? scanned.stored
        : zstdDecompressSync(scanned.stored, { maxOutputLength: Math.max(1, scanned.payloadBytes) });
    const header = {
      kind,
      tenant,
      rowCount,
      outcomes,
      receivedMs,
      ...(batchId === undefined ? {} : { batchId }),
      ...(receiver === undefined ? {} : { receiver }),
    };
    return { shard: this.shard, sequence, ...header, payload };
  }

  #isTrimmed(): boolean {
    return this.#open !== undefined && !this.#shard.segments.all.includes(this.#open.segment);
  }

  async #closeSegment(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    this.#rows = open.scanner.rows;
    // Nothing was written through it, so a failure to close loses nothing.
    await open.file.close().catch(() => undefined);
  }
}
