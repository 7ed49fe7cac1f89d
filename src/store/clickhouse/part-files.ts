/** What the engine's own check of a part does not look at: the small files that say how to read it. */
import { join } from 'node:path';
import type { Files } from '#platform/files.ts';

/** Never empty in a part that is whole; data and indexes, which may be, are covered by checksums. */
const descriptions = /^(?:[\w-]+\.(?:txt|json|dat)|minmax_[\w-]+\.idx)$/;

/** The first description of the part in this directory that is empty; undefined where all say something. */
export async function emptyDescription(files: Files, directory: string): Promise<string | undefined> {
  for (const name of await files.list(directory)) {
    if (!descriptions.test(name)) continue;
    const file = await files.open(join(directory, name), 'read');
    try {
      if ((await file.size()) === 0) return name;
    } finally {
      await file.close();
    }
  }
  return undefined;
}
