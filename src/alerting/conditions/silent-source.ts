/**
 * silent_source: a host or service that used to send and stopped. Each source is a group (condition-groups.ts); lines that
 * name none take no part. A source's own longest usual pause is learned (usual-pause.ts); it is silent after `factor` of
 * them, and not before `minimum_silence_ms`.
 *
 * Who is expected is learned too: a source that sent for less than `learn_ms` is not missed when it stops. One that is
 * silent stays so until a line of it comes, or until it counts as taken out of service after `forget_after_ms`, then it is
 * forgotten and learned anew when it comes back. To leave a source out for a while there are silences, by its label.
 *
 * Goes by arrival. Silence is told when others send and the source does not: time ends with the newest line of the tenant,
 * begins anew after a pause of all that is unusual, and does not pass while the server is down. So that a silence of
 * everybody is told all the same, and once, the source of the rule that was heard last is judged by the clock of ticks.
 *
 * The value is the silence in seconds.
 */
import { shownInstant, shownSpan } from '#base/shown-times.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';
import type { ConditionOf } from '../alert-rule.ts';
import { hearGroups, isHeardAgain } from './heard-groups.ts';
import { UsualPause } from './usual-pause.ts';
import type { SavedPause } from './usual-pause.ts';

interface Source {
  readonly firstMs: number;
  lastMs: number;
  pause: UsualPause;
  isSilent: boolean;
}

interface Times {
  readonly factor: number;
  readonly minimumMs: number;
  readonly forgetMs: number;
  readonly learnMs: number;
}

type SavedSource = readonly [firstMs: number, lastMs: number, isSilent: boolean, pause: SavedPause];

const bytesPerSource = 120;

const nothing: Verdict = { isMet: false, value: undefined, hasData: false };

class SilentSourceState implements ConditionState {
  readonly inputs;
  readonly keepsSilentGroups = true;
  readonly #times: Times;
  readonly #context: ConditionContext;
  readonly #sources = new Map<number, Source>();
  /** The source heard last; undefined where it must be looked up. */
  #newest: number | undefined;

  constructor(source: 'host' | 'service', times: Times, context: ConditionContext) {
    this.inputs = [context.query(`${source}:*`)];
    this.#times = times;
    this.#context = context;
  }

  take(_input: number, lines: MatchedLines): void {
    const atMs = this.#context.stream.lastArrivalMs;
    hearGroups(lines, (group) => this.#hear(group, atMs));
    this.#newest = undefined;
  }

  judge(group: number, tickMs: number): Verdict {
    const source = this.#sources.get(group);
    if (source === undefined) return nothing;
    const silenceMs = this.#silenceMs(group, source, tickMs);
    if (this.#isForgotten(source, silenceMs))
      return { ...nothing, detail: `silent since ${shownInstant(source.lastMs)}: taken out of service` };
    const limitMs = this.#limitMs(source);
    if (this.#isExpected(source) && silenceMs >= limitMs) source.isSilent = true;
    return {
      isMet: source.isSilent,
      value: Math.max(0, tickMs - source.lastMs) / 1000,
      hasData: true,
      detail: source.isSilent ? this.#detail(source, limitMs) : undefined,
    };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const source = this.#sources.get(group);
    if (source === undefined) return undefined;
    const silenceMs = this.#silenceMs(group, source, tickMs);
    if (this.#isForgotten(source, silenceMs)) return undefined;
    const isAwaited = this.#isExpected(source) && !source.isSilent;
    const dueMs = this.#silentFromMs(source) + (isAwaited ? this.#limitMs(source) : this.#forgetMs(source));
    // it may be due already, and nobody else have sent: then it is looked at again at each tick
    return Math.max(dueMs, tickMs + 1);
  }

  drop(group: number): void {
    this.#sources.delete(group);
    this.#newest = undefined;
  }

  save(group: number): unknown {
    const source = this.#sources.get(group);
    if (source === undefined) return null;
    const saved: SavedSource = [source.firstMs, source.lastMs, source.isSilent, source.pause.save()];
    return saved;
  }

  restore(group: number, saved: unknown): void {
    if (saved === null) return;
    const [firstMs, lastMs, isSilent, pause] = saved as SavedSource;
    this.#sources.set(group, { firstMs, lastMs, isSilent, pause: UsualPause.restore(pause) });
    this.#newest = undefined;
  }

  get bytes(): number {
    let pauses = 0;
    for (const { pause } of this.#sources.values()) pauses += pause.bytes;
    return this.#sources.size * bytesPerSource + pauses;
  }

  #hear(group: number, atMs: number): void {
    const source = this.#sources.get(group);
    if (source === undefined) {
      this.#sources.set(group, { firstMs: atMs, lastMs: atMs, pause: new UsualPause(), isSilent: false });
      return;
    }
    const pauseMs = atMs - source.lastMs;
    // a pause that all made says nothing of this one; a long one is unusual by what was allowed, and counts as no more
    if (pauseMs > 0 && source.lastMs >= this.#quietUntilMs()) source.pause.record(this.#recordedMs(source, pauseMs), atMs);
    if (isHeardAgain(source.lastMs, atMs)) source.lastMs = atMs;
    source.isSilent = false;
  }

  #recordedMs(source: Source, pauseMs: number): number {
    return this.#isExpected(source) ? Math.min(pauseMs, this.#limitMs(source)) : pauseMs;
  }

  #quietUntilMs(): number {
    const { resumedMs, listeningMs } = this.#context.stream;
    return Math.max(resumedMs, listeningMs);
  }

  #silenceMs(group: number, source: Source, tickMs: number): number {
    const { heardMs, lastArrivalMs } = this.#context.stream;
    const untilMs = Math.min(tickMs, group === this.#newestGroup() ? heardMs : lastArrivalMs);
    return untilMs - this.#silentFromMs(source);
  }

  #silentFromMs({ lastMs }: Source): number {
    return Math.max(lastMs, this.#quietUntilMs());
  }

  /** Of several heard at the same moment the first by name, so that it is the same after a restart. */
  #newestGroup(): number | undefined {
    if (this.#newest !== undefined) return this.#newest;
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const [group, { lastMs }] of this.#sources) {
      if (lastMs < newestMs || (lastMs === newestMs && this.#newest !== undefined && !this.#isNamedBefore(group, this.#newest))) continue;
      newestMs = lastMs;
      this.#newest = group;
    }
    return this.#newest;
  }

  #isNamedBefore(group: number, other: number): boolean {
    return this.#context.groupOf(group).join('\n') < this.#context.groupOf(other).join('\n');
  }

  #isExpected({ firstMs, lastMs }: Source): boolean {
    return lastMs - firstMs >= this.#times.learnMs;
  }

  #limitMs({ pause }: Source): number {
    return Math.max(this.#times.minimumMs, this.#times.factor * pause.usualMs);
  }

  /** What sends seldom is told for as long as it took to find out, at least; and what is expected is told before it goes. */
  #forgetMs(source: Source): number {
    return Math.max(this.#times.forgetMs, 2 * this.#limitMs(source));
  }

  #isForgotten(source: Source, silenceMs: number): boolean {
    return silenceMs >= this.#forgetMs(source) && (source.isSilent || !this.#isExpected(source));
  }

  #detail({ lastMs, pause }: Source, limitMs: number): string {
    return `last line at ${shownInstant(lastMs)}; its longest usual pause is ${shownSpan(pause.usualMs)}, silent after ${shownSpan(limitMs)}`;
  }
}

const defaultFactor = 5;

export const createSilentSource: CreateCondition<ConditionOf<'silent_source'>> = (condition, context) => {
  const { source, factor, minimum_silence_ms: minimumMs, forget_after_ms: forgetMs, learn_ms: learnMs } = condition;
  const { limits } = context;
  const times: Times = {
    factor: factor ?? defaultFactor,
    minimumMs: minimumMs ?? limits.minimumSilenceMs,
    forgetMs: forgetMs ?? limits.forgetSilentMs,
    learnMs: learnMs ?? limits.learnSourcesMs,
  };
  return new SilentSourceState(source, times, context);
};
