/**
 * A file system in memory that loses what was not synced: `Files` for fault tests.
 *
 * It keeps what a running process sees (the page cache) apart from what the disk holds. `kill` ends the process: the page
 * cache stays. `crash` ends the machine: of every write since the last sync any part may have reached the disk, in any order
 * and torn at sectors, and of every directory change since the directory's sync only a prefix. A failed sync drops what it
 * could not write and says success afterwards, as kernels do. Everything follows from the seed.
 */
import { dirname } from 'node:path';
import type { Files, OpenFile } from '#platform/files.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';

export type FileOperation =
  | 'open'
  | 'create'
  | 'writev'
  | 'read'
  | 'datasync'
  | 'truncate'
  | 'size'
  | 'close'
  | 'list'
  | 'makeDirectory'
  | 'syncDirectory'
  | 'rename'
  | 'remove'
  | 'exists'
  | 'freeBytes';

export interface Fault {
  readonly code: 'ENOSPC' | 'EIO';
}

export interface SimulatedFilesOptions {
  readonly seed: number;
  /** Space for the contents of all files. */
  readonly capacityBytes?: number;
  /** Awaited before an operation takes effect, so that a scheduler can order them. */
  readonly beforeOperation?: (operation: FileOperation, path: string) => Promise<void> | void;
  /** Asked for every operation; a fault makes it fail. A failing write may take effect in part. */
  readonly fault?: (operation: FileOperation, path: string) => Fault | undefined;
}

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly length: number };

/** Contents of one file. */
interface Inode {
  cached: Buffer;
  durable: Buffer;
  unsynced: Change[];
}

/** A change of a directory's entries: undefined removes. */
type EntryChange = ReadonlyMap<string, Inode | undefined>;

const sectorBytes = 512;

export class SimulatedFiles {
  /** What the next faults and crashes do can be changed while it runs. */
  fault: SimulatedFilesOptions['fault'];
  beforeOperation: SimulatedFilesOptions['beforeOperation'];
  capacityBytes: number;
  readonly #random: SeededRandom;
  #entries = new Map<string, Inode>();
  #durableEntries = new Map<string, Inode>();
  readonly #directories = new Set<string>();
  readonly #durableDirectories = new Set<string>();
  #unsyncedEntries = new Map<string, EntryChange[]>();
  #life = 0;

  constructor({ seed, capacityBytes = Number.POSITIVE_INFINITY, beforeOperation, fault }: SimulatedFilesOptions) {
    this.#random = seededRandom(seed);
    this.capacityBytes = capacityBytes;
    this.beforeOperation = beforeOperation;
    this.fault = fault;
  }

  /** The file system as the process sees it that runs now; after `kill` or `crash` its operations never answer. */
  process(): Files {
    const life = this.#life;
    const run = <T>(operation: FileOperation, path: string, effect: () => T | Promise<T>): Promise<T> =>
      this.#run(life, operation, path, effect);
    return {
      open: (path, mode) => run(mode === 'create' ? 'create' : 'open', path, () => this.#open(run, path, mode)),
      list: (directory) => run('list', directory, () => this.#list(directory)),
      makeDirectory: (path) => run('makeDirectory', path, () => this.#makeDirectory(path)),
      syncDirectory: (path) => run('syncDirectory', path, () => this.#syncDirectory(path)),
      rename: (from, to) => run('rename', from, () => this.#rename(from, to)),
      remove: (path) => run('remove', path, () => this.#remove(path)),
      exists: (path) => run('exists', path, () => this.#entries.has(path) || this.#directories.has(path)),
      freeBytes: (path) => run('freeBytes', path, () => this.freeBytes),
    };
  }

  get freeBytes(): number {
    let used = 0;
    for (const { cached } of this.#entries.values()) used += cached.length;
    return Math.max(0, this.capacityBytes - used);
  }

  /** The process dies; the page cache stays. */
  kill(): void {
    this.#life += 1;
  }

  /** The machine goes down and comes back with what its disk holds. */
  crash(): void {
    this.#life += 1;
    for (const changes of this.#unsyncedEntries.values()) {
      const kept = this.#random.below(changes.length + 1);
      for (const change of changes.slice(0, kept)) applyEntries(this.#durableEntries, change);
    }
    this.#unsyncedEntries = new Map();
    for (const path of [...this.#directories])
      if (!this.#durableDirectories.has(path) && this.#random.chance(0.5)) this.#directories.delete(path);
    for (const path of this.#directories) this.#durableDirectories.add(path);
    for (const path of [...this.#durableEntries.keys()]) if (!this.#directories.has(dirname(path))) this.#durableEntries.delete(path);
    this.#entries = new Map(this.#durableEntries);
    for (const inode of new Set(this.#entries.values())) this.#loseUnsynced(inode);
  }

  /** What the file holds; for looking and for doing damage. */
  contentOf(path: string): Buffer {
    return this.#inode(path).cached;
  }

  /** What the disk holds of every file whose name is durable. */
  durableContents(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#durableEntries].map(([path, inode]) => [path, inode.durable]));
  }

  paths(): string[] {
    return [...this.#entries.keys()].sort();
  }

  /** Puts a file there, durable at once. */
  place(path: string, content: Buffer): void {
    const inode: Inode = { cached: Buffer.from(content), durable: Buffer.from(content), unsynced: [] };
    for (let directory = dirname(path); directory !== '/'; directory = dirname(directory)) {
      this.#directories.add(directory);
      this.#durableDirectories.add(directory);
    }
    this.#entries.set(path, inode);
    this.#durableEntries.set(path, inode);
  }

  /** Takes a file away, durable at once. */
  lose(path: string): void {
    this.#entries.delete(path);
    this.#durableEntries.delete(path);
  }

  async #run<T>(life: number, operation: FileOperation, path: string, effect: () => T | Promise<T>): Promise<T> {
    await this.beforeOperation?.(operation, path);
    if (life !== this.#life) return new Promise<T>(() => {});
    const fault = this.fault?.(operation, path);
    if (fault !== undefined && operation !== 'writev' && operation !== 'datasync') throw systemError(fault.code, operation, path);
    this.#pendingFault = fault;
    return effect();
  }

  /** Set between #run and the effect of a write or sync, which fail in ways of their own. */
  #pendingFault: Fault | undefined;

  #open(
    run: <T>(operation: FileOperation, path: string, effect: () => T | Promise<T>) => Promise<T>,
    path: string,
    mode: 'read' | 'write' | 'create',
  ): OpenFile {
    if (mode === 'create') this.#create(path);
    const inode = this.#inode(path);
    return {
      writev: (buffers, position) => run('writev', path, () => this.#writeInSteps(inode, path, Buffer.concat(buffers), position)),
      read: (buffer, position) => run('read', path, () => (position < inode.cached.length ? inode.cached.copy(buffer, 0, position) : 0)),
      datasync: () => run('datasync', path, () => this.#sync(inode, path)),
      truncate: (length) =>
        run('truncate', path, () => {
          inode.cached = resized(inode.cached, length);
          inode.unsynced.push({ length });
        }),
      size: () => run('size', path, () => inode.cached.length),
      close: () => run('close', path, () => undefined),
    };
  }

  #inode(path: string): Inode {
    const inode = this.#entries.get(path);
    if (inode === undefined) throw systemError('ENOENT', 'open', path);
    return inode;
  }

  #create(path: string): void {
    if (this.#entries.has(path)) throw systemError('EEXIST', 'open', path);
    if (!this.#directories.has(dirname(path))) throw systemError('ENOENT', 'open', path);
    if (this.freeBytes <= 0) throw systemError('ENOSPC', 'open', path);
    this.#changeEntries(dirname(path), new Map([[path, { cached: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] }]]));
  }

  /** A write is seen by readers part by part, and the process may die in between. */
  async #writeInSteps(inode: Inode, path: string, bytes: Buffer, at: number): Promise<void> {
    const life = this.#life;
    if (this.#pendingFault !== undefined || this.#random.chance(0.5)) return this.#write(inode, path, bytes, at);
    const firstBytes = this.#random.below(bytes.length + 1);
    this.#write(inode, path, bytes.subarray(0, firstBytes), at);
    for (let turns = this.#random.below(20); turns > 0; turns -= 1) await Promise.resolve();
    if (life !== this.#life) return new Promise<void>(() => {});
    this.#pendingFault = undefined;
    this.#write(inode, path, bytes.subarray(firstBytes), at + firstBytes);
  }

  #write(inode: Inode, path: string, bytes: Buffer, at: number): void {
    const grows = Math.max(0, at + bytes.length - inode.cached.length);
    let written = bytes;
    let code = this.#pendingFault?.code;
    if (code !== undefined) written = bytes.subarray(0, this.#random.below(bytes.length + 1));
    else if (grows > this.freeBytes) {
      code = 'ENOSPC';
      written = bytes.subarray(0, Math.max(0, bytes.length - grows + this.freeBytes));
    }
    if (written.length > 0) {
      inode.cached = resized(inode.cached, Math.max(inode.cached.length, at + written.length));
      written.copy(inode.cached, at);
      inode.unsynced.push({ at, bytes: Buffer.from(written) });
    }
    if (code !== undefined) throw systemError(code, 'write', path);
  }

  #sync(inode: Inode, path: string): void {
    if (this.#pendingFault === undefined) {
      for (const change of inode.unsynced) inode.durable = applyChange(inode.durable, change);
      inode.unsynced = [];
      return;
    }
    this.#writeBack(inode);
    throw systemError(this.#pendingFault.code, 'fdatasync', path);
  }

  /** Some of what was not synced reaches the disk, the rest is dropped. */
  #writeBack(inode: Inode): void {
    for (const change of inode.unsynced) {
      if ('length' in change) {
        if (this.#random.chance(0.5)) inode.durable = applyChange(inode.durable, change);
      } else {
        for (const part of this.#survivors(change)) inode.durable = applyChange(inode.durable, part);
      }
    }
    inode.unsynced = [];
  }

  #loseUnsynced(inode: Inode): void {
    this.#writeBack(inode);
    inode.cached = Buffer.from(inode.durable);
  }

  /** Which sectors of a write made it: all, none, the first ones, or some. */
  #survivors({ at, bytes }: { readonly at: number; readonly bytes: Buffer }): Change[] {
    const mode = this.#random.pick(['all', 'none', 'prefix', 'prefix', 'sectors'] as const);
    if (mode === 'all') return [{ at, bytes }];
    if (mode === 'none') return [];
    if (mode === 'prefix') return [{ at, bytes: bytes.subarray(0, this.#random.below(bytes.length + 1)) }];
    const parts: Change[] = [];
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes));
      if (this.#random.chance(0.5)) parts.push({ at: at + from, bytes: bytes.subarray(from, to) });
      from = to;
    }
    return parts;
  }

  #list(directory: string): string[] {
    if (!this.#directories.has(directory)) throw systemError('ENOENT', 'scandir', directory);
    const names = [...this.#entries.keys(), ...this.#directories].filter((path) => dirname(path) === directory && path !== directory);
    return names.map((path) => path.slice(directory === '/' ? 1 : directory.length + 1)).sort();
  }

  #makeDirectory(path: string): void {
    for (let directory = path; directory !== '/'; directory = dirname(directory)) this.#directories.add(directory);
    this.#directories.add('/');
    this.#durableDirectories.add('/');
  }

  #syncDirectory(path: string): void {
    if (!this.#directories.has(path)) throw systemError('ENOENT', 'open', path);
    for (const change of this.#unsyncedEntries.get(path) ?? []) applyEntries(this.#durableEntries, change);
    this.#unsyncedEntries.delete(path);
    for (const directory of this.#directories) if (dirname(directory) === path) this.#durableDirectories.add(directory);
  }

  #rename(from: string, to: string): void {
    this.#changeEntries(
      dirname(to),
      new Map([
        [from, undefined],
        [to, this.#inode(from)],
      ]),
    );
  }

  #remove(path: string): void {
    for (const known of [...this.#entries.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.#changeEntries(dirname(known), new Map([[known, undefined]]));
    }
    for (const directory of [...this.#directories])
      if (directory === path || directory.startsWith(`${path}/`)) this.#directories.delete(directory);
  }

  #changeEntries(directory: string, change: EntryChange): void {
    applyEntries(this.#entries, change);
    const unsynced = this.#unsyncedEntries.get(directory) ?? [];
    unsynced.push(change);
    this.#unsyncedEntries.set(directory, unsynced);
  }
}

function applyEntries(entries: Map<string, Inode>, change: EntryChange): void {
  for (const [path, inode] of change) {
    if (inode === undefined) entries.delete(path);
    else entries.set(path, inode);
  }
}

function applyChange(content: Buffer, change: Change): Buffer {
  if ('length' in change) return resized(content, change.length);
  const changed = resized(content, Math.max(content.length, change.at + change.bytes.length));
  change.bytes.copy(changed, change.at);
  return changed;
}

function resized(content: Buffer, length: number): Buffer {
  if (length === content.length) return Buffer.from(content);
  const result = Buffer.alloc(length);
  content.copy(result, 0, 0, Math.min(length, content.length));
  return result;
}

function systemError(code: string, operation: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, ${operation} '${path}'`), { code, path, syscall: operation });
}
