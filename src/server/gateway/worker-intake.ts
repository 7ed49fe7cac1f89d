/**
 * The way of batches through a gateway worker, put together: parsing and policies complete records and take lines out,
 * the pipeline makes the rest durable. Rules change while lines flow.
 */
import { AppError } from '#base/errors.ts';
import { createIntake } from '#ingest/intake.ts';
import type { BatchSource, Intake } from '#ingest/intake.ts';
import { createIngestPipeline } from '#ingest/pipeline.ts';
import type { IngestPipeline } from '#ingest/pipeline.ts';
import { Policies } from '#ingest/policies.ts';
import type { TenantFields } from '#ingest/policies.ts';
import { lagHintOf } from '#ingest/pressure.ts';
import type { PressureFacts } from '#ingest/pressure.ts';
import { RejectedRecords } from '#ingest/rejected-records.ts';
import type { LiveRules } from '#ingest/rule-book.ts';
import { timeWindow } from '#ingest/time-window.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import { RecordWriter } from '#model/record-writer.ts';
import type { RecordLimits } from '#model/record-writer.ts';
import { configuredRules } from '#parsing/parser-rules.ts';
import { createParserSet } from '#parsing/parser-set.ts';
import type { ParserSet } from '#parsing/parser-set.ts';
import type { RecognisedStream } from '#parsing/stream-table.ts';
import { minerLimits } from '#patterns/config.ts';
import { findPatterns } from '#patterns/batch-patterns.ts';
import { PatternMiner } from '#patterns/pattern-miner.ts';
import type { LearntTemplate } from '#patterns/pattern-miner.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { countOutcomes, countParsed, countPolicy } from './counters.ts';
import type { GatewayCounts, ParsedCounts } from './counters.ts';
import { watchGeoip } from './geoip-file.ts';
import type { GatewayWorkerConfig, RecentBatch } from './messages.ts';
import type { PressuredLogWriter } from './worker-runtime.ts';

/** What a worker knows of the streams that it met. Plain data. */
export interface StreamFacts {
  readonly formats: readonly RecognisedStream[];
  readonly fields: readonly TenantFields[];
}

export interface WorkerIntakeOptions {
  readonly config: Pick<GatewayWorkerConfig, 'gateway' | 'ingest' | 'parsing' | 'patterns' | 'policies' | 'quarantine'>;
  readonly writer: PressuredLogWriter;
  readonly lastReceivedMs: number;
  readonly authenticate: Intake['authenticate'];
  readonly rules: LiveRules;
  readonly recentBatches: readonly RecentBatch[];
  readonly templates: readonly LearntTemplate[];
  readonly counts: () => GatewayCounts;
  readonly pressure: () => PressureFacts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export interface WorkerIntake {
  readonly intake: Intake;
  readonly parsers: ParserSet;
  setRules(rules: LiveRules): void;
  /** Adds what parsers did since the last call. */
  countParsers(): void;
  streamFacts(): StreamFacts;
  /** Templates that were learnt since the last call. */
  takeTemplates(): LearntTemplate[];
  stop(): Promise<void>;
}

const fieldCheckIntervalMs = 60_000;
/** Services of a tenant that are told. */
const maxToldServices = 20;

export function createWorkerIntake(options: WorkerIntakeOptions): WorkerIntake {
  const { config, clock, counts, logger } = options;
  const parsers = createParserSet(configuredRules(config.parsing), config.parsing, limitsOf(options), clock);
  const policies = createPolicies(options);
  const miner = config.patterns.enabled ? new PatternMiner(minerLimits(config.patterns)) : undefined;
  miner?.restore(options.templates);
  const pipeline = createPipeline(options, policies);
  const setRules = (rules: LiveRules): void => {
    try {
      parsers.replace([...configuredRules(config.parsing), ...rules.parsers]);
      policies.replace(rules.policies);
    } catch (thrown) {
      // they were checked where they came in, so this is not expected; the old ones go on
      logger.error({ error: String(thrown) }, 'rules cannot be taken by a gateway worker');
    }
  };
  // what the configuration says is in place already
  if (options.rules.parsers.length + options.rules.policies.length > 0) setRules(options.rules);
  const geoip = watchGeoip(config.policies.geoip_database, { use: (placeOf) => policies.useGeoip(placeOf), logger });
  const rescue = (): void => {
    for (const rows of policies.rescue()) pipeline.submitRescued(rows).catch((error: unknown) => lost(logger, rows.rowCount, error));
  };
  const timer = setInterval(rescue, config.policies.rescue_interval);
  const fieldTimer = setInterval(() => warnOfNames(policies, config.policies.warn_attribute_names, logger), fieldCheckIntervalMs);
  const told = new Map<string, ParsedCounts>();
  return {
    intake: createGatewayIntake(options, { pipeline, parsers, policies, miner }),
    parsers,
    setRules,
    countParsers() {
      for (const count of parsers.counts()) countParsed(counts(), count, told);
    },
    takeTemplates: () => miner?.drainLearnt() ?? [],
    streamFacts: () => ({ formats: parsers.streams(), fields: policies.fields(maxToldServices) }),
    async stop() {
      clearInterval(timer);
      clearInterval(fieldTimer);
      geoip.stop();
      rescue();
    },
  };
}

function createPolicies({ config, clock, random, counts, recentBatches }: WorkerIntakeOptions): Policies {
  const policies = new Policies({
    config: config.policies,
    nowMs: () => clock.nowMs(),
    random,
    count: (rule, lines) => countPolicy(counts(), rule, lines),
  });
  for (const { tenant, id, receivedMs } of recentBatches) policies.recentBatches.remember(tenant, id, receivedMs);
  return policies;
}

function createPipeline({ config, writer, clock, lastReceivedMs, counts }: WorkerIntakeOptions, policies: Policies): IngestPipeline {
  return createIngestPipeline({
    writer,
    clock,
    policyOf: (batch) => policies.policyOf(batch),
    recentBatches: policies.recentBatches,
    maxClockSkewMs: config.ingest.max_clock_skew,
    lastReceivedMs,
    onDurable: (tenant, outcomes) => countOutcomes(counts(), tenant, outcomes, config.gateway.max_counted_tenants),
  });
}

/** A defect in finding patterns costs a batch its patterns, never its lines. */
function findPatternsSafely(miner: PatternMiner, rows: LogBatchBuilder, tenant: string, logger: Logger): void {
  try {
    findPatterns(miner, rows, tenant);
  } catch (thrown) {
    logger.error({ error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'patterns of a batch cannot be found');
  }
}

function limitsOf({ config: { ingest } }: WorkerIntakeOptions): RecordLimits {
  return {
    maxAttributes: ingest.max_attributes_per_record,
    maxNameBytes: ingest.max_attribute_name_bytes,
    maxOverflowBytes: ingest.max_record_bytes,
  };
}

interface Way {
  readonly pipeline: IngestPipeline;
  readonly parsers: ParserSet;
  readonly policies: Policies;
  readonly miner: PatternMiner | undefined;
}

function createGatewayIntake(options: WorkerIntakeOptions, { pipeline, parsers, policies, miner }: Way): Intake {
  const { writer, authenticate, pressure, config, clock, logger } = options;
  const { ingest, quarantine } = config;
  const window = timeWindow(ingest, () => clock.nowMs());
  const rows = new LogBatchBuilder();
  if (miner !== undefined) rows.completer = (batch, tenant) => findPatternsSafely(miner, batch, tenant, logger);
  return createIntake({
    pipeline,
    authenticate,
    admit() {
      if (writer.pressure !== 'full') return;
      throw new AppError('log_full', 'the log is full of lines that are not yet indexed', {
        details: { setting: 'log.refuse_ratio' },
        retryAfterMs: ingest.overload_retry_after,
      });
    },
    lagHint: () => lagHintOf(writer.pressure, pressure().lagMs, ingest),
    rows,
    writer: new RecordWriter(limitsOf(options)),
    rejected: new RejectedRecords({
      isEnabled: quarantine.enabled,
      maxRecordBytes: quarantine.max_record_bytes,
      maxBatchBytes: quarantine.max_batch_bytes,
      maxReportedErrors: ingest.max_reported_errors,
    }),
    multilineOf: (source, service) => parsers.multilineOf(source, service),
    finisherOf(source: BatchSource) {
      return inTurn([parsers.finisherOf(source), window, policies.finisherOf(source.tenant)], logger);
    },
  });
}

/** The finishers, one after the other. A defect in one of them costs the record at hand, which the quarantine keeps. */
function inTurn(finishers: readonly (RecordFinisher | undefined)[], logger: Logger): RecordFinisher {
  const present = finishers.filter((finisher) => finisher !== undefined);
  return {
    finish(builder) {
      try {
        for (const finisher of present) {
          const refusal = finisher.finish(builder);
          if (refusal !== undefined) return refusal;
        }
        return undefined;
      } catch (thrown) {
        logger.error({ error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'a step of the pipeline failed on a record');
        return 'pipeline_error';
      }
    },
  };
}

/** Names without end cost the store; who sends them should know. */
function warnOfNames(policies: Policies, warnFrom: number, logger: Logger): void {
  for (const { tenant, streams } of policies.fields(maxToldServices)) {
    for (const { service, names, overflowing } of streams) {
      if (names + overflowing < warnFrom) continue;
      logger.warn({ tenant, service, names, overflowing }, 'a service has more attribute names than policies.warn_attribute_names');
    }
  }
}

/** They were acknowledged as left out by sampling, and stay that. */
function lost(logger: Logger, lines: number, error: unknown): void {
  logger.warn({ lines, error: String(error) }, 'lines of traces with errors could not be kept after all; they stay sampled out');
}
