/**
 * The state of an evaluator as lines of JSON: a head, one line a tenant and one line a rule. Values that belong to the
 * rule itself are not in it: they come with the rules.
 */
import { AppError } from '#base/errors.ts';
import type { Ending } from './evaluated-rules.ts';
import type { SavedGroups } from './group-table.ts';
import { restoreGroup, savedProgress } from './rule-group.ts';
import type { RuleGroup, SavedGroup } from './rule-group.ts';
import type { RunningRule } from './running-rule.ts';
import { sampleLinesOf } from './running-rule.ts';
import { KeptSamples } from './sample-pool.ts';
import type { SamplePool } from './sample-pool.ts';

/** Rises when old states cannot be read any more. */
const format = 1;

export interface SavedHead {
  readonly format: number;
  readonly tickMs: number | null;
  readonly lateMs: number;
  readonly ticks: number;
  readonly samplesTaken: number;
  readonly endings: readonly Ending[];
}

export interface SavedTenant {
  readonly tenant: string;
  readonly stream: unknown;
}

export interface SavedRule {
  readonly id: string;
  /** What it evaluates: of another one the state means nothing. */
  readonly evaluation: string;
  readonly beganMs: number;
  readonly shared: unknown;
  readonly table: SavedGroups | null;
  readonly groups: readonly SavedGroup[];
}

export interface SavedState {
  readonly head: SavedHead;
  readonly tenants: readonly SavedTenant[];
  readonly rules: readonly SavedRule[];
}

export const headOf = (head: Omit<SavedHead, 'format'>): SavedHead => ({ format, ...head });

/** Throws AppError `conflict` where the lines are not a state of this format. */
export function readState(lines: Iterable<string>): SavedState {
  let head: SavedHead | undefined;
  const tenants: SavedTenant[] = [];
  const rules: SavedRule[] = [];
  for (const line of lines) {
    const value = parse(line);
    if (head === undefined) head = checkedHead(value as Partial<SavedHead>);
    else if ('tenant' in value) tenants.push(value as SavedTenant);
    else rules.push(value as SavedRule);
  }
  if (head === undefined) throw unreadable('it is empty');
  return { head, tenants, rules };
}

function parse(line: string): object {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw unreadable(String(error));
  }
  if (typeof value !== 'object' || value === null) throw unreadable('a line is no object');
  return value;
}

function checkedHead(head: Partial<SavedHead>): SavedHead {
  if (head.format !== format) throw unreadable(`it has format ${head.format}, and ${format} is read`);
  return head as SavedHead;
}

export const unreadable = (why: string): AppError => new AppError('conflict', `the saved state of the alert rules cannot be used: ${why}`);

export function saveRule(running: RunningRule, evaluation: string): SavedRule {
  const groups = running.groups.filter((group) => group !== undefined).map((group) => saveGroup(running, group));
  return {
    id: running.rule.id,
    evaluation,
    beganMs: running.beganMs,
    shared: running.condition.saveShared?.() ?? null,
    table: running.table?.save() ?? null,
    groups,
  };
}

function saveGroup(running: RunningRule, group: RuleGroup): SavedGroup {
  const samples = group.samples?.lines.map(({ sample, order }) => [order, sample] as const);
  return {
    values: running.valuesOf(group),
    size: running.table?.sizeOf(group.number) ?? 0,
    condition: running.condition.save(group.number),
    progress: savedProgress(group),
    ...(group.detail === undefined ? {} : { detail: group.detail }),
    ...(samples === undefined || samples.length === 0 ? {} : { samples }),
    ...(group.firedSamples === undefined ? {} : { firedSamples: group.firedSamples }),
  };
}

/** A line that was kept, to be put back into the pool in the order in which all were taken. */
export interface RestoredSample {
  readonly order: number;
  readonly put: (pool: SamplePool) => void;
}

/** Fills a rule that was just made; all its groups are judged at the next tick. */
export function restoreRule(running: RunningRule, saved: SavedRule): RestoredSample[] {
  running.beganMs = saved.beganMs;
  running.isUntouched = false;
  if (saved.shared !== null) running.condition.restoreShared?.(saved.shared);
  if (saved.table !== null) running.table?.restore(saved.table);
  const limit = sampleLinesOf(running.rule);
  const samples: RestoredSample[] = [];
  for (const savedGroup of saved.groups) {
    const group = running.addGroup(savedGroup.values, savedGroup.size);
    restoreGroup(group, savedGroup);
    running.condition.restore(group.number, savedGroup.condition);
    for (const [order, sample] of savedGroup.samples ?? []) {
      const kept = (group.samples ??= new KeptSamples());
      samples.push({ order, put: (pool) => limit > 0 && pool.put(kept, sample, order, limit) });
    }
  }
  return samples;
}
