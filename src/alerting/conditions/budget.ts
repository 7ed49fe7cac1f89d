/**
 * budget: volume of the running hour or day of UTC, in lines or in bytes (line-bytes.ts). Met from `warn_at` of the budget
 * until the hour or day is over.
 *
 * Goes by receive time: what comes now is paid now, and a period that is over never changes. Lines count as they are
 * kept: one that stands for ten is one. A period in which the rule began is counted from there on, and the detail says so.
 */
import { shownInstant } from '#base/shown-times.ts';
import { noGroup } from '../condition-state.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';
import type { ConditionOf } from '../alert-rule.ts';
import { lineBytesOf } from './line-bytes.ts';

const periods = { hour: 3_600_000, day: 86_400_000 } as const;
const bytesPerGroup = 160;
const oneLine = (): number => 1;

/** Volume of one period of a group. */
interface Volume {
  startMs: number;
  amount: number;
  /** When the last line came. */
  lastMs: number;
  /** It was judged with all its lines. */
  isTold: boolean;
  /** The period before, as long as it is over the bound and was not judged since its last line. */
  before: { readonly startMs: number; readonly amount: number } | undefined;
}

type Saved = readonly [startMs: number, amount: number, lastMs: number | null, isTold: boolean, before: Volume['before'] | null];

class BudgetState implements ConditionState {
  readonly inputs;
  readonly #condition: ConditionOf<'budget'>;
  readonly #context: ConditionContext;
  readonly #periodMs: number;
  /** Met from here on. */
  readonly #bound: number;
  readonly #groups = new Map<number, Volume>();

  constructor(condition: ConditionOf<'budget'>, context: ConditionContext) {
    this.inputs = [context.query()];
    this.#condition = condition;
    this.#context = context;
    this.#periodMs = periods[condition.period];
    this.#bound = condition.threshold * (condition.warn_at ?? 1);
  }

  take(_input: number, lines: MatchedLines): void {
    const { view, rows, groups } = lines;
    const atMs = this.#context.stream.lastArrivalMs;
    const startMs = this.#startOf(atMs);
    const sizeOf = this.#condition.unit === 'bytes' ? lineBytesOf(view) : oneLine;
    let number = noGroup;
    let volume: Volume | undefined;
    for (let i = 0; i < rows.length; i++) {
      if (groups[i] === noGroup) continue;
      if (groups[i] !== number || volume === undefined) volume = this.#volumeOf((number = groups[i]), startMs);
      if (this.#isOther(volume, startMs)) this.#turn(volume, startMs);
      // shards are read side by side: a line of the period before may come when the next has begun, and counts there
      volume.amount += sizeOf(rows[i]);
      volume.lastMs = atMs;
      volume.isTold = false;
    }
  }

  judge(group: number, tickMs: number): Verdict {
    const startMs = this.#startOf(tickMs);
    const volume = this.#volumeOf(group, startMs);
    if (this.#isOther(volume, startMs)) this.#turn(volume, startMs);
    if (volume.before !== undefined) {
      const { before } = volume;
      volume.before = undefined;
      volume.isTold = false;
      return this.#verdict(before.startMs, before.amount, true);
    }
    volume.isTold = true;
    return this.#verdict(volume.startMs, volume.amount, tickMs - volume.lastMs < this.#periodMs);
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const volume = this.#groups.get(group);
    if (volume === undefined) return undefined;
    if (!volume.isTold) return tickMs + 1;
    if (volume.amount > 0) return Math.max(tickMs + 1, volume.startMs + this.#periodMs);
    const emptyMs = volume.lastMs + this.#periodMs;
    return emptyMs > tickMs ? emptyMs : undefined;
  }

  drop(group: number): void {
    this.#groups.delete(group);
  }

  save(group: number): unknown {
    const volume = this.#groups.get(group);
    if (volume === undefined) return null;
    const { startMs, amount, lastMs, isTold, before } = volume;
    const saved: Saved = [startMs, amount, Number.isFinite(lastMs) ? lastMs : null, isTold, before ?? null];
    return saved;
  }

  restore(group: number, saved: unknown): void {
    if (saved === null) return;
    const [startMs, amount, lastMs, isTold, before] = saved as Saved;
    this.#groups.set(group, { startMs, amount, lastMs: lastMs ?? Number.NEGATIVE_INFINITY, isTold, before: before ?? undefined });
  }

  get bytes(): number {
    return this.#groups.size * bytesPerGroup;
  }

  #startOf(atMs: number): number {
    return Math.floor(atMs / this.#periodMs) * this.#periodMs;
  }

  /** A later period, or one long ago: a clock that was set back. */
  #isOther(volume: Volume, startMs: number): boolean {
    return startMs > volume.startMs || startMs < volume.startMs - this.#periodMs;
  }

  #volumeOf(group: number, startMs: number): Volume {
    let volume = this.#groups.get(group);
    if (volume === undefined) {
      volume = { startMs, amount: 0, lastMs: Number.NEGATIVE_INFINITY, isTold: true, before: undefined };
      this.#groups.set(group, volume);
    }
    return volume;
  }

  /** A period that went over its bound with its last lines, after the last tick, is told at the next. */
  #turn(volume: Volume, startMs: number): void {
    if (!volume.isTold && volume.amount >= this.#bound) volume.before = { startMs: volume.startMs, amount: volume.amount };
    volume.startMs = startMs;
    volume.amount = 0;
    volume.isTold = true;
  }

  #verdict(startMs: number, amount: number, hasData: boolean): Verdict {
    const isMet = amount >= this.#bound;
    return { isMet, value: amount, hasData, detail: isMet ? this.#detail(startMs) : undefined };
  }

  #detail(startMs: number): string {
    const { threshold, unit, period, warn_at: warnAt } = this.#condition;
    const share = warnAt === undefined || warnAt === 1 ? '' : `${Math.round(warnAt * 1000) / 10} % of `;
    const beganMs = this.#context.beganMs();
    const partial = beganMs > startMs ? `; counted since ${shownInstant(beganMs)} only, when the rule began` : '';
    return `${share}the budget of ${threshold} ${unit} for the ${period} from ${shownInstant(startMs)}${partial}`;
  }
}

export const createBudget: CreateCondition<ConditionOf<'budget'>> = (condition, context) => new BudgetState(condition, context);
