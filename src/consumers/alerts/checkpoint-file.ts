/**
 * The state of the evaluation on disk: one file that is replaced whole. Lines of text under a first line that says their
 * number of bytes and their SHA-256, so that a file which is torn or changed is known as one, and nothing of it is used.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Files } from '#platform/files.ts';
import { replaceFile } from '#platform/replace-file.ts';

const fileName = 'checkpoint';
const formatVersion = 1;
const headerPattern = /^millrace alerts (\d+) (\d+) ([0-9a-f]{64})\n$/;
/** "millrace alerts <version> <bytes> <sha256>\n" is never longer. */
const maxHeaderBytes = 128;

export type ReadCheckpoint = { readonly lines: readonly string[] } | 'missing' | 'damaged' | 'unknown_version';

export class CheckpointFile {
  /** Of the last one that was written or read. */
  sizeBytes = 0;
  readonly #files: Files;
  readonly #directory: string;

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** Durable when it resolves; before that the older one stands. No line has a line end in it. */
  async write(lines: Iterable<string>): Promise<void> {
    const buffers: Buffer[] = [];
    const hash = createHash('sha256');
    let bytes = 0;
    for (const line of lines) {
      const buffer = Buffer.from(`${line}\n`);
      hash.update(buffer);
      bytes += buffer.length;
      buffers.push(buffer);
    }
    const header = Buffer.from(`millrace alerts ${formatVersion} ${bytes} ${hash.digest('hex')}\n`);
    if (!(await this.#files.exists(this.#directory))) {
      await this.#files.makeDirectory(this.#directory);
      await this.#files.syncDirectory(dirname(this.#directory));
    }
    const path = `${this.#directory}/${fileName}`;
    await replaceFile(this.#files, path, `${path}.tmp`, [header, ...buffers]);
    this.sizeBytes = header.length + bytes;
  }

  async read(): Promise<ReadCheckpoint> {
    const path = `${this.#directory}/${fileName}`;
    if (!(await this.#files.exists(path))) return 'missing';
    const content = await this.#bytesOf(path);
    this.sizeBytes = content.length;
    const headerEnd = content.subarray(0, maxHeaderBytes).indexOf(0x0a) + 1;
    const header = headerPattern.exec(content.toString('latin1', 0, headerEnd));
    if (header === null) return 'damaged';
    if (Number(header[1]) !== formatVersion) return 'unknown_version';
    const body = content.subarray(headerEnd);
    if (body.length !== Number(header[2]) || createHash('sha256').update(body).digest('hex') !== header[3]) return 'damaged';
    const lines: string[] = [];
    for (let start = 0; start < body.length; ) {
      const end = body.indexOf(0x0a, start);
      lines.push(body.toString('utf8', start, end));
      start = end + 1;
    }
    return { lines };
  }

  async #bytesOf(path: string): Promise<Buffer> {
    const file = await this.#files.open(path, 'read');
    try {
      const bytes = Buffer.alloc(await file.size());
      let length = 0;
      while (length < bytes.length) {
        const count = await file.read(bytes.subarray(length), length);
        if (count === 0) break;
        length += count;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  }
}
