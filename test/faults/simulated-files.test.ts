/** The simulated file system does what the real one does, and loses what the real one may lose. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import type { Files } from '#platform/files.ts';
import { nodeFiles } from '#platform/files.ts';
import { SimulatedFiles } from './simulated-files.ts';

async function write(files: Files, path: string, content: string, sync: boolean): Promise<void> {
  const file = await files.open(path, 'create');
  await file.writev([Buffer.from(content)], 0);
  if (sync) await file.datasync();
  await file.close();
}

async function read(files: Files, path: string): Promise<string> {
  const file = await files.open(path, 'read');
  const buffer = Buffer.alloc(1000);
  const count = await file.read(buffer, 0);
  await file.close();
  return buffer.toString('latin1', 0, count);
}

/** The same steps on both. */
async function behaviour(files: Files, root: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'no error',
      (error: NodeJS.ErrnoException) => error.code,
    );
  seen.push(await codeOf(files.list(`${root}/a`)));
  await files.makeDirectory(`${root}/a/b`);
  await files.makeDirectory(`${root}/a/b`);
  await write(files, `${root}/a/one`, 'hello world', true);
  seen.push(
    await codeOf(files.open(`${root}/a/one`, 'create')),
    await codeOf(files.open(`${root}/a/none`, 'read')),
    await codeOf(files.open(`${root}/c/none`, 'create')),
  );
  seen.push(await files.list(`${root}/a`), await files.exists(`${root}/a/b`), await files.exists(`${root}/a/c`));
  const file = await files.open(`${root}/a/one`, 'write');
  await file.writev([Buffer.from('HE'), Buffer.alloc(0), Buffer.from('L')], 0);
  await file.writev([Buffer.from('!')], 14);
  seen.push(await file.size(), await file.read(Buffer.alloc(5), 100));
  await file.truncate(13);
  await file.close();
  seen.push(await read(files, `${root}/a/one`));
  await files.rename(`${root}/a/one`, `${root}/a/two`);
  await files.syncDirectory(`${root}/a`);
  seen.push(await files.list(`${root}/a`));
  const open = await files.open(`${root}/a/two`, 'read');
  await files.remove(`${root}/a/two`);
  await files.remove(`${root}/a/two`);
  const left = Buffer.alloc(3);
  await open.read(left, 0);
  await open.close();
  seen.push(left.toString(), await files.list(`${root}/a`));
  await files.remove(`${root}/a`);
  seen.push(await files.exists(`${root}/a`));
  return seen;
}

test('behaves as the real file system while nothing goes wrong', async (t) => {
  const root = await mkdtemp(`${tmpdir()}/millrace-files-`);
  t.after(() => rm(root, { recursive: true }));
  assert.deepEqual(await behaviour(new SimulatedFiles({ seed: 1 }).process(), '/root'), await behaviour(nodeFiles, root));
});

describe('a crash', () => {
  const outcomes = async (prepare: (files: Files) => Promise<void>, path: string): Promise<Set<string>> => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed += 1) {
      const disk = new SimulatedFiles({ seed });
      const files = disk.process();
      await files.makeDirectory('/d');
      await files.syncDirectory('/');
      await prepare(files);
      disk.crash();
      const after = disk.process();
      seen.add((await after.exists(path)) ? await read(after, path) : '(missing)');
    }
    return seen;
  };

  test('keeps what was synced with its directory entry', async () => {
    const seen = await outcomes(async (files) => {
      await write(files, '/d/f', 'kept', true);
      await files.syncDirectory('/d');
    }, '/d/f');
    assert.deepEqual(seen, new Set(['kept']));
  });

  test('may lose a synced file whose directory entry was not', async () => {
    assert.deepEqual(await outcomes((files) => write(files, '/d/f', 'kept', true), '/d/f'), new Set(['kept', '(missing)']));
  });

  test('may keep any part of what was not synced, with holes', async () => {
    const seen = await outcomes(async (files) => {
      await write(files, '/d/f', 'abc', false);
      await files.syncDirectory('/d');
    }, '/d/f');
    for (const content of ['', 'a', 'ab', 'abc', '\0bc']) assert.ok(seen.has(content), `"${content}" is among ${[...seen].join()}`);
    for (const content of seen) for (const [at, byte] of [...content].entries()) assert.ok(byte === '\0' || byte === 'abc'[at], content);
  });

  test('makes a rename whole or not at all', async () => {
    const seen = await outcomes(async (files) => {
      await write(files, '/d/f', 'old', true);
      await files.syncDirectory('/d');
      await write(files, '/d/f.tmp', 'new', true);
      await files.rename('/d/f.tmp', '/d/f');
    }, '/d/f');
    assert.deepEqual(seen, new Set(['old', 'new']));
  });

  test('after a failed sync may lose the data, although the next sync says success', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed += 1) {
      const disk = new SimulatedFiles({ seed });
      disk.place('/d/f', Buffer.from(''));
      const file = await disk.process().open('/d/f', 'write');
      await file.writev([Buffer.from('x')], 0);
      disk.fault = (operation) => (operation === 'datasync' ? { code: 'EIO' } : undefined);
      await assert.rejects(file.datasync(), { code: 'EIO' });
      disk.fault = undefined;
      await file.datasync();
      assert.equal(disk.contentOf('/d/f').toString(), 'x');
      disk.crash();
      seen.add(disk.contentOf('/d/f').toString());
    }
    assert.deepEqual(seen, new Set(['', 'x']));
  });
});

test('a killed process loses nothing that the page cache has, and never hears of its calls again', async () => {
  const disk = new SimulatedFiles({ seed: 1 });
  const files = disk.process();
  await files.makeDirectory('/d');
  await write(files, '/d/f', 'cached', false);
  disk.kill();
  const answered = await Promise.race([
    files.list('/d').then(() => 'answered'),
    new Promise((resolve) => setImmediate(() => resolve('silent'))),
  ]);
  assert.equal(answered, 'silent');
  assert.equal(await read(disk.process(), '/d/f'), 'cached');
});

test('a full disk takes what fits and says ENOSPC', async () => {
  const disk = new SimulatedFiles({ seed: 1, capacityBytes: 10 });
  const files = disk.process();
  await files.makeDirectory('/d');
  await assert.rejects(write(files, '/d/f', 'twelve bytes', false), { code: 'ENOSPC' });
  assert.equal(await read(files, '/d/f'), 'twelve byt');
  assert.equal(await files.freeBytes('/d'), 0);
  await files.remove('/d/f');
  assert.equal(await files.freeBytes('/d'), 10);
});
