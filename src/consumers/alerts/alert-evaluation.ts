/**
 * The evaluation of alert rules over the durable log: follows it, ticks, records what changed, and writes its state down.
 * Lives in a thread of its own (server/alert-worker.ts); nothing waits for it.
 *
 * Invariants: what a tick found is recorded in one transaction together with the ticks since the last checkpoint and the frames
 * that stood behind each, so that after a crash the same ticks are made from the same frames and nothing is told twice. Ticks
 * without a find are not written: nobody saw them. A change of rules comes between two ticks and is followed by a checkpoint
 * before the next tick is recorded, so no replay spans one.
 */
import { setImmediate } from 'node:timers/promises';
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { Evaluator, EvaluatorCounts, RuleState } from '#alerting/evaluator.ts';
import { toAppError } from '#base/errors.ts';
import type { Frame } from '#log/durable-log.ts';
import type { AlertRecords, NewTransition, RecordedTick } from '#metadata/alert-records.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import { checkpointLines, restoreEvaluation } from './evaluation-state.ts';
import type { PastOfServices } from './messages.ts';
import { OpenIncidents } from './open-incidents.ts';
import { readPast } from './past-reading.ts';
import { newlyEvaluated, sameRules } from './rule-changes.ts';
import { TickReader } from './tick-reader.ts';
import type { FollowedLog, TakeFrame } from './tick-reader.ts';

export interface AlertEvaluationOptions {
  readonly log: FollowedLog;
  readonly records: AlertRecords;
  readonly checkpoint: CheckpointFile;
  readonly createEvaluator: () => Evaluator;
  readonly readBlock: (block: Uint8Array) => BatchView;
  readonly config: AlertsConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rules to begin with. */
  readonly rules: readonly AlertRule[];
  /** New events are recorded. */
  readonly onRecorded: () => void;
  /** Rules that would learn from the past of services; it is given by `learnPast`, whenever it is there. */
  readonly onPastWanted?: ((rules: readonly AlertRule[]) => void) | undefined;
}

export interface EvaluationStatus extends EvaluatorCounts {
  readonly state: 'starting' | 'catching_up' | 'running';
  /** The last tick; 0 before the first. */
  readonly tickMs: number;
  /** How far the last tick is behind the present. */
  readonly lagMs: number;
  /** Next sequence to read, by shard. */
  readonly position: Readonly<Record<number, number>>;
  readonly openIncidents: number;
  readonly rows: number;
  /** Frames that were trimmed or damaged before they could be read. */
  readonly missedFrames: number;
  /** Frames that could not be understood, and were passed over. */
  readonly unreadableFrames: number;
  readonly checkpointMs: number;
  readonly checkpointBytes: number;
  /** What keeps it from going on, such as a full disk. */
  readonly problem: string | undefined;
}

/** Ticks are kept in memory from one checkpoint to the next; with more it is time for one. */
const maxPendingTicks = 10_000;
/** While it catches up, what was found in so much time is recorded together. */
const recordEveryMs = 1000;
const retryPausesMs = [100, 500, 1000, 5000];

export class AlertEvaluation {
  readonly #options: AlertEvaluationOptions;
  readonly #stopping = new AbortController();
  #evaluator: Evaluator;
  #incidents = new OpenIncidents();
  #reader: TickReader;
  #rules: readonly AlertRule[] = [];
  #wanted: readonly AlertRule[];
  #past: PastOfServices[] = [];
  #tickMs = 0;
  #state: EvaluationStatus['state'] = 'starting';
  /** False while rules are without their past: such a state is not written down. */
  #isWhole = false;
  #pendingTicks: RecordedTick[] = [];
  #pendingTransitions: NewTransition[] = [];
  #recordedMs = 0;
  #checkpointMs = 0;
  #missedBefore = 0;
  #rowsBefore = 0;
  #unreadableFrames = 0;
  #problem: string | undefined;
  /** The wall clock and the monotonic one at the last tick: time goes on where the wall clock is set back. */
  #anchor = { tickMs: 0, monotonicMs: 0 };

  constructor(options: AlertEvaluationOptions) {
    this.#options = options;
    this.#wanted = options.rules;
    this.#evaluator = options.createEvaluator();
    this.#reader = new TickReader(options.log, options.config.read_bytes, new Map());
  }

  /** In place of the rules before, from the next tick on. */
  setRules(rules: readonly AlertRule[]): void {
    this.#wanted = rules;
  }

  /** Taken up before the next tick. */
  learnPast(past: PastOfServices): void {
    this.#past.push(past);
  }

  /** Runs until `stop`; rejects where it cannot go on from what it has in memory, and must begin from what is on disk. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.#restore();
      this.#askForPast();
      while (!signal.aborted) {
        if (this.#wanted !== this.#rules) await this.#changeRules();
        if (this.#past.length > 0) await this.#takePast();
        const nextMs = await this.#nextTickMs();
        const waitMs = nextMs - this.#nowMs();
        if (waitMs > 0) await this.#options.clock.sleep(waitMs, signal);
        else await this.#tick(nextMs);
        if (this.#checkpointIsDue()) await this.#checkpoint();
      }
      if (this.#isWhole) await this.#checkpoint();
    } finally {
      await this.#reader.close();
    }
  }

  /** Ends `run` after the tick under way and a last checkpoint. */
  stop(): void {
    this.#stopping.abort();
  }

  ruleStates(): readonly RuleState[] {
    return this.#evaluator.ruleStates();
  }

  status(): EvaluationStatus {
    return {
      ...this.#evaluator.counts(),
      state: this.#state,
      tickMs: this.#tickMs,
      lagMs: this.#tickMs === 0 ? 0 : Math.max(0, this.#nowMs() - this.#tickMs),
      position: Object.fromEntries(this.#reader.position),
      openIncidents: this.#incidents.count,
      rows: this.#rowsBefore + this.#reader.rows,
      missedFrames: this.#missedBefore + this.#reader.missedFrames,
      unreadableFrames: this.#unreadableFrames,
      checkpointMs: this.#checkpointMs,
      checkpointBytes: this.#options.checkpoint.sizeBytes,
      problem: this.#problem,
    };
  }

  /** The present, which never falls behind a tick that was made. */
  #nowMs(): number {
    const { clock } = this.#options;
    return Math.max(clock.nowMs(), this.#anchor.tickMs + clock.monotonicMs() - this.#anchor.monotonicMs);
  }

  /** The next tick of the grid; far behind, of a wider one, and over stretches without lines in leaps. */
  async #nextTickMs(): Promise<number> {
    const { tick, catch_up_tick: catchUpTick, late_after: lateAfter } = this.#options.config;
    const next = (stepMs: number): number => (Math.floor(this.#tickMs / stepMs) + 1) * stepMs;
    const lagMs = this.#nowMs() - this.#tickMs;
    if (lagMs <= lateAfter) return next(tick);
    const lineMs = (await this.#reader.nextReceivedMs()) ?? Number.POSITIVE_INFINITY;
    const leapMs = Math.min(lineMs, this.#tickMs + lagMs / 1000);
    return Math.max(next(catchUpTick), Math.floor(leapMs / catchUpTick) * catchUpTick);
  }

  async #tick(tickMs: number): Promise<void> {
    const { config, clock } = this.#options;
    const lagMs = this.#nowMs() - tickMs;
    const lateMs = lagMs > config.late_after ? Math.round(lagMs) : 0;
    await this.#reader.takeUntil(tickMs, this.#takeBy(tickMs), undefined, this.#nowMs());
    this.#evaluator.setLate(lateMs);
    this.#judge(tickMs);
    this.#pendingTicks.push({ tickMs, position: Object.fromEntries(this.#reader.position), ...(lateMs === 0 ? {} : { lateMs }) });
    this.#anchor = { tickMs, monotonicMs: clock.monotonicMs() };
    this.#state = lateMs === 0 ? 'running' : 'catching_up';
    if (lateMs === 0 || clock.monotonicMs() - this.#recordedMs >= recordEveryMs) await this.#record();
    // Messages must come in while it is busy catching up.
    if (lateMs > 0) await setImmediate();
  }

  #judge(tickMs: number): void {
    const found = this.#incidents.apply(this.#evaluator.tick(tickMs));
    this.#pendingTransitions.push(...found, ...this.#incidents.overdue(tickMs));
    this.#tickMs = tickMs;
  }

  /** Frames that lie ahead of the tick, since the clock was, came by the tick. */
  #takeBy(tickMs: number): TakeFrame {
    return (frame) => this.#takeInto(this.#evaluator, frame, Math.min(frame.receivedMs, tickMs));
  }

  #takeInto(evaluator: Evaluator, { tenant, payload, shard, sequence }: Frame, receivedMs: number): void {
    try {
      evaluator.take(tenant, this.#options.readBlock(payload), receivedMs);
    } catch (error) {
      this.#unreadableFrames += 1;
      this.#options.logger.error({ shard, sequence, error: String(error) }, 'alerts: a batch cannot be understood and is passed over');
    }
  }

  /** Writes down what was found, with the ticks that it stands on; waits as long as the database cannot take it. */
  async #record(): Promise<void> {
    const transitions = this.#pendingTransitions;
    if (transitions.length === 0) return;
    const ticks = this.#pendingTicks;
    let recorded = 0;
    const isDone = await this.#untilDone('what was found cannot be recorded', async () => {
      recorded = await this.#options.records.record(transitions, ticks);
    });
    if (!isDone) return;
    this.#pendingTransitions = [];
    this.#pendingTicks = [];
    this.#recordedMs = this.#options.clock.monotonicMs();
    if (recorded > 0) this.#options.onRecorded();
  }

  #checkpointIsDue(): boolean {
    const { clock, config } = this.#options;
    return this.#pendingTicks.length >= maxPendingTicks || clock.nowMs() - this.#checkpointMs >= config.checkpoint_interval;
  }

  /** Durable when it resolves true; a failure is said, and the older one stands. */
  async #checkpoint(): Promise<boolean> {
    const { checkpoint, clock, log, logger, records, config } = this.#options;
    // Before the write, so that a failing disk is tried again only when the next one is due.
    this.#checkpointMs = clock.nowMs();
    try {
      await this.#record();
      if (this.#pendingTransitions.length > 0) return false;
      const facts = { incarnation: log.incarnation, tickMs: this.#tickMs, position: this.#reader.position, rules: this.#rules };
      await checkpoint.write(checkpointLines(facts, this.#incidents, this.#evaluator));
      this.#pendingTicks = [];
      this.#problem = undefined;
      await records.forgetTicks(this.#tickMs + 1);
      await records.forgetResolved(this.#tickMs - config.keep_incidents);
      return true;
    } catch (error) {
      logger.warn(
        { error: String(error) },
        'alerts: the state of the evaluation cannot be written; a restart would read more of the log again',
      );
      this.#problem = `the checkpoint cannot be written: ${toAppError(error).message}`;
      return false;
    }
  }

  async #changeRules(): Promise<void> {
    const rules = this.#wanted;
    if (sameRules(rules, this.#rules)) {
      this.#rules = rules;
      return;
    }
    await this.#record();
    this.#isWhole = false;
    const added = newlyEvaluated(rules, this.#rules);
    this.#evaluator.setRules(rules, this.#tickMs);
    this.#rules = rules;
    if (added.length > 0) await this.#fill(added);
    if (this.#stopping.signal.aborted) return;
    this.#isWhole = true;
    await this.#record();
    await this.#untilDone('a change of rules waits', async () => {
      if (!(await this.#checkpoint()) && !this.#stopping.signal.aborted) throw new Error(this.#problem ?? 'it was not recorded');
    });
    this.#askForPast();
  }

  #askForPast(): void {
    const rules = this.#evaluator.rulesThatWantPast();
    if (rules.length > 0) this.#options.onPastWanted?.(rules);
  }

  /** As a change of rules: no replay spans it. */
  async #takePast(): Promise<void> {
    await this.#record();
    const next = this.#past.shift();
    if (next === undefined || !this.#evaluator.learnPast(next.ruleId, next.services, next.isLast)) return;
    await this.#untilDone('what was learned from the past waits', async () => {
      if (!(await this.#checkpoint()) && !this.#stopping.signal.aborted) throw new Error(this.#problem ?? 'it was not recorded');
    });
  }

  /** Gives rules the past that they look back on. */
  async #fill(rules: readonly AlertRule[]): Promise<void> {
    const { config, createEvaluator, log, logger, records } = this.#options;
    const evaluator = createEvaluator();
    const past = await readPast({
      log,
      rules,
      evaluator,
      take: (frame) => this.#takeInto(evaluator, frame, frame.receivedMs),
      tickMs: this.#tickMs,
      position: this.#reader.position,
      maxReplayMs: config.max_replay,
      stepMs: config.catch_up_tick,
      readBytes: config.read_bytes,
      signal: this.#stopping.signal,
    });
    if (this.#stopping.signal.aborted) return;
    this.#missedBefore += past.missedFrames;
    this.#rowsBefore += past.rows;
    this.#evaluator.restore(evaluator.save());
    const ids = new Set(rules.map(({ id }) => id));
    const open = await records.open();
    // What is not found again although all of its window was read is over; a window that could not be read whole has time to fill.
    const isWhole = past.missedFrames === 0;
    this.#incidents.expect(
      open.filter(({ ruleId }) => ids.has(ruleId)),
      () => (isWhole ? this.#tickMs : this.#tickMs + config.max_replay),
    );
    this.#pendingTransitions.push(...this.#incidents.apply(past.transitions), ...this.#incidents.overdue(this.#tickMs));
    logger.info(
      { rules: rules.length, lines: past.rows, from: new Date(past.fromMs).toISOString() },
      'alerts: rules were given their past',
    );
  }

  async #restore(): Promise<void> {
    const { checkpoint, clock, config, log, logger, records, createEvaluator } = this.#options;
    const restored = await restoreEvaluation({ checkpoint, incarnation: log.incarnation, createEvaluator, logger });
    if (restored === undefined) return this.#beginAnew();
    this.#evaluator = restored.evaluator;
    this.#incidents = restored.incidents;
    this.#rules = restored.rules;
    this.#tickMs = restored.tickMs;
    this.#reader = new TickReader(log, config.read_bytes, restored.position);
    const ticks = await this.#waitFor('recorded ticks cannot be read', () => records.ticksAfter(restored.tickMs));
    for (const { tickMs, position, lateMs = 0 } of ticks) {
      if (this.#stopping.signal.aborted) break;
      await this.#reader.takeBefore(position, this.#takeBy(tickMs));
      this.#evaluator.setLate(lateMs);
      this.#judge(tickMs);
    }
    // All of it is recorded already, together with these ticks.
    this.#pendingTransitions = [];
    this.#isWhole = true;
    // Where frames were lost to trimming the two may differ: what only the records have ends, unless it is found again.
    const open = await this.#waitFor('open incidents cannot be read', () => records.open());
    this.#incidents.expect(open, () => this.#tickMs + (this.#reader.missedFrames === 0 ? 0 : config.max_replay));
    this.#anchor = { tickMs: this.#tickMs, monotonicMs: clock.monotonicMs() };
    logger.info(
      { ticks: ticks.length, lines: this.#reader.rows, rules: this.#rules.length },
      'alerts: the evaluation goes on where it was',
    );
  }

  /** Without a usable checkpoint: windows are filled from the log, and what is recorded as open goes on or ends. */
  async #beginAnew(): Promise<void> {
    const { clock, config, log, records } = this.#options;
    const nowMs = clock.nowMs();
    this.#tickMs = Math.floor(nowMs / config.tick) * config.tick;
    this.#anchor = { tickMs: this.#tickMs, monotonicMs: clock.monotonicMs() };
    this.#reader = new TickReader(log, config.read_bytes, new Map(log.shards().map(({ shard, end }) => [shard, end.sequence])));
    const known = new Set(newlyEvaluated(this.#wanted, []).map(({ id }) => id));
    const open = await this.#waitFor('open incidents cannot be read', () => records.open());
    this.#incidents.expect(
      open.filter(({ ruleId }) => !known.has(ruleId)),
      () => this.#tickMs,
    );
    this.#pendingTransitions.push(...this.#incidents.overdue(this.#tickMs));
    await this.#changeRules();
    await this.#record();
  }

  async #waitFor<T>(what: string, work: () => Promise<T>): Promise<T> {
    let found: T | undefined;
    await this.#untilDone(what, async () => {
      found = await work();
    });
    return found as T;
  }

  /** Tries until it succeeds, saying why it does not; false when it was stopped before. */
  async #untilDone(what: string, work: () => Promise<void>): Promise<boolean> {
    const { clock, logger } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        await work();
        this.#problem = undefined;
        return true;
      } catch (error) {
        this.#problem = `${what}: ${toAppError(error).message}`;
        logger.warn({ error: String(error) }, `alerts: ${what}; it is tried again, and the evaluation waits`);
        if (this.#stopping.signal.aborted) return false;
        await clock.sleep(retryPausesMs[Math.min(attempt, retryPausesMs.length - 1)], this.#stopping.signal);
      }
    }
  }
}
