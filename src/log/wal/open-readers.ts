/** The readers of shards that are open, of a log or of a follower, so that they can be counted, and closed with it. */
import type { Files } from '#platform/files.ts';
import { WalReader } from './wal-reader.ts';
import type { WalShard } from './wal-shard.ts';

export class OpenReaders {
  readonly #files: Files;
  readonly #bufferBytes: number;
  readonly #readers = new Set<WalReader>();

  constructor(files: Files, bufferBytes: number) {
    this.#files = files;
    this.#bufferBytes = bufferBytes;
  }

  get count(): number {
    return this.#readers.size;
  }

  /** The shard's segments must be known: as they were last listed. */
  open(shard: WalShard, fromSequence: number): WalReader {
    const reader = new WalReader(this.#files, shard, fromSequence, this.#bufferBytes, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    return reader;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.close()));
  }
}
