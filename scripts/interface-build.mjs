/**
 * Builds the web interface into web/dist where it is missing or older than what it is made of. Plain JavaScript, because it
 * runs before anything else does. A build that fails keeps nobody from starting: its message stands in
 * web/dist/build-problem.txt, and the page at `/` shows it.
 *
 * Called by bin/millrace.mjs before `serve`, and by the browser tests.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNode, rootDirectory } from './bootstrap.mjs';

const webDirectory = join(rootDirectory, 'web');
const builtDirectory = join(webDirectory, 'dist');
const hashFile = join(builtDirectory, 'sources.sha256');
const problemFile = join(builtDirectory, 'build-problem.txt');

/** What the bundle is made of: the interface, the folders of the server that it uses, and the packages. */
const sourceFolders = ['web/src', 'web/public', 'src/base', 'src/model', 'src/language'];
const sourceFiles = ['web/index.html', 'web/vite.config.ts', 'web/tsconfig.json', 'package.json', 'package-lock.json'];

/** One hash over names and contents of all sources. */
export function hashOfSources() {
  const hash = createHash('sha256');
  const paths = sourceFolders.flatMap((folder) =>
    readdirSync(join(rootDirectory, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(test|bench|fuzz|fake)\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(rootDirectory.length + 1)),
  );
  for (const path of [...paths, ...sourceFiles].sort((a, b) => (a < b ? -1 : 1))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(rootDirectory, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @returns {boolean} whether web/dist is of these sources */
function isBuilt(hash) {
  try {
    return readFileSync(hashFile, 'utf8') === hash && !existsSync(problemFile);
  } catch {
    return false;
  }
}

/**
 * @param {(text: string) => void} say
 * @returns {Promise<boolean>} false where the build failed
 */
export async function ensureInterface(say = console.error) {
  const hash = hashOfSources();
  if (isBuilt(hash)) return true;
  const startedMs = Date.now();
  say(`millrace: building the web interface (${existsSync(hashFile) ? 'its sources have changed' : 'the first time'}; a few seconds)`);
  // two starts at once each build their own, and the later one takes the place
  const fresh = join(webDirectory, `dist.${process.pid}.tmp`);
  const problem = await build(fresh);
  if (problem === undefined) {
    writeFileSync(join(fresh, 'sources.sha256'), hash);
    putInPlace(fresh);
    say(`millrace: built in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
    return true;
  }
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(builtDirectory, { recursive: true });
  writeFileSync(problemFile, problem);
  say(`millrace: the web interface could not be built; the server starts without it, and "/" says why:\n${problem}`);
  return false;
}

function putInPlace(fresh) {
  const old = `${fresh}.old`;
  if (existsSync(builtDirectory)) renameSync(builtDirectory, old);
  renameSync(fresh, builtDirectory);
  rmSync(old, { recursive: true, force: true });
}

/** The message of a build that failed; undefined where it went well. */
function build(directory) {
  const vite = join(rootDirectory, 'node_modules', 'vite', 'bin', 'vite.js');
  const config = join(webDirectory, 'vite.config.ts');
  const args = [vite, 'build', '--config', config, '--outDir', directory, '--logLevel', 'error'];
  return new Promise((resolve) => {
    const child = spawn(pinnedNode, args, {
      cwd: rootDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : printed.trim().slice(0, 4000) || `vite ended with ${code}`));
  });
}
