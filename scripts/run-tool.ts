/** Runs a tool of node_modules/.bin, or Node itself, from the root of the checkout with our standard streams. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { rootDirectory } from './imports.ts';

/** Resolves with the exit code; 1 where a signal ended it. */
export function runTool(name: string, args: readonly string[]): Promise<number> {
  return runCommand(join(rootDirectory, 'node_modules', '.bin', name), args);
}

/** The Node that runs this script. */
export function runNode(args: readonly string[]): Promise<number> {
  return runCommand(process.execPath, args);
}

function runCommand(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: rootDirectory, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
