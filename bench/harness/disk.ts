/** Sizes on disk of a stopped product's store, read by the raw engine from the parts themselves. */
import { fork } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskSizes {
  readonly rows: number;
  readonly parts: number;
  readonly bytes: number;
  readonly textIndexBytes: number;
  readonly otherIndexBytes: number;
  readonly projectionBytes: number;
}

const childFile = join(import.meta.dirname, 'disk-child.ts');
const timeoutMs = 60_000;

/** Looks for the engine's directory in the data directory and reads its table of lines. */
export async function readDiskSizes(dataDirectory: string): Promise<DiskSizes> {
  const engineDirectory = await findEngineDirectory(dataDirectory);
  return new Promise((resolve, reject) => {
    const child = fork(childFile, [engineDirectory], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let sizes: DiskSizes | undefined;
    child.on('message', (message) => (sizes = message as DiskSizes));
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (sizes === undefined) reject(new Error(`the sizes of ${engineDirectory} could not be read (exit ${code})`));
      else resolve(sizes);
    });
  });
}

/** An engine's directory holds `data`, `store` and `metadata`; the product's own has the last two. */
async function findEngineDirectory(directory: string, depth = 2): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  if (['data', 'store', 'metadata'].every((name) => names.has(name))) return directory;
  for (const entry of entries) {
    if (!entry.isDirectory() || depth === 0) continue;
    const found = await findEngineDirectory(join(directory, entry.name), depth - 1).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`no engine's directory in ${directory}`);
}
