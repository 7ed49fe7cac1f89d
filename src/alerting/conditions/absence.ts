/**
 * absence: no line in the window, where there was one before. A group that stops sending is told and stays told until a
 * line of it comes, or until `alerts.forget_silent_after` has passed as well; a rule without groups is told too when nothing
 * came since it began.
 *
 * Goes by arrival: a line that comes late ends the silence. Time in which the server was down counts as nobody's silence.
 * The value is the silence in seconds.
 */
import { noGroup } from '../condition-state.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';
import type { ConditionOf } from '../alert-rule.ts';
import { ArrivalTimes } from './arrival-times.ts';
import { shownInstant } from './shown-values.ts';

interface Heard {
  /** -Infinity where no line ever came. */
  lastMs: number;
  isAbsent: boolean;
}

const bytesPerGroup = 120;
/** An earlier time than the last by more: the clock was set back. */
const clockStepMs = 60_000;

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

  take(_input: number, { view, rows, timesMs, groups }: MatchedLines): void {
    const arrivals = new ArrivalTimes(view);
    let group = noGroup;
    let heard: Heard | undefined;
    for (let i = 0; i < rows.length; i++) {
      if (groups[i] === noGroup) continue;
      if (groups[i] !== group || heard === undefined) {
        group = groups[i];
        heard = this.#heardOf(group);
      }
      const atMs = Math.max(arrivals.at(rows[i]), timesMs[rows[i]]);
      if (atMs > heard.lastMs || heard.lastMs - atMs > clockStepMs) heard.lastMs = atMs;
      heard.isAbsent = false;
    }
  }

  judge(group: number, tickMs: number): Verdict {
    const heard = this.#heardOf(group);
    const fromMs = this.#silentFromMs(heard);
    if (this.#isForgotten(group, heard, tickMs)) {
      const detail = `silent since ${shownInstant(heard.lastMs)}: forgotten (setting "alerts.forget_silent_after")`;
      return { isMet: false, value: undefined, hasData: false, detail };
    }
    if (tickMs - fromMs >= this.#windowMs) heard.isAbsent = true;
    const sinceMs = Math.max(heard.lastMs, this.#context.beganMs());
    const detail = Number.isFinite(heard.lastMs) ? `last line at ${shownInstant(heard.lastMs)}` : `no line since ${shownInstant(sinceMs)}`;
    return {
      isMet: heard.isAbsent,
      value: Math.max(0, tickMs - sinceMs) / 1000,
      hasData: true,
      detail: heard.isAbsent ? detail : undefined,
    };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const heard = this.#heardOf(group);
    if (this.#isForgotten(group, heard, tickMs)) return undefined;
    if (!heard.isAbsent) return Math.max(tickMs + 1, this.#silentFromMs(heard) + this.#windowMs);
    return this.#canBeForgotten(group, heard) ? Math.max(tickMs + 1, this.#forgottenAtMs(heard)) : undefined;
  }

  drop(group: number): void {
    this.#groups.delete(group);
  }

  save(group: number): unknown {
    const { lastMs, isAbsent } = this.#heardOf(group);
    return [Number.isFinite(lastMs) ? lastMs : null, isAbsent];
  }

  restore(group: number, saved: unknown): void {
    const [lastMs, isAbsent] = saved as [number | null, boolean];
    this.#groups.set(group, { lastMs: lastMs ?? Number.NEGATIVE_INFINITY, isAbsent });
  }

  get bytes(): number {
    return this.#groups.size * bytesPerGroup;
  }

  #heardOf(group: number): Heard {
    let heard = this.#groups.get(group);
    if (heard === undefined) {
      heard = { lastMs: Number.NEGATIVE_INFINITY, isAbsent: false };
      this.#groups.set(group, heard);
    }
    return heard;
  }

  #silentFromMs({ lastMs }: Heard): number {
    return Math.max(lastMs, this.#context.stream.listeningMs, this.#context.beganMs());
  }

  /** A rule without groups has one that is there for ever; what never sent has nothing to be forgotten. */
  #canBeForgotten(group: number, { lastMs }: Heard): boolean {
    return Number.isFinite(lastMs) && this.#context.groupOf(group).length > 0;
  }

  #forgottenAtMs({ lastMs }: Heard): number {
    return lastMs + this.#windowMs + this.#context.limits.forgetSilentMs;
  }

  #isForgotten(group: number, heard: Heard, tickMs: number): boolean {
    return this.#canBeForgotten(group, heard) && tickMs >= this.#forgottenAtMs(heard);
  }
}

export const createAbsence: CreateCondition<ConditionOf<'absence'>> = ({ window_ms: windowMs }, context) =>
  new AbsenceState(windowMs, context);
