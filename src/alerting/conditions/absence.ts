/**
 * absence: no line in the window, where there was one before. A group that stops sending is told and stays told until a
 * line of it comes, or until `alerts.forget_silent_after` has passed as well; a rule without groups is told too when nothing
 * came since it began.
 *
 * Goes by arrival: a line that comes late ends the silence. Time in which the server was down counts as nobody's silence.
 * The value is the silence in seconds.
 */
import { shownInstant } from '#base/shown-times.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';
import type { ConditionOf } from '../alert-rule.ts';
import { hearGroups, isHeardAgain } from './heard-groups.ts';

interface Heard {
  /** -Infinity where no line ever came. */
  lastMs: number;
  /** Since when it is told; undefined where it is not. */
  absentMs: number | undefined;
}

const bytesPerGroup = 120;

class AbsenceState implements ConditionState {
  readonly inputs;
  readonly keepsSilentGroups = true;
  readonly #windowMs: number;
  readonly #context: ConditionContext;
  readonly #groups = new Map<number, Heard>();

  constructor(windowMs: number, context: ConditionContext) {
    this.inputs = [context.query()];
    this.#windowMs = windowMs;
    this.#context = context;
  }

  take(_input: number, lines: MatchedLines): void {
    const atMs = this.#context.stream.lastArrivalMs;
    hearGroups(lines, (group) => {
      const heard = this.#heardOf(group);
      if (isHeardAgain(heard.lastMs, atMs)) heard.lastMs = atMs;
      heard.absentMs = undefined;
    });
  }

  judge(group: number, tickMs: number): Verdict {
    const heard = this.#heardOf(group);
    const fromMs = this.#silentFromMs(heard);
    if (this.#isForgotten(group, heard, tickMs)) {
      const detail = `silent since ${shownInstant(heard.lastMs)}: forgotten (setting "alerts.forget_silent_after")`;
      return { isMet: false, value: undefined, hasData: false, detail };
    }
    if (Math.min(tickMs, this.#context.stream.heardMs) - fromMs >= this.#windowMs) heard.absentMs ??= tickMs;
    const sinceMs = Math.max(heard.lastMs, this.#context.beganMs());
    const detail = Number.isFinite(heard.lastMs) ? `last line at ${shownInstant(heard.lastMs)}` : `no line since ${shownInstant(sinceMs)}`;
    return {
      isMet: heard.absentMs !== undefined,
      value: Math.max(0, tickMs - sinceMs) / 1000,
      hasData: true,
      detail: heard.absentMs === undefined ? undefined : detail,
    };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const heard = this.#heardOf(group);
    if (this.#isForgotten(group, heard, tickMs)) return undefined;
    // it may be due already, and nobody have listened: then it is looked at again at each tick
    if (heard.absentMs === undefined) return Math.max(tickMs + 1, this.#silentFromMs(heard) + this.#windowMs);
    return this.#forgottenAtMs(group, heard);
  }

  drop(group: number): void {
    this.#groups.delete(group);
  }

  save(group: number): unknown {
    const { lastMs, absentMs } = this.#heardOf(group);
    return [Number.isFinite(lastMs) ? lastMs : null, absentMs ?? null];
  }

  restore(group: number, saved: unknown): void {
    const [lastMs, absentMs] = saved as [number | null, number | null];
    this.#groups.set(group, { lastMs: lastMs ?? Number.NEGATIVE_INFINITY, absentMs: absentMs ?? undefined });
  }

  get bytes(): number {
    return this.#groups.size * bytesPerGroup;
  }

  #heardOf(group: number): Heard {
    let heard = this.#groups.get(group);
    if (heard === undefined) {
      heard = { lastMs: Number.NEGATIVE_INFINITY, absentMs: undefined };
      this.#groups.set(group, heard);
    }
    return heard;
  }

  #silentFromMs({ lastMs }: Heard): number {
    return Math.max(lastMs, this.#context.stream.listeningMs, this.#context.beganMs());
  }

  /** A rule without groups has one that is there for ever. */
  #forgottenAtMs(group: number, { absentMs }: Heard): number | undefined {
    if (absentMs === undefined || this.#context.groupOf(group).length === 0) return undefined;
    return absentMs + this.#context.limits.forgetSilentMs;
  }

  #isForgotten(group: number, heard: Heard, tickMs: number): boolean {
    return tickMs >= (this.#forgottenAtMs(group, heard) ?? Number.POSITIVE_INFINITY);
  }
}

export const createAbsence: CreateCondition<ConditionOf<'absence'>> = ({ window_ms: windowMs }, context) =>
  new AbsenceState(windowMs, context);
