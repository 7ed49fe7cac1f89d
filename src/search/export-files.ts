/**
 * Files of export jobs in one directory: `<id>.lines` while lines are written, `<id>.data` when it is done, and
 * `<id>.checkpoint`, which says how much of the lines is durable and where to go on. A file's bytes are made safe before the
 * checkpoint that counts them, so what lies behind a checkpoint can be cut off and written again.
 */
import { join } from 'node:path';
import type { Files, OpenFile } from '#platform/files.ts';
import { replaceFile } from '#platform/replace-file.ts';

export interface Checkpoint {
  readonly bytes: number;
  readonly lines: number;
  /** Of the search, behind the last line; absent before the first. */
  readonly cursor?: string;
  /** Event time of the last line, nanoseconds. */
  readonly reachedNs?: string;
}

export const noProgress: Checkpoint = { bytes: 0, lines: 0 };

const jobFile = /^([0-9A-Za-z_-]+)\.(lines|data|checkpoint|checkpoint-new|data-new)$/;

export class ExportFiles {
  readonly directory: string;
  readonly #files: Files;

  constructor(directory: string, files: Files) {
    this.directory = directory;
    this.#files = files;
  }

  async open(): Promise<void> {
    await this.#files.makeDirectory(this.directory);
  }

  linesPath = (id: string): string => join(this.directory, `${id}.lines`);
  dataPath = (id: string): string => join(this.directory, `${id}.data`);

  /** Free bytes of the disk. */
  freeBytes(): Promise<number> {
    return this.#files.freeBytes(this.directory);
  }

  /** Where the job stands; of what never was made safe nothing is left. */
  async checkpoint(id: string): Promise<Checkpoint> {
    const path = this.#checkpointPath(id);
    if (!(await this.#files.exists(path))) return noProgress;
    return JSON.parse((await this.#readWhole(path)).toString()) as Checkpoint;
  }

  async saveCheckpoint(id: string, checkpoint: Checkpoint): Promise<void> {
    const fresh = join(this.directory, `${id}.checkpoint-new`);
    await replaceFile(this.#files, this.#checkpointPath(id), fresh, [Buffer.from(JSON.stringify(checkpoint))]);
  }

  /** The file of lines, cut to what the checkpoint says. */
  async openLines(id: string, bytes: number): Promise<OpenFile> {
    const path = this.linesPath(id);
    const file = await this.#files.open(path, (await this.#files.exists(path)) ? 'write' : 'create');
    await file.truncate(bytes);
    return file;
  }

  /** The lines become the file. */
  async publishLines(id: string): Promise<void> {
    await this.#files.rename(this.linesPath(id), this.dataPath(id));
    await this.#files.syncDirectory(this.directory);
  }

  /** What `make` writes at its path becomes the file, and the lines go. */
  async publishMade(id: string, make: (path: string) => Promise<void>): Promise<void> {
    const fresh = join(this.directory, `${id}.data-new`);
    await this.#files.remove(fresh);
    await make(fresh);
    await this.#files.rename(fresh, this.dataPath(id));
    await this.#files.syncDirectory(this.directory);
    await this.#files.remove(this.linesPath(id));
  }

  openData(id: string): Promise<OpenFile> {
    return this.#files.open(this.dataPath(id), 'read');
  }

  isPublished(id: string): Promise<boolean> {
    return this.#files.exists(this.dataPath(id));
  }

  async sizeOfData(id: string): Promise<number> {
    const file = await this.openData(id);
    try {
      return await file.size();
    } finally {
      await file.close();
    }
  }

  async remove(id: string): Promise<void> {
    for (const name of await this.#files.list(this.directory))
      if (jobFile.exec(name)?.[1] === id) await this.#files.remove(join(this.directory, name));
  }

  /** Removes files of jobs that nobody knows. */
  async keepOnly(ids: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#files.list(this.directory)) {
      const id = jobFile.exec(name)?.[1];
      if (id !== undefined && !ids.has(id)) await this.#files.remove(join(this.directory, name));
    }
  }

  #checkpointPath(id: string): string {
    return join(this.directory, `${id}.checkpoint`);
  }

  async #readWhole(path: string): Promise<Buffer> {
    const file = await this.#files.open(path, 'read');
    try {
      const buffer = Buffer.alloc(await file.size());
      let length = 0;
      for (let read = -1; read !== 0 && length < buffer.length; length += read) read = await file.read(buffer.subarray(length), length);
      return buffer.subarray(0, length);
    } finally {
      await file.close();
    }
  }
}
