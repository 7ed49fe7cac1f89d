import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from './clock.ts';
import { layoutVersion, openDataDirectory } from './data-directory.ts';

const options = { version: '1.2.3', clock: systemClock };

async function temporaryDirectory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-data-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A process of its own that holds the directory until it is killed. */
async function holderProcess(t: TestContext, path: string) {
  const module = new URL('./data-directory.ts', import.meta.url).href;
  const script = `
    const { openDataDirectory } = await import(${JSON.stringify(module)});
    await openDataDirectory(${JSON.stringify(path)}, { version: '1', clock: { nowMs: () => 0 } });
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('makes the directory, private, and says that it is new', async (t) => {
  const path = join(await temporaryDirectory(t), 'a', 'b');
  const directory = await openDataDirectory(path, options);
  assert.equal(directory.isNew, true);
  assert.equal(directory.path, path);
  assert.equal(directory.part('wal'), join(path, 'wal'));
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  assert.equal(JSON.parse(await readFile(join(path, 'version.json'), 'utf8')).layout, layoutVersion);
  await directory.close();
  assert.deepEqual((await readdir(path)).sort(), ['lock', 'version.json']);
  const again = await openDataDirectory(path, options);
  assert.equal(again.isNew, false);
  await again.close();
});

test('a second process is told who has it, and gets it after kill -9', async (t) => {
  const path = await temporaryDirectory(t);
  const holder = await holderProcess(t, path);
  await assert.rejects(openDataDirectory(path, options), (error: Error & { code: string }) => {
    assert.equal(error.code, 'data_directory');
    assert.match(
      error.message,
      new RegExp(`is in use by another Millrace \\(process ${holder.pid}, running since 1970-.*choose another directory with --data`),
    );
    return true;
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const directory = await openDataDirectory(path, options);
  assert.equal(directory.isNew, false);
  await directory.close();
});

test('a leftover owner file of a dead process, even with a living id, locks nothing', async (t) => {
  const path = await temporaryDirectory(t);
  await writeFile(join(path, 'owner.json'), JSON.stringify({ pid: process.ppid, host: 'other', started_at: 'then' }));
  await (await openDataDirectory(path, options)).close();
});

test('a directory of a newer Millrace is refused, and not held', async (t) => {
  const path = await temporaryDirectory(t);
  await writeFile(join(path, 'version.json'), JSON.stringify({ layout: layoutVersion + 1, millrace: '9.0.0' }));
  await assert.rejects(openDataDirectory(path, options), {
    code: 'data_directory',
    message: /newer Millrace \(9\.0\.0, layout 2; this one knows 1\)/,
  });
  await rm(join(path, 'version.json'));
  await (await openDataDirectory(path, options)).close();
});

test('a damaged version file is refused', async (t) => {
  const path = await temporaryDirectory(t);
  await writeFile(join(path, 'version.json'), 'nonsense');
  await assert.rejects(openDataDirectory(path, options), { code: 'data_directory', message: /damaged version\.json/ });
});

test('a path that cannot be a directory is refused', async (t) => {
  const path = join(await temporaryDirectory(t), 'file');
  await writeFile(path, '');
  await assert.rejects(openDataDirectory(join(path, 'below'), options), { code: 'data_directory', message: /cannot be made/ });
  await assert.rejects(openDataDirectory(path, options), { code: 'data_directory' });
});

test('a directory that cannot be written is refused', async (t) => {
  // root may write where permissions forbid it, but not into the kernel's own file system
  const isRoot = process.getuid?.() === 0;
  const path = isRoot ? '/proc/self' : await temporaryDirectory(t);
  if (!isRoot) await chmod(path, 0o500);
  await assert.rejects(openDataDirectory(path, options), { code: 'data_directory' });
});
