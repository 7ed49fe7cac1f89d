/**
 * One segment being written. Only the bytes up to `durableBytes` are known to be on disk; after any failure the file is
 * abandoned and never written or synced again.
 */
import type { Files, OpenFile } from '#platform/files.ts';
import { encodeSegmentHeader, formatSegmentName, segmentHeaderRegion } from './segment-header.ts';
import type { SegmentHeader } from './segment-header.ts';

export class SegmentFile {
  readonly header: SegmentHeader;
  readonly #files: Files;
  readonly #directory: string;
  readonly #path: string;
  readonly #file: OpenFile;
  /** 0 until header and directory entry are durable. */
  durableBytes = 0;

  private constructor(files: Files, directory: string, path: string, file: OpenFile, header: SegmentHeader) {
    this.#files = files;
    this.#directory = directory;
    this.#path = path;
    this.#file = file;
    this.header = header;
  }

  /** A new file; nothing is durable before the first `append`. */
  static async create(files: Files, directory: string, header: SegmentHeader): Promise<SegmentFile> {
    const path = `${directory}/${formatSegmentName(header.firstSequence, header.marker)}`;
    return new SegmentFile(files, directory, path, await files.open(path, 'create'), header);
  }

  /** Frame bytes that are durable. */
  get frameBytes(): number {
    return Math.max(0, this.durableBytes - segmentHeaderRegion);
  }

  /** Writes the buffers behind what is durable, with the header before the first ones, and syncs. */
  async append(buffers: readonly Uint8Array[], byteCount: number): Promise<void> {
    if (this.durableBytes > 0) {
      await this.#file.writev(buffers, this.durableBytes);
      await this.#file.datasync();
      this.durableBytes += byteCount;
      return;
    }
    await this.#file.writev([encodeSegmentHeader(this.header), ...buffers], 0);
    await this.#file.datasync();
    await this.#files.syncDirectory(this.#directory);
    this.durableBytes = segmentHeaderRegion + byteCount;
  }

  /** After a failure: takes back what is not durable, as far as the disk lets us. Never throws. */
  async abandon(): Promise<void> {
    const ignore = (): undefined => undefined;
    await this.#file.truncate(this.durableBytes).catch(ignore);
    await this.#file.close().catch(ignore);
    if (this.durableBytes === 0) await this.#files.remove(this.#path).catch(ignore);
  }

  /** What was acknowledged is durable, so a failure to close loses nothing. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}
