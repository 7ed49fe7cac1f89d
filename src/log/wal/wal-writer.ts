/**
 * Appends to one shard with group commit: `LogWriter` over the WAL. Lives in a gateway worker thread.
 *
 * Invariants (docs/specs/wal-format.md, "Writing"): one group is on its way to the disk at a time; a segment's sequences are
 * contiguous, so whenever queued frames are rejected the next frame begins a new segment; before frames of a failed group are
 * rejected, the file is truncated and a new segment whose header voids them is made durable, if the disk lets us.
 */
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { originOf } from '#base/ids.ts';
import type { Clock } from '#platform/clock.ts';
import type { Files } from '#platform/files.ts';
import type { LogConfig } from '../config.ts';
import type { FrameHeader, LogWriter, ShardEnd } from '../durable-log.ts';
import { encodeFrameHeader, frameOverhead, mustFitFrame, payloadCodecs } from './frame-codec.ts';
import type { PayloadCodec } from './frame-codec.ts';
import type { WriterStart } from './recovery.ts';
import { SegmentFile } from './segment-file.ts';
import { formatShardName } from './segment-header.ts';

/** Compresses a payload, beside the event loop. */
export type Compress = (payload: Uint8Array, level: number) => Promise<Buffer>;

const zstd = promisify(zstdCompress);
const compressInThreadPool: Compress = (payload, level) => zstd(payload, { params: { [constants.ZSTD_c_compressionLevel]: level } });

/** Smaller payloads are not worth a trip to the thread pool. */
const minCompressedBytes = 512;

/** How long an answer about free space is believed. */
const freeSpaceCheckMs = 500;

export interface WalWriterOptions {
  /** The log's directory. */
  readonly directory: string;
  readonly shard: number;
  readonly incarnation: number;
  /** From `WalLog.writerStart(shard)`, after recovery. */
  readonly start: WriterStart;
  readonly files: Files;
  readonly clock: Clock;
  readonly config: LogConfig;
  /** Told after each group commit, before its appends resolve; to be passed on to `DurableLog.advance`. */
  readonly onCommitted: (end: ShardEnd) => void;
  /** A random 32-bit number without zero bytes. */
  readonly nextMarker?: () => number;
  /** zstd in libuv's thread pool, unless a simulation wants to decide when it is done. */
  readonly compress?: Compress;
}

interface PendingFrame {
  readonly header: FrameHeader;
  readonly sequence: number;
  /** Bytes before compression. */
  readonly payloadBytes: number;
  /** What counts against max_pending_bytes. */
  readonly heldBytes: number;
  codec: PayloadCodec;
  stored: readonly Uint8Array[];
  /** Set while the payload is being compressed. */
  compressing: Promise<void> | undefined;
  readonly resolve: () => void;
  readonly reject: (error: AppError) => void;
}

/** How full the log is, as senders are told. */
export type LogPressure = 'normal' | 'elevated' | 'full';

export class WalWriter implements LogWriter {
  readonly shard: number;
  readonly incarnation: number;
  readonly #options: WalWriterOptions;
  readonly #config: LogConfig;
  readonly #origin: number;
  readonly #shardDirectory: string;
  #nextSequence: number;
  #durableEnd: number;
  #rows: number;
  #bytes: number;
  #queue: PendingFrame[] = [];
  #pendingBytes = 0;
  #running: Promise<void> | undefined;
  #segment: SegmentFile | undefined;
  #segmentBegunMs = 0;
  #durableSegment = 0;
  #directoryMade = false;
  #heldBytes = 0;
  #bytesWhenTold = 0;
  #freeBytes = Number.POSITIVE_INFINITY;
  #freeBytesAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: WalWriterOptions) {
    this.#options = options;
    this.#config = options.config;
    this.shard = options.shard;
    this.incarnation = options.incarnation;
    this.#origin = originOf(options.incarnation, options.shard);
    this.#shardDirectory = `${options.directory}/${formatShardName(options.shard)}`;
    this.#nextSequence = options.start.sequence;
    this.#durableEnd = options.start.durableEnd;
    this.#rows = options.start.rows;
    this.#bytes = options.start.bytes;
    this.#bytesWhenTold = this.#bytes;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Bytes that wait for the disk. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Share of `log.max_bytes` that is held by frames which may not be trimmed yet. */
  get fillRatio(): number {
    return (this.#heldBytes + this.#bytes - this.#bytesWhenTold) / this.#config.max_bytes;
  }

  get pressure(): LogPressure {
    const ratio = this.fillRatio;
    if (ratio >= this.#config.refuse_ratio) return 'full';
    return ratio >= this.#config.elevated_ratio ? 'elevated' : 'normal';
  }

  /** Told now and then by the main thread: bytes of all shards that may not be trimmed (`WalLog.heldBytes`). */
  setHeldBytes(heldBytes: number): void {
    this.#heldBytes = heldBytes;
    this.#bytesWhenTold = this.#bytes;
  }

  append(header: FrameHeader, payload: readonly Uint8Array[]): Promise<void> {
    let payloadBytes = 0;
    for (const part of payload) payloadBytes += part.length;
    mustFitFrame(header);
    const heldBytes = payloadBytes + frameOverhead(header);
    const refusal = this.#refusal(heldBytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const sequence = this.#nextSequence;
      this.#nextSequence += 1;
      this.#pendingBytes += heldBytes;
      const frame: PendingFrame = {
        header,
        sequence,
        payloadBytes,
        heldBytes,
        codec: payloadCodecs.none,
        stored: payload,
        compressing: undefined,
        resolve,
        reject,
      };
      if (this.#config.compression === 'zstd' && payloadBytes >= minCompressedBytes) frame.compressing = this.#compress(frame);
      this.#queue.push(frame);
      this.#running ??= this.#run();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#endSegment();
  }

  /** Why a frame cannot be taken now; nothing was tried and no sequence used. */
  #refusal(heldBytes: number): AppError | undefined {
    const config = this.#config;
    const retryAfterMs = config.retry_after;
    if (this.#closed) return new AppError('shutting_down', 'the log is closing');
    if (heldBytes > config.max_frame_bytes) {
      const details = { setting: 'log.max_frame_bytes', limit: config.max_frame_bytes, bytes: heldBytes };
      return new AppError('limit_exceeded', `a batch of ${heldBytes} bytes is over the bound of ${config.max_frame_bytes}`, { details });
    }
    if (this.fillRatio >= config.refuse_ratio) {
      const details = { setting: 'log.max_bytes', limit: config.max_bytes, fillRatio: this.fillRatio };
      return new AppError('log_full', 'the log is full of lines that are not yet indexed', { details, retryAfterMs });
    }
    if (this.#pendingBytes > 0 && this.#pendingBytes + heldBytes > config.max_pending_bytes) {
      const details = { setting: 'log.max_pending_bytes', limit: config.max_pending_bytes };
      return new AppError('log_full', 'too much is waiting for the disk', { details, retryAfterMs });
    }
    if (this.#freeBytes < config.min_free_bytes && this.#freeBytesAreFresh()) return this.#lowSpace();
    return undefined;
  }

  #lowSpace(): AppError {
    const details = { setting: 'log.min_free_bytes', limit: this.#config.min_free_bytes, freeBytes: this.#freeBytes };
    return new AppError('log_unavailable', 'the disk of the log is nearly full', { details, retryAfterMs: this.#config.retry_after });
  }

  async #compress(frame: PendingFrame): Promise<void> {
    const { compress = compressInThreadPool } = this.#options;
    const whole = frame.stored.length === 1 ? frame.stored[0] : Buffer.concat(frame.stored);
    const compressed = await compress(whole, this.#config.compression_level).catch(() => undefined);
    if (compressed !== undefined && compressed.length < frame.payloadBytes) {
      frame.stored = [compressed];
      frame.codec = payloadCodecs.zstd;
    }
    frame.compressing = undefined;
  }

  /** Writes groups until nothing waits. */
  async #run(): Promise<void> {
    // Let the appends of this turn of the event loop join the first group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#queue[0].compressing;
      if (!(await this.#hasSpace())) {
        await this.#endSegment();
        this.#rejectAll(this.#lowSpace());
        continue;
      }
      const group = this.#takeGroup();
      try {
        await this.#commit(group);
      } catch (error) {
        await this.#fail(group, error);
        continue;
      }
      this.#acknowledge(group);
    }
    this.#running = undefined;
  }

  /** The frames at the head of the queue that are ready, up to max_group_bytes. */
  #takeGroup(): PendingFrame[] {
    let count = 0;
    let bytes = 0;
    for (const frame of this.#queue) {
      bytes += frame.heldBytes;
      if (frame.compressing !== undefined || (count > 0 && bytes > this.#config.max_group_bytes)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(group: readonly PendingFrame[]): Promise<void> {
    const segment = await this.#segmentFor(group[0].sequence);
    const buffers: Uint8Array[] = [];
    let byteCount = 0;
    let rows = this.#rows;
    for (const [groupIndex, frame] of group.entries()) {
      const { header, sequence, codec, payloadBytes, stored } = frame;
      const seal = { marker: segment.header.marker, origin: this.#origin };
      const head = encodeFrameHeader({ ...header, sequence, rowsBefore: rows, groupIndex, codec, payloadBytes }, stored, seal);
      buffers.push(head, ...stored);
      byteCount += head.length;
      for (const part of stored) byteCount += part.length;
      rows += header.rowCount;
    }
    await segment.append(buffers, byteCount);
    this.#rows = rows;
    this.#bytes += byteCount;
    this.#durableEnd = group[group.length - 1].sequence + 1;
    this.#durableSegment = segment.header.firstSequence;
  }

  #acknowledge(group: readonly PendingFrame[]): void {
    this.#options.onCommitted({
      shard: this.shard,
      sequence: this.#durableEnd,
      rows: this.#rows,
      bytes: this.#bytes,
      segment: this.#durableSegment,
    });
    for (const frame of group) {
      this.#pendingBytes -= frame.heldBytes;
      frame.resolve();
    }
  }

  /** The active segment, or a new one where it is too large or too old. */
  async #segmentFor(sequence: number): Promise<SegmentFile> {
    const active = this.#segment;
    if (active !== undefined && active.frameBytes > 0) {
      const ageMs = this.#options.clock.monotonicMs() - this.#segmentBegunMs;
      if (active.durableBytes >= this.#segmentBytes || ageMs >= this.#config.segment_max_age) await this.#endSegment();
    }
    this.#segment ??= await this.#createSegment(sequence);
    return this.#segment;
  }

  /** A small log needs small segments, or nothing in it could be trimmed. */
  get #segmentBytes(): number {
    return Math.min(this.#config.segment_bytes, this.#config.max_bytes / 16);
  }

  async #createSegment(firstSequence: number): Promise<SegmentFile> {
    const { files, directory, clock, nextMarker = randomMarker } = this.#options;
    if (!this.#directoryMade) {
      await files.makeDirectory(this.#shardDirectory);
      await files.syncDirectory(directory);
      this.#directoryMade = true;
    }
    this.#segmentBegunMs = clock.monotonicMs();
    return SegmentFile.create(files, this.#shardDirectory, {
      incarnation: this.incarnation,
      shard: this.shard,
      marker: nextMarker(),
      firstSequence,
      previousEnd: this.#durableEnd,
      rowsBefore: this.#rows,
      bytesBefore: this.#bytes,
      createdMs: clock.nowMs(),
    });
  }

  async #endSegment(): Promise<void> {
    const ended = this.#segment;
    this.#segment = undefined;
    await ended?.close();
  }

  /** A write or sync failed: abandon the file, make that durable if possible, and only then reject. */
  async #fail(group: readonly PendingFrame[], cause: unknown): Promise<void> {
    await this.#abandonSegment();
    const error = unavailable(cause, this.#config.retry_after);
    try {
      this.#segment = await this.#createSegment(this.#queue[0]?.sequence ?? this.#nextSequence);
      await this.#segment.append([], 0);
      this.#rejectFrames(group, error);
    } catch {
      await this.#abandonSegment();
      this.#rejectFrames(group, error);
      this.#rejectAll(error);
    }
  }

  async #abandonSegment(): Promise<void> {
    const failed = this.#segment;
    this.#segment = undefined;
    await failed?.abandon();
  }

  #rejectAll(error: AppError): void {
    this.#rejectFrames(this.#queue.splice(0), error);
  }

  #rejectFrames(frames: readonly PendingFrame[], error: AppError): void {
    for (const frame of frames) {
      this.#pendingBytes -= frame.heldBytes;
      frame.reject(error);
    }
  }

  async #hasSpace(): Promise<boolean> {
    if (!this.#freeBytesAreFresh()) {
      this.#freeBytesAtMs = this.#options.clock.monotonicMs();
      this.#freeBytes = await this.#options.files.freeBytes(this.#options.directory).catch(() => Number.POSITIVE_INFINITY);
    }
    return this.#freeBytes >= this.#config.min_free_bytes;
  }

  #freeBytesAreFresh(): boolean {
    return this.#options.clock.monotonicMs() - this.#freeBytesAtMs < freeSpaceCheckMs;
  }
}

/** A writer at the end of its shard; it touches the disk with its first append. */
export function openWalWriter(options: WalWriterOptions): WalWriter {
  return new WalWriter(options);
}

function randomMarker(): number {
  return randomBytes(4).reduce((marker, byte) => marker * 256 + (byte || 1), 0);
}

function unavailable(cause: unknown, retryAfterMs: number): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new AppError('log_unavailable', `the log cannot write: ${reason}`, { details: { reason }, retryAfterMs, cause });
}
