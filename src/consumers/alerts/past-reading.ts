/**
 * Fills rules from the past: reads the log again for them alone, as far back as they look, so that a new rule can judge at once
 * and one whose state was lost goes on. What began and ended in that past is told to nobody.
 */
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { Evaluator, Transition } from '#alerting/evaluator.ts';
import { ruleReachMs } from '#alerting/rule-reach.ts';
import { TickReader } from './tick-reader.ts';
import type { FollowedLog, TakeFrame } from './tick-reader.ts';

export interface PastReadingOptions {
  readonly log: FollowedLog;
  readonly rules: readonly AlertRule[];
  readonly evaluator: Evaluator;
  /** Reads frames into the evaluator. */
  readonly take: TakeFrame;
  /** Up to there, the tick and the position at which the evaluation stands. */
  readonly tickMs: number;
  readonly position: ReadonlyMap<number, number>;
  readonly maxReplayMs: number;
  readonly stepMs: number;
  readonly readBytes: number;
  readonly signal: AbortSignal;
}

export interface FilledPast {
  /** All of incidents that are open at the end, in their order. */
  readonly transitions: readonly Transition[];
  readonly fromMs: number;
  readonly rows: number;
  readonly missedFrames: number;
}

/** How far back the rules look together, within the bound. */
export function pastOf(rules: readonly AlertRule[], maxReplayMs: number): number {
  return Math.min(
    maxReplayMs,
    rules.reduce((reach, { body }) => Math.max(reach, ruleReachMs(body)), 0),
  );
}

/** The evaluator is new and given these rules; afterwards it stands at the tick. */
export async function readPast(options: PastReadingOptions): Promise<FilledPast> {
  const { log, rules, evaluator, take, tickMs, position, maxReplayMs, stepMs, readBytes, signal } = options;
  const fromMs = Math.floor((tickMs - pastOf(rules, maxReplayMs)) / stepMs) * stepMs;
  evaluator.setRules(rules, fromMs);
  const reader = new TickReader(log, readBytes, await log.positionAt(fromMs));
  const byIncident = new Map<string, Transition[]>();
  try {
    for (let atMs = fromMs + stepMs; !signal.aborted; atMs = Math.min(tickMs, atMs + stepMs)) {
      // The frames of the last step are those that the evaluation has, whenever they came.
      if (atMs >= tickMs) await reader.takeBefore(Object.fromEntries(position), take);
      else await reader.takeUntil(atMs, take, position);
      collect(byIncident, evaluator.tick(Math.min(atMs, tickMs)));
      if (atMs >= tickMs) break;
    }
  } finally {
    await reader.close();
  }
  const transitions = [...byIncident.values()].flat().sort((a, b) => a.event.atMs - b.event.atMs);
  return { transitions, fromMs, rows: reader.rows, missedFrames: reader.missedFrames };
}

function collect(byIncident: Map<string, Transition[]>, found: readonly Transition[]): void {
  for (const transition of found) {
    const { id, state } = transition.incident;
    if (state === 'ok') byIncident.delete(id);
    else byIncident.set(id, [...(byIncident.get(id) ?? []), transition]);
  }
}
