/** The chain of who is told next while nobody acknowledges. Pure: a step is due by the time since the first message. */
import type { EscalationStep } from '../notification-rules.ts';

export interface EscalationState {
  /** When somebody was first told of what nobody has acknowledged. */
  readonly sinceMs: number;
  /** Number of steps that were taken. */
  readonly taken: number;
}

/** When the next step is due; undefined behind the last. Steps are in order of time. */
export function nextStepMs(steps: readonly EscalationStep[], { sinceMs, taken }: EscalationState): number | undefined {
  return taken < steps.length ? sinceMs + steps[taken].after_ms : undefined;
}

/** Takes all steps that are due; several after a time of standing still are one message to all of their channels. */
export function takeSteps(
  steps: readonly EscalationStep[],
  state: EscalationState,
  nowMs: number,
): { readonly state: EscalationState; readonly channels: readonly string[] } {
  const due = steps.slice(state.taken).filter(({ after_ms: afterMs }) => state.sinceMs + afterMs <= nowMs);
  return { state: { ...state, taken: state.taken + due.length }, channels: [...new Set(due.flatMap(({ channels }) => channels))] };
}
