/** One group of one rule: where it stands, its last value, and the lines kept of it. */
import type { IncidentSample } from '#metadata/alert-records.ts';
import type { KeptSamples, SamplePool } from './sample-pool.ts';
import { newProgress } from './state-machine.ts';
import type { Progress } from './state-machine.ts';

export interface RuleGroup extends Progress {
  readonly number: number;
  value: number | undefined;
  detail: string | undefined;
  /** Tick at which it was judged last. */
  judgedMs: number;
  /** Not forgotten before: a newcomer has nothing behind it yet. */
  keptUntilMs: number;
  /** When it is to be judged though no line comes; Infinity where nothing is queued. */
  wakeMs: number;
  samples: KeptSamples | undefined;
  /** Lines shown with the open incident, as they were when it fired; and how late that was. */
  firedSamples: readonly IncidentSample[] | undefined;
  lateMs: number;
}

export function newGroup(number: number): RuleGroup {
  return {
    ...newProgress(),
    number,
    value: undefined,
    detail: undefined,
    judgedMs: Number.NEGATIVE_INFINITY,
    keptUntilMs: Number.NEGATIVE_INFINITY,
    wakeMs: Number.POSITIVE_INFINITY,
    samples: undefined,
    firedSamples: undefined,
    lateMs: 0,
  };
}

export function forgetGroup(group: RuleGroup, pool: SamplePool): void {
  group.wakeMs = Number.POSITIVE_INFINITY;
  if (group.samples !== undefined) pool.forget(group.samples);
}

/** As JSON; infinite times are left out. */
export interface SavedGroup {
  readonly values: readonly string[];
  /** Of the group among the groups, see group-table.ts. */
  readonly size: number;
  readonly condition: unknown;
  readonly progress: readonly (string | number | boolean | null)[];
  readonly detail?: string | undefined;
  readonly samples?: readonly (readonly [order: number, sample: IncidentSample])[] | undefined;
  readonly firedSamples?: readonly IncidentSample[] | undefined;
}

/** In the order of `restoreGroup`. */
export function savedProgress(group: RuleGroup): SavedGroup['progress'] {
  return [
    group.state,
    group.isMet,
    group.beganMs,
    group.firedMs ?? null,
    group.endsSinceMs ?? null,
    group.emptySinceMs ?? null,
    Number.isFinite(group.quietUntilMs) ? group.quietUntilMs : null,
    group.turns,
    group.value ?? null,
    group.lateMs,
    Number.isFinite(group.keptUntilMs) ? group.keptUntilMs : null,
  ];
}

/** Everything but the condition's own state and the lines kept. */
export function restoreGroup(group: RuleGroup, saved: SavedGroup): void {
  const [state, isMet, beganMs, firedMs, endsSinceMs, emptySinceMs, quietUntilMs, turns, value, lateMs, keptUntilMs] = saved.progress;
  group.state = state as Progress['state'];
  group.isMet = isMet as boolean;
  group.beganMs = beganMs as number;
  group.firedMs = numberOrNone(firedMs);
  group.endsSinceMs = numberOrNone(endsSinceMs);
  group.emptySinceMs = numberOrNone(emptySinceMs);
  group.quietUntilMs = numberOrNone(quietUntilMs) ?? Number.NEGATIVE_INFINITY;
  group.turns = turns as number;
  group.value = numberOrNone(value);
  group.lateMs = lateMs as number;
  group.keptUntilMs = numberOrNone(keptUntilMs) ?? Number.NEGATIVE_INFINITY;
  group.detail = saved.detail;
  group.firedSamples = saved.firedSamples;
}

const numberOrNone = (value: string | number | boolean | null | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;
