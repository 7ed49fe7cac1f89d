/**
 * Alerts as the server puts them together: the rules that people keep, the thread that evaluates them over the log, the records
 * of what it found, and who is told.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AlertRules } from '#alerting/alert-rules.ts';
import type { NotificationBook } from '#alerting/notification-book.ts';
import type { ApiOptions } from '#api/create-api.ts';
import type { AlertTrialOptions } from '#api/alert-trial-routes.ts';
import type { IncidentRouteOptions } from '#api/incident-routes.ts';
import type { AlertStatus } from '#consumers/alerts/alert-runtime.ts';
import { AlertRuntime } from '#consumers/alerts/alert-runtime.ts';
import type { AlertWorkerData } from '#consumers/alerts/messages.ts';
import { registerAlertMetrics } from '#consumers/alerts/metrics.ts';
import type { WalLog } from '#log/wal.ts';
import { ownRulePrefix } from '#metadata/alert-records.ts';
import type { AlertRecords } from '#metadata/alert-records.ts';
import type { Documents } from '#metadata/documents.ts';
import { openSqliteAlertRecords } from '#metadata/sqlite.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { BlockReads } from '#store/block-reads.ts';
import type { FieldReads } from '#store/field-reads.ts';
import type { SeasonReads } from '#store/season-reads.ts';
import type { SourceReads } from '#store/source-reads.ts';
import { createRecentFields } from './alert-lines.ts';
import { createPastReader, createRulePast } from './alert-past.ts';
import { notificationsStatus, openNotificationBook, startNotifications } from './notifications.ts';
import { patternsDatabasePath } from './patterns.ts';
import type { Site } from './site.ts';

/** The heap of the thread, beside the state that `alerts.max_state_bytes` bounds: its code, and what it reads. */
const ownHeapBytes = 192 * 2 ** 20;

export interface AlertingParts {
  readonly log: WalLog;
  readonly metrics: Metrics;
  readonly documents: Documents;
  /** What rules are tried on. */
  readonly store: BlockReads & Pick<FieldReads, 'completions'> & SeasonReads & SourceReads;
  readonly decode: AlertTrialOptions['decode'];
}

export interface Alerting {
  readonly rules: AlertRules;
  readonly records: AlertRecords;
  readonly runtime: AlertRuntime;
  /** What the API is given. */
  readonly routes: {
    readonly incidents: IncidentRouteOptions;
    readonly alertRules: NonNullable<ApiOptions['alertRules']>;
    readonly notifications: NonNullable<ApiOptions['notifications']>;
  };
  status(): Record<string, unknown>;
}

/** The database of alerts: incidents, and what notifications keep. */
export function alertsDatabasePath({ directory }: Site): string {
  return join(directory.part('alerts'), 'alerts.db');
}

export async function openAlerting(site: Site, { log, metrics, documents, store, decode }: AlertingParts): Promise<Alerting> {
  const { config, logger, closers, directory } = site;
  await nodeFiles.makeDirectory(directory.part('alerts'));
  await nodeFiles.syncDirectory(directory.path);
  const records = await openSqliteAlertRecords(alertsDatabasePath(site), { clock: systemClock });
  closers.add('records of alerts', () => records.close());
  const late: { rules?: AlertRules } = {};
  const book = await openNotificationBook(site, documents, () => late.rules);
  const rules = await openRules(site, documents, store, book);
  late.rules = rules;
  const runtime = new AlertRuntime({
    config: config.alerts,
    startThread: (data) => startAlertThread(data),
    data: {
      logDirectory: directory.part('log'),
      incarnation: log.incarnation,
      readBufferBytes: config.log.read_buffer_bytes,
      directory: directory.part('alerts'),
      patternsPath: patternsDatabasePath(site),
    },
    ends: () => log.shards().map(({ end }) => end),
    hasOpenIncidents: (await records.open()).some(({ ruleId }) => !ruleId.startsWith(ownRulePrefix)),
    clock: systemClock,
    logger,
    readPast: createPastReader({ store, config: config.alerts, clock: systemClock, logger }),
  });
  registerAlertMetrics(metrics, runtime);
  closers.add('alerts', () => runtime.stop());
  rules.onChange((live) => runtime.setRules(live));
  runtime.setRules(rules.live);
  const databasePath = alertsDatabasePath(site);
  const notifications = await startNotifications(site, { book, rules, alerts: records, databasePath, metrics });
  /** Something new is to be told to people, or no longer. */
  const wakeNotifier = (): void => notifications.notifier.wake();
  runtime.onRecorded(wakeNotifier);
  const past = createRulePast(site, store);
  const alertRules = { rules, facts: runtime, records, store, past, decode, config: config.alerts, clock: systemClock };
  const routes = {
    alertRules,
    incidents: { records, clock: systemClock, onAcknowledged: wakeNotifier },
    notifications: notifications.routes,
  };
  const status = (): Record<string, unknown> => ({
    ...alertsStatus(runtime.status()),
    notifications: notificationsStatus(notifications.notifier.status()),
  });
  return { rules, records, runtime, routes, status };
}

/** Ids have 72 random bits: they are never given twice. */
function openRules(
  { config, logger }: Site,
  documents: Documents,
  store: AlertingParts['store'],
  book: NotificationBook,
): Promise<AlertRules> {
  return AlertRules.open({
    documents,
    config: config.alerts,
    queryConfig: config.query,
    randomId: () => randomBytes(9).toString('base64url'),
    channels: async (tenant) => book.channelTypes(tenant),
    fields: createRecentFields(store, systemClock),
    clock: systemClock,
    logger,
  });
}

function startAlertThread(workerData: AlertWorkerData): Worker {
  const maxOldGenerationSizeMb = Math.ceil((ownHeapBytes + workerData.config.max_state_bytes) / 2 ** 20);
  return new Worker(new URL('./alert-worker.ts', import.meta.url), {
    workerData,
    name: 'alerts',
    resourceLimits: { maxOldGenerationSizeMb, maxYoungGenerationSizeMb: 16 },
  });
}

/** For /v1/status. */
function alertsStatus({ state, rules, enabledRules, restarts, evaluation }: AlertStatus): Record<string, unknown> {
  return {
    state,
    rules,
    enabled_rules: enabledRules,
    restarts,
    ...(evaluation === undefined
      ? {}
      : {
          failed_rules: evaluation.failedRules,
          groups: evaluation.groups,
          state_bytes: evaluation.bytes,
          open_incidents: evaluation.openIncidents,
          lag_ms: Math.round(evaluation.lagMs),
          ...(evaluation.tickMs === 0 ? {} : { last_tick_at: new Date(evaluation.tickMs).toISOString() }),
          lines: evaluation.rows,
          missed_batches: evaluation.missedFrames,
          unreadable_batches: evaluation.unreadableFrames,
          checkpoint: {
            bytes: evaluation.checkpointBytes,
            ...(evaluation.checkpointMs === 0 ? {} : { at: new Date(evaluation.checkpointMs).toISOString() }),
          },
          ...(evaluation.problem === undefined ? {} : { problem: evaluation.problem }),
        }),
  };
}
