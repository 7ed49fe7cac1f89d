/** Bodies ready on disk, for a run whose bodies do not fit in memory: written before it, read one by one during it. */
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Batch } from '../generator.ts';

interface Entry extends Omit<Batch, 'body'> {
  readonly position: number;
  readonly byteCount: number;
}

export class Spool {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #entries: Entry[] = [];
  #end = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<Spool> {
    return new Spool(path, await open(path, 'w+'));
  }

  get byteCount(): number {
    return this.#end;
  }

  async write({ body, ...facts }: Batch): Promise<void> {
    await this.#file.write(body, 0, body.length, this.#end);
    this.#entries.push({ ...facts, position: this.#end, byteCount: body.length });
    this.#end += body.length;
  }

  async *batches(): AsyncGenerator<Batch> {
    for (const { position, byteCount, ...facts } of this.#entries) {
      const body = Buffer.allocUnsafe(byteCount);
      await this.#file.read(body, 0, byteCount, position);
      yield { ...facts, body };
    }
  }

  /** Closes and removes the file. */
  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
