/**
 * A small file that is replaced whole and durably: `<crc as 8 hex digits> <JSON>\n`. Used for the incarnation and for the
 * positions of consumers.
 */
import { crc32 } from 'node:zlib';
import type { Files } from '#platform/files.ts';
import { replaceFile } from '#platform/replace-file.ts';

/** Durable when it resolves; before that the old content stands. */
export async function writeSealedFile(files: Files, directory: string, name: string, content: unknown): Promise<void> {
  const json = JSON.stringify(content);
  const path = `${directory}/${name}`;
  await replaceFile(files, path, `${path}.tmp`, [Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`)]);
}

/** The content, or why there is none. */
export async function readSealedFile(files: Files, directory: string, name: string): Promise<{ content: unknown } | 'missing' | 'damaged'> {
  const path = `${directory}/${name}`;
  if (!(await files.exists(path))) return 'missing';
  const file = await files.open(path, 'read');
  let text: string;
  try {
    const bytes = Buffer.alloc(await file.size());
    const count = await file.read(bytes, 0);
    text = bytes.toString('utf8', 0, count);
  } finally {
    await file.close();
  }
  const json = text.slice(9, -1);
  if (text.slice(0, 8) !== crc32(json).toString(16).padStart(8, '0') || !text.endsWith('\n')) return 'damaged';
  return { content: JSON.parse(json) };
}
