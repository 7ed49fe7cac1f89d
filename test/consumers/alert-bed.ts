/**
 * The evaluation of alerts over a log in memory, with a clock that tests move, and a process that can die at any of its points:
 * what it had not made durable by then is gone, and the next process begins from what is on disk.
 */
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { alertsConfig } from '#alerting/config.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { AlertRule, AlertRuleBody } from '#alerting/alert-rule.ts';
import { Evaluator } from '#alerting/evaluator.ts';
import { originOf } from '#base/ids.ts';
import { AlertEvaluation } from '#consumers/alerts/alert-evaluation.ts';
import { CheckpointFile } from '#consumers/alerts/checkpoint-file.ts';
import type { FollowedLog } from '#consumers/alerts/tick-reader.ts';
import { ingestConfig } from '#ingest/config.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogWriter } from '#log/durable-log.ts';
import { MemoryLog, MemoryLogStorage } from '#log/memory.ts';
import type { AlertRecords } from '#metadata/alert-records.ts';
import { openSqliteAlertRecords } from '#metadata/sqlite.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { SimulatedClock } from '../faults/simulated-clock.ts';
import { SimulatedFiles } from '../faults/simulated-files.ts';
import { defaultsOf } from '../support/config-defaults.ts';

export const alertDirectory = '/data/alerts';
const incarnation = 3;

/** Where a process can be made to die. */
export type KillPoint = 'before record' | 'after record' | 'in checkpoint' | 'before rename' | 'after rename' | 'in reading';

export interface Line {
  readonly service?: string;
  readonly level?: string;
  readonly message?: string;
  readonly atMs?: number;
}

export function alertRule(id: string, body: Partial<AlertRuleBody> = {}, facts: Partial<AlertRule> = {}): AlertRule {
  const condition = { kind: 'count', window_ms: 60_000, operator: '>=', threshold: 5 } as const;
  const whole = { name: id, filter: 'level:ERROR', group_by: ['service'], condition, ...body };
  return { id, tenant: 'default', version: 1, updatedMs: 0, updatedBy: 'me', body: whole, ...facts };
}

export class AlertBed {
  readonly clock = new SimulatedClock(Date.UTC(2026, 0, 1, 0, 0, 0, 250));
  readonly files = new SimulatedFiles({ seed: 1 });
  readonly storage = new MemoryLogStorage(incarnation);
  readonly log: MemoryLog;
  readonly records: AlertRecords;
  readonly config: AlertsConfig;
  recordedTimes = 0;
  /** Ids of rules that asked for the past of services. */
  readonly wantedPast: string[] = [];
  readonly #writers = new Map<number, LogWriter>();
  readonly #decoder = new BatchDecoder(defaultsOf(ingestConfig));
  readonly #builder = new LogBatchBuilder();
  /** Of the process that runs. */
  #life = { isDead: false };
  #running: { readonly evaluation: AlertEvaluation; readonly ended: Promise<unknown> } | undefined;

  private constructor(records: AlertRecords, config: Partial<AlertsConfig>) {
    this.records = records;
    this.config = { ...defaultsOf(alertsConfig), ...config };
    this.log = new MemoryLog({ storage: this.storage, clock: this.clock, holders: [], keepAfterIndexMs: 7_200_000 });
  }

  static async open(t: TestContext, config: Partial<AlertsConfig> = {}): Promise<AlertBed> {
    const records = await openSqliteAlertRecords(':memory:', { clock: systemClock });
    t.after(() => records.close());
    return new AlertBed(records, config);
  }

  get evaluation(): AlertEvaluation {
    if (this.#running === undefined) throw new Error('no process runs');
    return this.#running.evaluation;
  }

  /** A process begins; it dies at the `nth` time that it comes to the point. */
  async begin(rules: readonly AlertRule[], kill?: { readonly point: KillPoint; readonly nth: number }): Promise<AlertEvaluation> {
    const life = { isDead: false };
    this.#life = life;
    let left = kill?.nth ?? 0;
    const at = (point: KillPoint): void => {
      if (point !== kill?.point || (left -= 1) !== 0) return;
      life.isDead = true;
      this.files.kill();
    };
    this.files.beforeOperation = (operation, path) => {
      if (!path.startsWith(alertDirectory)) return;
      if (operation === 'writev') at('in checkpoint');
      if (operation === 'rename') at('before rename');
      if (operation === 'syncDirectory') at('after rename');
    };
    const evaluation = new AlertEvaluation({
      log: mortalLog(this.log, life, () => at('in reading')),
      records: mortalRecords(this.records, life, at),
      checkpoint: new CheckpointFile(this.files.process(), alertDirectory),
      createEvaluator: () => new Evaluator({ limits: this.config }),
      readBlock: readNativeBlock,
      config: this.config,
      clock: this.clock,
      logger: silentLogger,
      rules,
      onRecorded: () => (this.recordedTimes += 1),
      onPastWanted: (wanted) => void this.wantedPast.push(...wanted.map(({ id }) => id)),
    });
    this.#running = { evaluation, ended: evaluation.run() };
    await this.settle();
    return evaluation;
  }

  get isDead(): boolean {
    return this.#life.isDead;
  }

  /** The process is gone, wherever it was. */
  kill(): void {
    this.#life.isDead = true;
    this.files.kill();
  }

  /** It ends in peace. */
  async stop(): Promise<void> {
    this.#running?.evaluation.stop();
    await this.settle();
    await this.#running?.ended;
  }

  async write(lines: readonly Line[], { tenant = 'default', shard = 0 }: { tenant?: string; shard?: number } = {}): Promise<void> {
    const writer = this.#writers.get(shard) ?? this.log.openWriter(shard);
    this.#writers.set(shard, writer);
    const records = lines.map(({ service = 'shop', level = 'ERROR', message = 'it failed', atMs = this.clock.nowMs() }) => ({
      timestamp: new Date(atMs).toISOString(),
      service,
      level,
      message,
    }));
    this.#decoder.decodeJson(Buffer.from(JSON.stringify(records)), {}, this.#builder);
    const receivedMs = this.clock.nowMs();
    const { rowCount } = this.#builder;
    const outcomes = { accepted: rowCount, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
    const stamp = { tenant, receivedMs, origin: originOf(incarnation, shard), seq: writer.nextSequence, maxClockSkewMs: 30_000 };
    await writer.append({ kind: frameKinds.logs, tenant, rowCount, outcomes, receivedMs }, [this.#builder.finish(stamp)]);
  }

  async errors(count: number, service = 'shop'): Promise<void> {
    await this.write(Array.from({ length: count }, () => ({ service })));
  }

  /** Time goes on in small steps, in which everything that is due is done. */
  async pass(durationMs: number, stepMs = 250): Promise<void> {
    for (let passed = 0; passed < durationMs && !this.isDead; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, durationMs - passed));
      await this.settle(8);
    }
  }

  async settle(turns = 40): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
  }

  /** `<rule> <group> <kinds of its events>` of every incident, in the order of their beginnings. */
  async history(tenant = 'default'): Promise<string[]> {
    const incidents = await this.records.list({ tenant, limit: 1000 });
    const told = incidents.toReversed().map(async ({ id, ruleId, group }) => {
      const events = await this.records.eventsOf(tenant, id);
      return [ruleId, ...Object.values(group), ...events.map(({ kind }) => kind)].join(' ');
    });
    return Promise.all(told);
  }
}

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** What the dead call is never answered. */
function mortalRecords(records: AlertRecords, life: { readonly isDead: boolean }, at: (point: KillPoint) => void): AlertRecords {
  return new Proxy(records, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]): Promise<unknown> => {
        if (name === 'record') at('before record');
        if (life.isDead) return never();
        const answer: unknown = await method.apply(target, given);
        if (name === 'record') at('after record');
        return life.isDead ? never() : answer;
      };
    },
  });
}

function mortalLog(log: MemoryLog, life: { readonly isDead: boolean }, onRead: () => void): FollowedLog {
  return {
    incarnation: log.incarnation,
    shards: () => log.shards(),
    positionAt: (receivedMs) => (life.isDead ? never() : log.positionAt(receivedMs)),
    async openReader(shard, fromSequence) {
      const reader = await log.openReader(shard, fromSequence);
      const read = reader.read.bind(reader);
      reader.read = (maxBytes) => {
        onRead();
        return life.isDead ? never() : read(maxBytes);
      };
      return reader;
    },
  };
}
