/**
 * From verdicts to states: `ok`, `pending` (the condition holds, but not for long enough), `firing` and `no_data`, with
 * the events on the way. Pure: the same verdicts at the same ticks give the same events.
 *
 *   ok ──holds──▶ pending ──for──▶ firing ──no longer holds, keep_firing over──▶ ok, then the cooldown
 *                    └──no longer holds──▶ ok (cancelled)
 *   any ──nothing came, no_data: fire──▶ no_data ──lines again──▶ firing where it holds, else ok
 */
import type { AlertRuleBody } from './alert-rule.ts';
import type { Verdict } from './condition-state.ts';

export interface AlertTiming {
  readonly forMs: number;
  readonly keepFiringMs: number;
  readonly cooldownMs: number;
  /** Where no line at all stands behind a group: it is ok whatever the condition finds of nothing, keeps its state, or is told. */
  readonly noData: 'ok' | 'keep' | 'fire';
}

export const timingOf = (body: AlertRuleBody): AlertTiming => ({
  forMs: body.for_ms ?? 0,
  keepFiringMs: body.keep_firing_ms ?? 0,
  cooldownMs: body.cooldown_ms ?? 0,
  noData: body.no_data ?? 'ok',
});

export type ProgressState = 'ok' | 'pending' | 'firing' | 'no_data';
export type ProgressEvent = 'pending' | 'fired' | 'resolved' | 'cancelled' | 'no_data';

/** Where one group stands. */
export interface Progress {
  state: ProgressState;
  /** Whether the condition was met when judged last: for its hysteresis. */
  isMet: boolean;
  /** Begin of the incident; of no meaning while ok. */
  beganMs: number;
  /** When the incident first fired. */
  firedMs: number | undefined;
  /** Firing, and since then the condition no longer holds. */
  endsSinceMs: number | undefined;
  /** Since when nothing is behind it. */
  emptySinceMs: number | undefined;
  /** Does not begin again before. */
  quietUntilMs: number;
  /** How often the incident changed between firing and no data: tells its events apart. */
  turns: number;
}

export const newProgress = (): Progress => ({
  state: 'ok',
  isMet: false,
  beganMs: 0,
  firedMs: undefined,
  endsSinceMs: undefined,
  emptySinceMs: undefined,
  quietUntilMs: Number.NEGATIVE_INFINITY,
  turns: 0,
});

export interface Moment {
  readonly tickMs: number;
  /** The evaluator is behind: nothing resolves, so that each group tells at most one incident of the time missed. */
  readonly isLate: boolean;
  /** From then on that nothing came means something: the rule was looked at for a whole window. */
  readonly knowsSilenceAtMs: number;
}

/** Moves the group on, and returns what happened, in order. */
export function advance(progress: Progress, verdict: Verdict, timing: AlertTiming, moment: Moment): ProgressEvent[] {
  const { tickMs } = moment;
  progress.emptySinceMs = verdict.hasData ? undefined : (progress.emptySinceMs ?? tickMs);
  if (!verdict.hasData && timing.noData === 'keep') return [];
  progress.isMet = verdict.isMet;
  if (!verdict.hasData && timing.noData === 'fire') {
    return tickMs >= moment.knowsSilenceAtMs ? enterNoData(progress, tickMs) : [];
  }
  const holds = verdict.isMet && verdict.hasData;
  switch (progress.state) {
    case 'ok':
      return holds && tickMs >= progress.quietUntilMs ? begin(progress, timing, tickMs) : [];
    case 'pending':
      if (!holds) return end(progress, 'cancelled');
      return tickMs - progress.beganMs >= timing.forMs ? [fire(progress, tickMs)] : [];
    case 'firing':
      return holds ? goOn(progress) : fade(progress, timing, moment);
    case 'no_data':
      if (!holds) return moment.isLate ? [] : end(progress, 'resolved');
      progress.turns++;
      return [fire(progress, tickMs)];
    default:
      return progress.state satisfies never;
  }
}

function enterNoData(progress: Progress, tickMs: number): ProgressEvent[] {
  if (progress.state === 'no_data') return [];
  if (progress.state === 'ok') start(progress, tickMs);
  else progress.turns++;
  progress.state = 'no_data';
  progress.endsSinceMs = undefined;
  return ['no_data'];
}

function start(progress: Progress, tickMs: number): void {
  progress.beganMs = tickMs;
  progress.firedMs = undefined;
  progress.turns = 0;
}

function begin(progress: Progress, timing: AlertTiming, tickMs: number): ProgressEvent[] {
  start(progress, tickMs);
  if (timing.forMs === 0) return [fire(progress, tickMs)];
  progress.state = 'pending';
  return ['pending'];
}

function fire(progress: Progress, tickMs: number): ProgressEvent {
  progress.state = 'firing';
  progress.firedMs ??= tickMs;
  progress.endsSinceMs = undefined;
  return 'fired';
}

function goOn(progress: Progress): ProgressEvent[] {
  progress.endsSinceMs = undefined;
  return [];
}

function fade(progress: Progress, timing: AlertTiming, { tickMs, isLate }: Moment): ProgressEvent[] {
  progress.endsSinceMs ??= tickMs;
  if (isLate || tickMs - progress.endsSinceMs < timing.keepFiringMs) return [];
  progress.quietUntilMs = tickMs + timing.cooldownMs;
  return end(progress, 'resolved');
}

function end(progress: Progress, event: ProgressEvent): ProgressEvent[] {
  progress.state = 'ok';
  progress.endsSinceMs = undefined;
  return [event];
}

/** When time alone moves the group on; undefined where it does not. */
export function nextStepMs(progress: Progress, timing: AlertTiming, moment: Moment): number | undefined {
  const { tickMs, isLate, knowsSilenceAtMs } = moment;
  const isEmpty = progress.emptySinceMs !== undefined;
  if (isEmpty && timing.noData === 'keep') return undefined;
  switch (progress.state) {
    case 'pending':
      if (isEmpty && timing.noData === 'fire') return knowsSilenceAtMs > tickMs ? knowsSilenceAtMs : undefined;
      return progress.beganMs + timing.forMs;
    case 'firing':
      if (progress.endsSinceMs === undefined) return isEmpty && knowsSilenceAtMs > tickMs ? knowsSilenceAtMs : undefined;
      return isLate ? tickMs + 1 : progress.endsSinceMs + timing.keepFiringMs;
    case 'ok':
      if (progress.quietUntilMs > tickMs) return progress.quietUntilMs;
      return isEmpty && timing.noData === 'fire' && knowsSilenceAtMs > tickMs ? knowsSilenceAtMs : undefined;
    case 'no_data':
      return isEmpty || !isLate ? undefined : tickMs + 1;
    default:
      return progress.state satisfies never;
  }
}
