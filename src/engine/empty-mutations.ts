/**
 * Removes mutations of tables whose files are empty. chDB takes a write that a full disk refused for done, so one that was
 * submitted then lies there without its text, and a table that has one cannot be opened any more. Nothing is lost: its
 * submitter was told of no success that lasts, and asks again. Called before every start of the engine.
 */
import { glob, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes them from all tables of the data path; returns their paths. */
export async function removeEmptyMutations(dataPath: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for await (const name of glob('store/*/*/mutation_*.txt', { cwd: dataPath })) {
    const path = join(dataPath, name);
    if ((await stat(path)).size > 0) continue;
    await rm(path);
    removed.push(path);
  }
  return removed;
}
