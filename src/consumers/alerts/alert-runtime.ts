/**
 * The evaluation of alerts as the main thread sees it: starts its thread when there is something to evaluate, tells it the ends
 * of the log and the rules, hears how it is doing, and starts it again when it dies or gives no sign.
 *
 * Invariants: nothing here waits for the thread; ends and rules are told at most every `tellEveryMs`, the newest only.
 */
import type { Worker } from 'node:worker_threads';
import type { AlertFacts, RuleFactsNow } from '#alerting/alert-facts.ts';
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { RuleState } from '#alerting/evaluator.ts';
import type { ShardEnd } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { EvaluationStatus } from './alert-evaluation.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
import type { AlertWorkerData, FromAlertWorker, ToAlertWorker } from './messages.ts';

/** What is used of a thread. */
export type AlertThread = Pick<Worker, 'postMessage' | 'on' | 'once' | 'terminate'>;

export interface AlertRuntimeOptions {
  readonly config: AlertsConfig;
  readonly startThread: (data: AlertWorkerData) => AlertThread;
  /** What the thread is given besides rules and ends. */
  readonly data: Pick<AlertWorkerData, 'logDirectory' | 'incarnation' | 'readBufferBytes' | 'directory' | 'patternsPath'>;
  /** Durable ends of all shards now. */
  readonly ends: () => readonly ShardEnd[];
  /** Whether incidents are open in the records: they must be looked after although no rule is left. */
  readonly hasOpenIncidents: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reads the past of services for a rule, a few at a time; absent where there is none. Never rejects. */
  readonly readPast?: ReadPast | undefined;
}

export type ReadPast = (
  rule: AlertRule,
  give: (services: readonly SeasonCounts[], isLast: boolean) => void,
  signal: AbortSignal,
) => Promise<void>;

export interface AlertStatus {
  /** `idle`: there is nothing to evaluate, and no thread. `ended`: it died and is about to be started again. */
  readonly state: 'disabled' | 'idle' | 'ended' | EvaluationStatus['state'];
  readonly rules: number;
  readonly enabledRules: number;
  readonly restarts: number;
  readonly evaluation: EvaluationStatus | undefined;
}

const tellEveryMs = 50;
const maxBackoffMs = 60_000;
/** A thread that lived this long was well; the next end begins with the first pause again. */
const wellAfterMs = 60_000;
const stopGraceMs = 10_000;

export class AlertRuntime implements AlertFacts {
  restarts = 0;
  readonly #options: AlertRuntimeOptions;
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #untoldEnds = new Map<number, ShardEnd>();
  readonly #states = new Map<string, RuleState>();
  #teller: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #rules: readonly AlertRule[] = [];
  #toldRules: readonly AlertRule[] = [];
  #thread: AlertThread | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isStarted = false;
  #heardMs = 0;
  #evaluation: EvaluationStatus | undefined;
  /** Rules whose past is being read, one after the other. */
  readonly #readingPast = new Set<string>();
  #pastRead: Promise<void> = Promise.resolve();
  /** Ends in a row that came too soon. */
  #failures = 0;

  constructor(options: AlertRuntimeOptions) {
    this.#options = options;
  }

  /** In place of the rules before, of all tenants. The first enabled one starts the thread. */
  setRules(rules: readonly AlertRule[]): void {
    this.#rules = rules;
    if (this.#isStarted) this.#tellSoon();
    else if (this.#mustRun()) this.#start();
  }

  /** A shard's new end. */
  advance(end: ShardEnd): void {
    if (!this.#isStarted) return;
    this.#untoldEnds.set(end.shard, end);
    this.#tellSoon();
  }

  /** Called when new events are recorded. */
  onRecorded(listener: () => void): void {
    this.#listeners.add(listener);
  }

  ofRules(tenant: string): ReadonlyMap<string, RuleFactsNow> {
    const evaluatedMs = this.#evaluation?.tickMs;
    const facts = new Map<string, RuleFactsNow>();
    for (const state of this.#states.values()) {
      if (state.tenant !== tenant) continue;
      const { ruleId, state: now, value, groups, pendingGroups, firingGroups, linesWithoutGroup, reason } = state;
      facts.set(ruleId, { state: now, value, evaluatedMs, groups, pendingGroups, firingGroups, linesWithoutGroup, problem: reason });
    }
    return facts;
  }

  status(): AlertStatus {
    const enabledRules = this.#rules.filter(({ body }) => body.enabled !== false).length;
    const { config } = this.#options;
    const running = this.#thread === undefined ? 'ended' : (this.#evaluation?.state ?? 'starting');
    return {
      state: !config.enabled ? 'disabled' : this.#isStarted ? running : 'idle',
      rules: this.#rules.length,
      enabledRules,
      restarts: this.restarts,
      evaluation: this.#evaluation,
    };
  }

  /** After a last checkpoint, or without one when the thread does not answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#teller);
    clearInterval(this.#watch);
    this.#send({ type: 'stop' });
    const { clock, logger } = this.#options;
    const inTime = new AbortController();
    const tooLate = clock.sleep(stopGraceMs, inTime.signal).then(() => !inTime.signal.aborted);
    if (await Promise.race([this.#ended.then(() => false), tooLate])) {
      logger.error({}, 'the thread of the alerts does not stop and is ended; the next start reads more of the log again');
      await this.#thread?.terminate();
    }
    inTime.abort();
    await this.#ended;
  }

  #mustRun(): boolean {
    const { config, hasOpenIncidents } = this.#options;
    const isWanted = hasOpenIncidents || this.#rules.some(({ body }) => body.enabled !== false);
    return config.enabled && isWanted && !this.#stopping.signal.aborted;
  }

  #start(): void {
    this.#isStarted = true;
    this.#watch = setInterval(() => this.#endHanging(), 1000);
    this.#startThread();
  }

  #startThread(): void {
    const { config, startThread, data, ends, clock, logger } = this.#options;
    const startedMs = clock.monotonicMs();
    this.#heardMs = startedMs;
    const thread = startThread({ config, ...data, ends: ends(), rules: this.#rules });
    this.#thread = thread;
    this.#states.clear();
    this.#toldRules = this.#rules;
    thread.on('message', (message: FromAlertWorker) => this.#hear(message));
    thread.on('error', (error) =>
      logger.error({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'the evaluation of alerts ended'),
    );
    this.#ended = new Promise((resolve) => {
      thread.once('exit', () => {
        if (this.#thread === thread) this.#thread = undefined;
        resolve();
        if (!this.#stopping.signal.aborted) void this.#restart(clock.monotonicMs() - startedMs);
      });
    });
  }

  async #restart(livedMs: number): Promise<void> {
    const { clock, config, logger } = this.#options;
    const { signal } = this.#stopping;
    this.#failures = livedMs < wellAfterMs ? this.#failures + 1 : 1;
    await clock.sleep(Math.min(maxBackoffMs, config.restart_backoff * 2 ** Math.min(10, this.#failures - 1)), signal);
    if (signal.aborted) return;
    this.restarts += 1;
    logger.warn({ restarts: this.restarts }, 'the evaluation of alerts is started again, from its checkpoint');
    this.#startThread();
  }

  #endHanging(): void {
    const { clock, config, logger } = this.#options;
    if (this.#thread === undefined || clock.monotonicMs() - this.#heardMs < config.hang_timeout) return;
    logger.error({ setting: 'alerts.hang_timeout' }, 'the thread of the alerts gives no sign and is ended; it is started again');
    this.#heardMs = clock.monotonicMs();
    void this.#thread.terminate();
  }

  #hear(message: FromAlertWorker): void {
    this.#heardMs = this.#options.clock.monotonicMs();
    switch (message.type) {
      case 'log':
        return this.#options.logger[message.record.level](message.record.fields, message.record.message);
      case 'past_wanted':
        return message.rules.forEach((rule) => this.#readPast(rule));
      case 'recorded':
        return this.#listeners.forEach((listener) => listener());
      case 'status':
        this.#evaluation = message.status;
        for (const id of message.removed) this.#states.delete(id);
        for (const state of message.changed) this.#states.set(`${state.tenant}/${state.ruleId}`, state);
        return;
      default:
        return message satisfies never;
    }
  }

  #readPast(rule: AlertRule): void {
    const { readPast } = this.#options;
    const { signal } = this.#stopping;
    if (readPast === undefined || this.#readingPast.has(rule.id)) return;
    this.#readingPast.add(rule.id);
    const give = (services: readonly SeasonCounts[], isLast: boolean): void => {
      this.#send({ type: 'past', past: { ruleId: rule.id, services, isLast } });
    };
    this.#pastRead = this.#pastRead.then(async () => {
      const isWanted = !signal.aborted && this.#rules.some(({ id, version }) => id === rule.id && version === rule.version);
      if (isWanted) await readPast(rule, give, signal);
      this.#readingPast.delete(rule.id);
    });
  }

  #tellSoon(): void {
    this.#teller ??= setTimeout(() => {
      this.#teller = undefined;
      const ends = [...this.#untoldEnds.values()];
      this.#untoldEnds.clear();
      if (ends.length > 0) this.#send({ type: 'ends', ends });
      if (this.#rules !== this.#toldRules) this.#send({ type: 'rules', rules: this.#rules });
      this.#toldRules = this.#rules;
    }, tellEveryMs);
  }

  #send(message: ToAlertWorker): void {
    this.#thread?.postMessage(message);
  }
}
