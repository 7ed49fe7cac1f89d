/**
 * Brings a checkout that has only some Node (20 or newer) and npm to the state in which Millrace runs: the packages of
 * package-lock.json in place, the pinned Node 24 among them. Plain JavaScript, because it runs before Node 24 is there.
 *
 * Called by bin/millrace.mjs and scripts/run.mjs.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const rootDirectory = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const pinnedNode = join(rootDirectory, 'node_modules', 'node', 'bin', 'node');

const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @param {string} path */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isRunnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Why the installed packages do not fit the lock file, or undefined where they do.
 * npm keeps what it installed in node_modules/.package-lock.json; packages for other platforms are rightly absent.
 * @param {boolean} withDevelopment whether packages used only for development must be there
 */
export function whyNotInstalled(withDevelopment) {
  const wanted = readJson(join(rootDirectory, 'package-lock.json'))?.packages;
  if (wanted === undefined) return undefined;
  const present = readJson(join(rootDirectory, 'node_modules', '.package-lock.json'))?.packages;
  if (present === undefined) return 'packages are not installed yet';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const mayBeAbsent = entry.optional || entry.devOptional || (entry.dev && !withDevelopment);
    const name = path.replace(/^.*node_modules\//, '');
    if (present[path] === undefined) {
      if (!mayBeAbsent) return `package "${name}" is missing`;
    } else if (present[path].version !== entry.version) {
      return `package "${name}" is ${present[path].version}, wanted is ${entry.version}`;
    }
  }
  return isRunnable(pinnedNode) ? undefined : 'the pinned Node is missing';
}

/**
 * Installs what is missing, saying why in one line.
 * @param {{withDevelopment: boolean}} options
 * @returns {Promise<boolean>} false where it could not; the reason has been printed
 */
export async function ensureInstalled({ withDevelopment }) {
  const reason = whyNotInstalled(withDevelopment);
  if (reason === undefined) return true;
  console.error(`millrace: ${reason}; installing with npm ci (about 300 MB to load the first time, a minute or two)`);
  const startedMs = Date.now();
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  // --omit= takes back an inherited "omit=dev" only where development packages are needed
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(withDevelopment ? ['--include=dev'] : [])];
  const code = await run(command, [...first, ...flags], { env: installEnvironment() });
  if (code !== 0) {
    console.error(`millrace: npm ci failed (exit code ${code}); its own message stands above`);
    return false;
  }
  const stillMissing = whyNotInstalled(withDevelopment);
  if (stillMissing !== undefined) {
    console.error(`millrace: npm ci ended well, but ${stillMissing}. The packages "node" and "chdb" come with install scripts;`);
    console.error('  if your npm is told not to run them, run: npm ci --ignore-scripts=false');
    return false;
  }
  console.error(`millrace: installed in ${Math.round((Date.now() - startedMs) / 1000)} s`);
  return true;
}

/** npm's own warnings about settings of the user are no business of a start. */
function installEnvironment() {
  return { ...process.env, npm_config_update_notifier: 'false', NO_UPDATE_NOTIFIER: '1' };
}

/**
 * Runs the pinned Node with our standard streams; its tools (`node_modules/.bin`) come first on PATH.
 * @param {readonly string[]} args
 * @param {{lifeline?: boolean}} [options] lifeline: the child learns of our death by a closed IPC channel
 * @returns {Promise<number>} exit code, 128 + n where a signal ended it
 */
export function runPinnedNode(args, { lifeline = false } = {}) {
  const path = [join(rootDirectory, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  return run(pinnedNode, args, {
    // syncs of the log must not wait behind other file work for one of the pool's four threads; their malloc keeps no pools for each
    env: { UV_THREADPOOL_SIZE: '16', MALLOC_ARENA_MAX: '2', ...process.env, PATH: path },
    stdio: lifeline ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  });
}

function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of forwardedSignals) process.on(signal, forward);
    const finish = (code) => {
      for (const signal of forwardedSignals) process.off(signal, forward);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`millrace: cannot run "${command}": ${error.message}`);
      finish(127);
    });
    child.once('exit', (code, signal) => finish(signal === null ? (code ?? 1) : 128 + (osConstants.signals[signal] ?? 0)));
  });
}
