/** The npm scripts: makes sure that everything is installed and built, then runs the task under the pinned Node. */
import { join } from 'node:path';
import { ensureInstalled, rootDirectory, runPinnedNode } from './bootstrap.mjs';
import { ensureInterface } from './interface-build.mjs';

const tasks = {
  test: ['scripts/test.ts'],
  'test:faults': ['scripts/test.ts', '--faults'],
  check: ['scripts/check.ts'],
  bench: ['bench/run.ts'],
  generate: ['scripts/generate.ts'],
  format: ['scripts/format.ts'],
  'fetch:senders': ['test/senders/fetch-programs.ts'],
};

const [task, ...args] = process.argv.slice(2);
const taskArgs = tasks[task];
if (taskArgs === undefined) {
  console.error(`usage: node scripts/run.mjs <${Object.keys(tasks).join('|')}> [arguments]`);
  process.exit(2);
}
if (!(await ensureInstalled({ withDevelopment: true }))) process.exit(1);
// once for all tests that look at it, which would else build it side by side
if (['test', 'check', 'bench'].includes(task)) await ensureInterface();
const [script, ...fixedArgs] = taskArgs;
process.exitCode = await runPinnedNode([join(rootDirectory, script), ...fixedArgs, ...args]);
