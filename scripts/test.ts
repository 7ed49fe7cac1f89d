/**
 * `npm test [-- paths]`: every *.test.ts under src/, client/, web/, test/ and bench/, but for the long fault runs (test/faults/long*), which
 * `npm run test:faults` runs alone. A path narrows the run to files that contain it.
 */
import { globSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { rootDirectory } from './imports.ts';
import { runNode } from './run-tool.ts';

const longRun = /^test\/faults\/long/;
/** A test that hangs fails after this; the long runs set their own. */
const testTimeoutMs = 300_000;

/** Test files of the usual run, or of the long fault run. */
export function testFiles(long: boolean, narrowedTo: readonly string[] = []): string[] {
  return globSync(['src/**/*.test.ts', 'client/**/*.test.ts', 'web/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'], {
    cwd: rootDirectory,
  })
    .filter((path) => longRun.test(path) === long)
    .filter((path) => narrowedTo.length === 0 || narrowedTo.some((part) => path.includes(part.replace(/^\.\//, ''))))
    .sort();
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const long = args.includes('--faults');
  const files = testFiles(
    long,
    args.filter((arg) => !arg.startsWith('--')),
  );
  if (files.length === 0) {
    console.error('no test file has such a path');
    process.exit(1);
  }
  const concurrency = long ? 1 : Math.min(4, Math.max(2, cpus().length));
  process.exitCode = await runNode([
    '--test',
    `--test-concurrency=${concurrency}`,
    ...(long ? [] : [`--test-timeout=${testTimeoutMs}`]),
    `--test-reporter=${join(rootDirectory, 'scripts', 'test-reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...args.filter((arg) => arg.startsWith('--test-')),
    ...files,
  ]);
}
