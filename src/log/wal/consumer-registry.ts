/**
 * Durable positions of the consumers, in the file `consumers`. Commits that arrive while one is being written are written
 * together. Holders are named at start; only they keep the log from being trimmed.
 */
import type { Files } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import type { LogPosition } from '../durable-log.ts';
import { readSealedFile, writeSealedFile } from './sealed-file.ts';

const fileName = 'consumers';

interface StoredConsumers {
  readonly version: 1;
  /** Positions of another life of the log mean nothing in this one. */
  readonly incarnation: number;
  readonly consumers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export class ConsumerRegistry {
  readonly #files: Files;
  readonly #directory: string;
  readonly #incarnation: number;
  readonly #holders: readonly string[];
  /** What the file says. */
  #durable = new Map<string, LogPosition>();
  /** What it will say after the write that has not begun yet. */
  #wanted = new Map<string, LogPosition>();
  #writing: Promise<void> = Promise.resolve();
  #nextWrite: Promise<void> | undefined;

  constructor(files: Files, directory: string, incarnation: number, holders: readonly string[]) {
    this.#files = files;
    this.#directory = directory;
    this.#incarnation = incarnation;
    this.#holders = holders;
  }

  /** Reads the file. A damaged one is said in the log and begins anew: holders then hold everything. */
  async load(logger: Logger): Promise<void> {
    const read = await readSealedFile(this.#files, this.#directory, fileName);
    if (read === 'missing') return;
    if (read === 'damaged') {
      logger.error(
        { path: `${this.#directory}/${fileName}` },
        "the positions of the log's consumers are damaged; every consumer falls back to its own record or the oldest kept frame",
      );
      return;
    }
    const { incarnation, consumers } = read.content as StoredConsumers;
    if (incarnation !== this.#incarnation) {
      logger.warn(
        { incarnation, now: this.#incarnation },
        "the positions of the log's consumers are from an earlier log and are forgotten",
      );
      return;
    }
    for (const [name, shards] of Object.entries(consumers)) {
      this.#durable.set(name, new Map(Object.entries(shards).map(([shard, sequence]) => [Number(shard), sequence])));
    }
    this.#wanted = new Map(this.#durable);
  }

  committed(consumer: string): LogPosition {
    return this.#durable.get(consumer) ?? new Map();
  }

  /** Durable when it resolves. */
  commit(consumer: string, position: LogPosition): Promise<void> {
    this.#wanted.set(consumer, new Map(position));
    if (this.#nextWrite === undefined) {
      const write = (): Promise<void> => {
        this.#nextWrite = undefined;
        return this.#write();
      };
      this.#nextWrite = this.#writing.then(write, write);
      this.#writing = this.#nextWrite;
    }
    return this.#nextWrite;
  }

  /** Sequence up to which every holder has passed the shard; infinite without holders. */
  heldFrom(shard: number): number {
    let held = Number.POSITIVE_INFINITY;
    for (const holder of this.#holders) held = Math.min(held, this.committed(holder).get(shard) ?? 0);
    return held;
  }

  /** Highest sequence that any consumer ever committed in the shard. */
  highest(shard: number): number {
    let highest = 0;
    for (const position of this.#durable.values()) highest = Math.max(highest, position.get(shard) ?? 0);
    return highest;
  }

  shards(): number[] {
    return [...new Set([...this.#durable.values()].flatMap((position) => [...position.keys()]))];
  }

  async idle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #write(): Promise<void> {
    const written = new Map(this.#wanted);
    const consumers = Object.fromEntries([...written].map(([name, position]) => [name, Object.fromEntries(position)]));
    await writeSealedFile(this.#files, this.#directory, fileName, {
      version: 1,
      incarnation: this.#incarnation,
      consumers,
    } satisfies StoredConsumers);
    this.#durable = written;
  }
}
