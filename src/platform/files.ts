/**
 * The file operations that durable state needs, passed in so that faults can be injected: torn and short writes,
 * failed fsync, full disks, lost directory entries. All paths are absolute.
 */
import { open, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';

export interface OpenFile {
  /** Writes all buffers at the position; rejects on error, after which the file's tail is unknown. */
  writev(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Bytes read into the buffer, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Data durable. After a failure the file must be abandoned: the kernel may have dropped the dirty pages. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Files {
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile>;
  list(directory: string): Promise<string[]>;
  makeDirectory(path: string): Promise<void>;
  /** Durable directory entry (fsync of the directory). */
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Bytes that an unprivileged process can still write on the file system of the path. */
  freeBytes(path: string): Promise<number>;
}

const openFlags = { read: 'r', write: 'r+', create: 'wx+' } as const;

/** The real file system. */
export const nodeFiles: Files = {
  async open(path, mode) {
    const handle = await open(path, openFlags[mode]);
    return {
      async writev(buffers, position) {
        let pending: Uint8Array[] = [...buffers];
        let at = position;
        while (pending.length > 0) {
          const { bytesWritten } = await handle.writev(pending, at);
          at += bytesWritten;
          pending = withoutFirstBytes(pending, bytesWritten);
        }
      },
      read: async (buffer, position) => (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
      datasync: () => handle.datasync(),
      truncate: (length) => handle.truncate(length),
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    };
  },
  list: async (directory) => (await readdir(directory)).sort(),
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
  async syncDirectory(path) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

function withoutFirstBytes(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let first = 0;
  while (first < buffers.length && left >= buffers[first].length) left -= buffers[first++].length;
  const rest = buffers.slice(first);
  if (rest.length > 0 && left > 0) rest[0] = rest[0].subarray(left);
  return rest;
}
