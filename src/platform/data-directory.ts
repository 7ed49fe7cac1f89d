/**
 * The data directory: made, locked for one process, and marked with the version of its layout.
 *
 * The lock is a kernel lock (fcntl, through SQLite's exclusive mode on `lock`), so it ends with the process however that
 * ends: nothing is stale after kill -9, and it holds between containers that share the directory, where process ids mean
 * nothing. `owner.json` beside it says who holds it, for the message that the second process prints.
 *
 * Called by the composition root before anything else touches the directory.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '#base/errors.ts';
import type { Clock } from './clock.ts';

/** Version of the directory's layout; raised when an older Millrace could not read it any more. */
export const layoutVersion = 1;

export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  /** True where this start made it. */
  readonly isNew: boolean;
  /** Absolute path of a part of it; not made here. */
  part(name: string): string;
  /** Gives up the lock. */
  close(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly started_at: string;
}

/**
 * Makes, locks and checks the directory.
 * @throws AppError data_directory where another process has it, a newer Millrace wrote it, or it cannot be written
 */
export async function openDataDirectory(path: string, { version, clock }: { version: string; clock: Clock }): Promise<DataDirectory> {
  const absolute = resolve(path);
  try {
    await mkdir(absolute, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(absolute, `cannot be made (${messageOf(cause)})`, cause);
  }
  const lock = await takeLock(absolute);
  try {
    const isNew = await checkLayout(absolute, version, clock);
    const owner: Owner = { pid: process.pid, host: hostname(), started_at: new Date(clock.nowMs()).toISOString() };
    await writeDurably(join(absolute, 'owner.json'), JSON.stringify(owner));
    return {
      path: absolute,
      isNew,
      part: (name) => join(absolute, name),
      async close() {
        await rm(join(absolute, 'owner.json'), { force: true });
        lock.close();
      },
    };
  } catch (thrown) {
    lock.close();
    throw thrown instanceof AppError ? thrown : unusable(absolute, `cannot be written (${messageOf(thrown)})`, thrown);
  }
}

async function takeLock(directory: string): Promise<DatabaseSync> {
  const path = join(directory, 'lock');
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path);
    await chmod(path, 0o600);
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock?.close();
    if (!/\blocked\b/.test(messageOf(cause))) throw unusable(directory, `cannot be locked (${messageOf(cause)})`, cause);
    throw unusable(
      directory,
      `is in use by another Millrace${await describeOwner(directory)}; stop that one, or choose another directory with --data`,
      cause,
    );
  }
}

async function describeOwner(directory: string): Promise<string> {
  const owner = (await readJson(join(directory, 'owner.json'))) as Partial<Owner> | undefined;
  if (owner?.pid === undefined) return '';
  const where = owner.host === hostname() ? '' : ` on host "${owner.host}"`;
  return ` (process ${owner.pid}${where}, running since ${owner.started_at})`;
}

/** Writes the layout's version into a new directory, compares it in an old one; true where it is new. */
async function checkLayout(directory: string, version: string, clock: Clock): Promise<boolean> {
  const path = join(directory, 'version.json');
  const known = (await readJson(path)) as { layout?: unknown; millrace?: unknown } | undefined;
  if (known === undefined) {
    const created = { layout: layoutVersion, millrace: version, created_at: new Date(clock.nowMs()).toISOString() };
    await writeDurably(path, JSON.stringify(created));
    return true;
  }
  if (typeof known.layout !== 'number')
    throw unusable(directory, `has a damaged version.json; restore it, for this Millrace: {"layout":${layoutVersion}}`);
  if (known.layout > layoutVersion) {
    throw unusable(
      directory,
      `was written by a newer Millrace (${String(known.millrace)}, layout ${known.layout}; this one knows ${layoutVersion})`,
    );
  }
  return false;
}

/** Undefined where there is no file; {} where it holds no JSON object. */
async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The file is whole or not there, also after a power cut. */
async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(join(path, '..'), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

function unusable(directory: string, reason: string, cause?: unknown): AppError {
  return new AppError('data_directory', `data directory "${directory}" ${reason}`, { details: { directory }, cause });
}
