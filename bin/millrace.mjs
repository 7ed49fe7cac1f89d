#!/usr/bin/env node
/** Starts the command line of Millrace under its pinned Node, installing what is missing. Works from Node 20 on. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, pinnedNode, rootDirectory, runPinnedNode } from '../scripts/bootstrap.mjs';

if (!(await ensureInstalled({ withDevelopment: false }))) process.exit(1);

const main = join(rootDirectory, 'src', 'cli', 'main.ts');
if (realpathSync(process.execPath) === realpathSync(pinnedNode)) {
  const { runCommandLine } = await import(main);
  await runCommandLine(process.argv.slice(2));
} else {
  process.exitCode = await runPinnedNode([main, ...process.argv.slice(2)], { lifeline: true });
}
