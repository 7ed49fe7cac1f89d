/** Request bodies: decompressed as they come, read whole into one buffer, or laid down in a file when large. */
import { mkdir, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { engineSettingPath } from '../config.ts';
import { EngineError } from './engine-error.ts';

export interface BodyBounds {
  /** A body of more bytes, decompressed, is refused. */
  readonly maxBytes: number;
}

/** Where the data of an INSERT is: in memory, or in a file that `remove` deletes. */
export type InsertData = { readonly bytes: Buffer } | { readonly path: string; remove(): Promise<void> };

const decompressors = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
} as const;

/** The body as sent, decompressed by its content encoding. */
export function decodedBody(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return request;
  const create = decompressors[encoding as keyof typeof decompressors];
  if (create === undefined) throw new EngineError(48, 'NOT_IMPLEMENTED', `Unknown content encoding '${encoding}'`);
  const decoder = create();
  request.on('error', (error) => decoder.destroy(error));
  return request.pipe(decoder);
}

function tooLarge(maxBytes: number): EngineError {
  return new EngineError(307, 'TOO_MANY_BYTES', `The body is larger than ${maxBytes} bytes (${engineSettingPath('max_insert_body')})`);
}

/** The whole body; refuses more than `maxBytes`. */
export async function readBody(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
}

/** Chunks come from the socket in 64 KiB; each write costs a turn of the thread pool. */
const writeBytes = 2 ** 20;

/**
 * Where the data of inserts waits for the engine. The engine takes data behind a statement only up to a blank line,
 * whatever the format; so small data without one is handed over in memory, and all other by a file, which is read
 * block by block and removed before the system's write-back comes to it.
 */
export class InsertSpool {
  readonly #directory: string;
  readonly #bufferBytes: number;
  readonly #maxBytes: number;
  #nextFile = 1;

  constructor(directory: string, bufferBytes: number, maxBytes: number) {
    this.#directory = directory;
    this.#bufferBytes = bufferBytes;
    this.#maxBytes = maxBytes;
  }

  /** Removes what an earlier process left behind. */
  async clean(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** Reads the data, into memory or a file; always a file where `asFile`. */
  async take(body: Readable, asFile: boolean): Promise<InsertData> {
    const chunks: Buffer[] = [];
    let size = 0;
    const parts = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (let part = await parts.next(); !part.done; part = await parts.next()) {
      chunks.push(part.value);
      size += part.value.length;
      if (size > this.#bufferBytes) return this.#writeFile(chunks, size, parts);
    }
    const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
    return asFile || bytes.includes('\n\n') ? this.#writeFile([bytes], size, undefined) : { bytes };
  }

  async #writeFile(first: Buffer[], firstBytes: number, rest: AsyncIterator<Buffer> | undefined): Promise<InsertData> {
    const path = join(this.#directory, `insert-${this.#nextFile++}`);
    const remove = (): Promise<void> => rm(path, { force: true });
    const file = await open(path, 'wx', 0o600);
    try {
      let total = firstBytes;
      let pending = first;
      let pendingBytes = firstBytes;
      for (;;) {
        const part = rest === undefined ? undefined : await rest.next();
        const isEnd = part === undefined || part.done === true;
        if (!isEnd) {
          pending.push(part.value);
          pendingBytes += part.value.length;
          total += part.value.length;
          if (total > this.#maxBytes) throw tooLarge(this.#maxBytes);
        }
        if (isEnd || pendingBytes >= writeBytes) {
          await writeAll(file, pending, pendingBytes);
          [pending, pendingBytes] = [[], 0];
        }
        if (isEnd) return { path, remove };
      }
    } catch (error) {
      await remove();
      throw error;
    } finally {
      await file.close();
    }
  }
}

/** writev may write less than asked for, as on a full disk. */
async function writeAll(file: FileHandle, chunks: readonly Buffer[], size: number): Promise<void> {
  if (size === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten < size) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
