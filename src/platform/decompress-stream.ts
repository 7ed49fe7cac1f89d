/** Decompression of bodies without end, piece by piece: for protocols that stream (journald upload, plain text). */
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { AppError } from '#base/errors.ts';

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  zstd: createZstdDecompress,
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The content of a body, in pieces of bounded size; what is not read is not decompressed, so a slow reader slows the
 * sender. Throws AppError unsupported_encoding at once, malformed_encoding while it is read.
 */
export function decompressStream(source: Readable, encoding: string | undefined): AsyncIterable<Uint8Array> {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return source;
  if (!Object.hasOwn(decoders, name)) {
    throw new AppError('unsupported_encoding', `content encoding "${name}" is not supported for a stream`);
  }
  const decoder = decoders[name]();
  pipeline(source, decoder, () => undefined);
  return readPieces(decoder, name);
}

async function* readPieces(decoder: NodeJS.ReadWriteStream, name: string): AsyncIterable<Uint8Array> {
  try {
    for await (const piece of decoder) yield piece as unknown as Uint8Array;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError('malformed_encoding', `the body is not valid ${name}: ${reason}`, { details: { encoding: name }, cause: thrown });
  }
}
