/** Replacing a whole file so that a crash finds the old one or the new one, never a part of either. */
import { dirname } from 'node:path';
import type { Files } from './files.ts';

/** Durable when it resolves; before that the old content stands. `temporary` lies in the same directory, and whatever lies there goes. */
export async function replaceFile(files: Files, path: string, temporary: string, content: readonly Uint8Array[]): Promise<void> {
  await files.remove(temporary);
  const file = await files.open(temporary, 'create');
  try {
    await file.writev(content, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  await files.syncDirectory(dirname(path));
}
