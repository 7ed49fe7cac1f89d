#!/usr/bin/env node
/** Starts the command line of Millrace under its pinned Node, installing and building what is missing. Works from Node 20 on. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, pinnedNode, rootDirectory, runPinnedNode } from '../scripts/bootstrap.mjs';
import { ensureInterface } from '../scripts/interface-build.mjs';

if (!(await ensureInstalled({ withDevelopment: false }))) process.exit(1);
// a server without its pages is still a server
if (process.argv[2] === 'serve') await ensureInterface();

const main = join(rootDirectory, 'src', 'cli', 'main.ts');
if (realpathSync(process.execPath) === realpathSync(pinnedNode)) {
  const { runCommandLine } = await import(main);
  await runCommandLine(process.argv.slice(2));
} else {
  process.exitCode = await runPinnedNode([main, ...process.argv.slice(2)], { lifeline: true });
}
