/** Request bodies: decompressed as they come, read whole into one buffer, or laid down in a file when large. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
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

/** Files for insert bodies that are too large to hold in memory. */
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

  /** Reads the data into memory up to the buffer's size, into a file beyond it, or always where `asFile`. */
  async take(body: Readable, asFile: boolean): Promise<InsertData> {
    const chunks: Buffer[] = [];
    let size = 0;
    const parts = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    while (!asFile || size === 0) {
      const { done, value } = await parts.next();
      if (done) return asFile ? this.#writeFile(chunks, undefined) : { bytes: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size) };
      chunks.push(value);
      size += value.length;
      if (size > this.#maxBytes) throw tooLarge(this.#maxBytes);
      if (asFile || size > this.#bufferBytes) break;
    }
    return this.#writeFile(chunks, parts);
  }

  async #writeFile(first: Buffer[], rest: AsyncIterator<Buffer> | undefined): Promise<InsertData> {
    const path = join(this.#directory, `insert-${this.#nextFile++}`);
    const remove = (): Promise<void> => rm(path, { force: true });
    try {
      await pipeline(this.#bounded(first, rest), createWriteStream(path, { mode: 0o600 }));
      return { path, remove };
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async *#bounded(first: Buffer[], rest: AsyncIterator<Buffer> | undefined): AsyncGenerator<Buffer> {
    let size = 0;
    for (const chunk of first) {
      size += chunk.length;
      yield chunk;
    }
    if (rest === undefined) return;
    for (let part = await rest.next(); !part.done; part = await rest.next()) {
      size += part.value.length;
      if (size > this.#maxBytes) throw tooLarge(this.#maxBytes);
      yield part.value;
    }
  }
}
