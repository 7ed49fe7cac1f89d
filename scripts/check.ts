/**
 * `npm run check [-- --static]`: types, lint, architecture and generated files; then, without --static, all tests.
 * Every step runs even where an earlier one failed, so that one run shows everything.
 */
import { runNode, runTool } from './run-tool.ts';

interface Step {
  readonly name: string;
  readonly run: () => Promise<number>;
}

const staticSteps: readonly Step[] = [
  { name: 'types', run: () => runTool('tsc', ['--noEmit']) },
  { name: 'types of the client', run: () => runTool('tsc', ['--noEmit', '--project', 'client']) },
  { name: 'types of the interface', run: () => runTool('tsc', ['--noEmit', '--project', 'web']) },
  { name: 'lint', run: () => runTool('oxlint', ['--quiet', '--type-aware']) },
  { name: 'architecture', run: () => runNode(['scripts/test.ts', 'test/architecture/']) },
];
const steps = process.argv.includes('--static')
  ? staticSteps
  : [...staticSteps, { name: 'tests', run: () => runNode(['scripts/test.ts']) }];

const failed: string[] = [];
for (const { name, run } of steps) {
  console.log(`— ${name}`);
  if ((await run()) !== 0) failed.push(name);
}
console.log(failed.length === 0 ? 'check: all well' : `check: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
