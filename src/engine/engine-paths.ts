/**
 * Where the engine's socket and spool lie. A unix socket's path is at most 107 bytes, so a long data path gets a short
 * runtime directory under the system's temporary one, named by a hash of the data path: the next start finds the same.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '#base/errors.ts';
import { engineSettingPath } from './config.ts';
import type { EnginePaths } from './engine-config.ts';

/** `sun_path` holds 108 bytes with the closing zero on Linux, 104 elsewhere. */
const maxSocketPathBytes = 103;

/** Creates the engine's directories (mode 0700) and returns its paths; `runtimeDirectory` empty means: choose. */
export async function prepareEnginePaths(dataPath: string, runtimeDirectory: string): Promise<EnginePaths> {
  const data = resolve(dataPath);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const inData = join(data, 'millrace-run');
  const spoolPath = join(inData, 'spool');
  await makePrivate(inData);
  if (runtimeDirectory !== '') {
    const socketPath = join(resolve(runtimeDirectory), 'engine.sock');
    if (Buffer.byteLength(socketPath) > maxSocketPathBytes) {
      throw new AppError('invalid_configuration', `a socket in "${runtimeDirectory}" would have too long a path`, {
        details: { setting: engineSettingPath('runtime_directory'), max_bytes: maxSocketPathBytes },
      });
    }
    await makePrivate(resolve(runtimeDirectory));
    return { dataPath: data, socketPath, spoolPath };
  }
  const socketInData = join(inData, 'engine.sock');
  if (Buffer.byteLength(socketInData) <= maxSocketPathBytes) return { dataPath: data, socketPath: socketInData, spoolPath };
  const short = join(tmpdir(), `millrace-${createHash('sha256').update(data).digest('hex').slice(0, 16)}`);
  await makePrivate(short);
  return { dataPath: data, socketPath: join(short, 'engine.sock'), spoolPath };
}

/** A directory of ours alone; refuses one that somebody else laid there before us. */
async function makePrivate(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(path).then((found) => (found.isDirectory() ? found : { uid: -1, mode: 0 }));
  const foreign = process.getuid !== undefined && uid !== process.getuid();
  if (foreign || (mode & 0o077) !== 0) {
    throw new AppError('invalid_configuration', `the directory "${path}" is open to others or not ours; remove it or name another`, {
      details: { setting: engineSettingPath('runtime_directory') },
    });
  }
}
