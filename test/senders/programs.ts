/**
 * Senders that are not on npm, fetched once through the package manager they come from and kept in node_modules/.cache:
 * Debian's packages, PyPI's and Go's. A test is skipped, with the reason, where one cannot be had.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../support/product.ts';

const run = promisify(execFile);
const cache = join(repositoryRoot, 'node_modules/.cache/senders');
const fetchTimeoutMs = 180_000;

/** A directory with a sender's files, or why there is none. */
export type Fetched = { readonly directory: string } | { readonly skip: string };

/** Debian packages, unpacked side by side and not installed. */
export function debianPackages(...packages: readonly string[]): Promise<Fetched> {
  return fetchOnce(`debian-${packages.join('-')}`, async (directory) => {
    await run('apt-get', ['download', ...packages], { cwd: directory, timeout: fetchTimeoutMs });
    for (const name of await readdir(directory)) {
      if (name.endsWith('.deb')) await run('dpkg', ['-x', name, '.'], { cwd: directory, timeout: fetchTimeoutMs });
    }
  });
}

/** A Python environment with packages such as `fluent-logger==0.11.1`; `bin/python` in it runs them. */
export function pythonPackages(...packages: readonly string[]): Promise<Fetched> {
  return fetchOnce(`python-${packages.join('-')}`, async (directory) => {
    await run('python3', ['-m', 'venv', directory], { timeout: fetchTimeoutMs });
    await run(join(directory, 'bin/python'), ['-m', 'pip', '--quiet', 'install', ...packages], { timeout: fetchTimeoutMs });
  });
}

/** The program in `sourceDirectory`, built by Go with the modules that its go.mod names; `sender` in the directory. */
export function goProgram(sourceDirectory: string, name: string): Promise<Fetched> {
  return fetchOnce(`go-${name}`, async (directory) => {
    await run('go', ['build', '-o', join(directory, 'sender'), '.'], { cwd: sourceDirectory, timeout: fetchTimeoutMs });
  });
}

async function fetchOnce(name: string, fetchInto: (directory: string) => Promise<void>): Promise<Fetched> {
  const directory = join(cache, name);
  if (await exists(directory)) return { directory };
  // the directory has its name only once it is complete; environments of Python do not bear being moved
  const isMovable = !name.startsWith('python-');
  const target = isMovable ? `${directory}.${process.pid}` : directory;
  await mkdir(target, { recursive: true });
  try {
    await fetchInto(target);
    if (isMovable) await rename(target, directory);
    return { directory };
  } catch (thrown) {
    await rm(target, { recursive: true, force: true });
    if (await exists(directory)) return { directory };
    return { skip: `${name} cannot be fetched: ${thrown instanceof Error ? thrown.message.split('\n', 1)[0] : String(thrown)}` };
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
