/**
 * Reads the frames of one segment file forward, past damage.
 *
 * Invariants: frames come in strictly rising order and below the limit that the caller gives; bytes at or beyond the limit
 * may still be changing on disk, so what was read under one limit is never used to decide about frames beyond it.
 * Payloads borrow the window and are valid until the next call. Used by the reader and by recovery.
 */
import type { OpenFile } from '#platform/files.ts';
import { decodeFrameHeader, maxFrameHeaderBytes, payloadIsWhole } from './frame-codec.ts';
import type { DecodedFrame, FrameSeal } from './frame-codec.ts';
import { segmentHeaderRegion } from './segment-header.ts';

export interface ScannedFrame extends DecodedFrame {
  /** Place in the file. */
  readonly offset: number;
  /** As stored, perhaps compressed; borrowed. */
  readonly stored: Buffer;
}

/** The bytes that a reader works in; one for all segments that it passes through. */
export interface ScanWindow {
  bytes: Buffer;
}

export function createScanWindow(capacityBytes: number): ScanWindow {
  return { bytes: Buffer.allocUnsafeSlow(capacityBytes) };
}

export interface ScanStart {
  readonly seal: FrameSeal;
  /** First sequence that the caller has not seen. */
  readonly sequence: number;
  /** Rows before that sequence where they are known: lets the rows of lost frames be counted. */
  readonly rows?: number;
}

type Step = 'taken' | 'need_bytes' | 'bad' | 'beyond';

export class SegmentScanner {
  /** Expected next. */
  nextSequence: number;
  /** Rows appended up to there; undefined until known. */
  rows: number | undefined;
  damagedFrames = 0;
  lostRows = 0;
  /** Frames below the expected sequence: sought past, or a copy. */
  passedFrames = 0;

  readonly #file: OpenFile;
  readonly #seal: FrameSeal;
  readonly #marker: Buffer;
  readonly #window: ScanWindow;
  /** The window holds the file's bytes from #base on; those in [#start, #end) are still to be looked at. */
  #base = segmentHeaderRegion;
  #start = 0;
  #end = 0;
  #atFileEnd = false;
  /** Limit under which the window was filled. */
  #windowLimit = 0;
  #neededBytes = 0;

  constructor(file: OpenFile, window: ScanWindow, start: ScanStart) {
    this.#file = file;
    this.#window = window;
    this.#seal = start.seal;
    this.#marker = Buffer.alloc(4);
    this.#marker.writeUInt32LE(start.seal.marker);
    this.nextSequence = start.sequence;
    this.rows = start.rows;
  }

  /** Place in the file behind the last frame that was read, or of the damage that nothing whole follows. */
  get position(): number {
    return this.#base + this.#start;
  }

  /**
   * The next frames below the limit, about `maxBytes` of them but at least one; none when the file holds no more.
   */
  async read(limit: number, maxBytes: number): Promise<ScannedFrame[]> {
    const frames: ScannedFrame[] = [];
    let takenBytes = 0;
    while (this.nextSequence < limit && takenBytes < maxBytes) {
      if (this.nextSequence >= this.#windowLimit) {
        if (frames.length > 0) break;
        this.#forgetWindow();
      }
      const before = this.#start;
      const step = this.#step(limit, frames);
      if (step === 'taken') {
        // Frames that are passed over do not count: an empty answer says that there is nothing more.
        if (frames.length > 0) takenBytes += this.#start - before;
        continue;
      }
      if (step === 'beyond' || frames.length > 0) break;
      if (step === 'need_bytes') await this.#fill(this.#neededBytes, limit, maxBytes);
      else if (!(await this.#resynchronise(limit))) break;
    }
    return frames;
  }

  /** Counts everything below the sequence that was not found as lost, and goes on behind it. */
  giveUpTo(sequence: number, rows?: number): void {
    if (sequence > this.nextSequence) {
      this.damagedFrames += sequence - this.nextSequence;
      this.nextSequence = sequence;
    }
    this.#countRows(rows);
  }

  #step(limit: number, frames: ScannedFrame[]): Step {
    const { bytes } = this.#window;
    const available = this.#end - this.#start;
    if (available < maxFrameHeaderBytes && !this.#atFileEnd) return this.#need(maxFrameHeaderBytes);
    const frame = decodeFrameHeader(bytes, this.#start, this.#end, this.#seal);
    if (frame === undefined) return 'bad';
    if (frame.sequence >= limit) return 'beyond';
    if (frame.length > available) return this.#atFileEnd ? 'bad' : this.#need(frame.length);
    const at = this.#start;
    this.#start += frame.length;
    if (frame.sequence < this.nextSequence) {
      this.passedFrames += 1;
      return 'taken';
    }
    const whole = payloadIsWhole(bytes, at, frame);
    this.damagedFrames += frame.sequence - this.nextSequence + (whole ? 0 : 1);
    this.#countRows(whole ? frame.rowsBefore : frame.rowsBefore + frame.rowCount);
    this.nextSequence = frame.sequence + 1;
    this.rows = frame.rowsBefore + frame.rowCount;
    if (whole) frames.push({ ...frame, offset: this.#base + at, stored: bytes.subarray(at + frame.headerLength, at + frame.length) });
    return 'taken';
  }

  #countRows(rowsBefore: number | undefined): void {
    if (rowsBefore === undefined) return;
    if (this.rows !== undefined && rowsBefore > this.rows) this.lostRows += rowsBefore - this.rows;
    this.rows = rowsBefore;
  }

  #need(neededBytes: number): Step {
    this.#neededBytes = neededBytes;
    return 'need_bytes';
  }

  #forgetWindow(): void {
    this.#base += this.#start;
    this.#start = 0;
    this.#end = 0;
    this.#atFileEnd = false;
    this.#windowLimit = Number.POSITIVE_INFINITY;
  }

  /**
   * Moves what is left to the front and reads until `neededBytes` are there or the file ends; up to `wantedBytes` come along,
   * for what is handed out at once lies in the window.
   */
  async #fill(neededBytes: number, limit: number, wantedBytes: number): Promise<void> {
    const left = this.#end - this.#start;
    let { bytes } = this.#window;
    const capacity = Math.max(neededBytes, wantedBytes);
    if (capacity > bytes.length) {
      bytes = Buffer.allocUnsafeSlow(capacity);
      this.#window.bytes.copy(bytes, 0, this.#start, this.#end);
      this.#window.bytes = bytes;
    } else {
      bytes.copyWithin(0, this.#start, this.#end);
    }
    this.#base += this.#start;
    this.#start = 0;
    this.#end = left;
    this.#windowLimit = Math.min(this.#windowLimit, limit);
    while (this.#end < neededBytes) {
      const count = await this.#file.read(bytes.subarray(this.#end), this.#base + this.#end);
      if (count === 0) {
        this.#atFileEnd = true;
        return;
      }
      this.#end += count;
    }
  }

  /** Goes to the next place behind #start where a whole header stands; without one, stays and answers false. */
  async #resynchronise(limit: number): Promise<boolean> {
    const badAt = this.position;
    this.#start = Math.min(this.#start + 1, this.#end);
    for (;;) {
      const found = this.#window.bytes.subarray(0, this.#end).indexOf(this.#marker, this.#start);
      this.#start = found >= 0 ? found : Math.max(this.#start, this.#end - this.#marker.length + 1);
      if (this.#end - this.#start < maxFrameHeaderBytes && !this.#atFileEnd) {
        await this.#fill(maxFrameHeaderBytes, limit, 0);
        continue;
      }
      if (found < 0) break;
      const frame = decodeFrameHeader(this.#window.bytes, this.#start, this.#end, this.#seal);
      if (frame !== undefined && frame.sequence >= this.nextSequence) return true;
      this.#start += 1;
    }
    this.#base = badAt;
    this.#start = 0;
    this.#end = 0;
    this.#windowLimit = 0;
    this.#atFileEnd = false;
    return false;
  }
}
