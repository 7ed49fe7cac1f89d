/** Whom a batch's lines are of, for kinds that judge silence: they do not look at single lines. */
import { noGroup } from '../condition-state.ts';
import type { MatchedLines } from '../condition-state.ts';

/** An earlier time than the last by more: the clock was set back. */
const clockStepMs = 60_000;

/** Calls once for neighbouring lines of one group, so most often once for a group. */
export function hearGroups({ rows, groups }: MatchedLines, hear: (group: number) => void): void {
  let group = noGroup;
  for (let at = 0; at < rows.length; at++) {
    if (groups[at] === noGroup || groups[at] === group) continue;
    group = groups[at];
    hear(group);
  }
}

/** Whether what was last heard at a time was heard again now: batches of several shards may be read a little out of order. */
export function isHeardAgain(lastMs: number, atMs: number): boolean {
  return atMs > lastMs || lastMs - atMs > clockStepMs;
}
