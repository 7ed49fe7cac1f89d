/**
 * Entry of the thread that evaluates alert rules: follows the files of the log, and records what it finds in a connection of
 * its own to alerts.db. Started by `alerting.ts` only; talks in `consumers/alerts/messages.ts`.
 */
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { AlertRule } from '#alerting/alert-rule.ts';
import { Evaluator } from '#alerting/evaluator.ts';
import { needsPatterns, StoredPatterns } from '#alerting/stored-patterns.ts';
import { invariant } from '#base/errors.ts';
import { AlertEvaluation } from '#consumers/alerts/alert-evaluation.ts';
import { CheckpointFile } from '#consumers/alerts/checkpoint-file.ts';
import type { AlertWorkerData, FromAlertWorker, ToAlertWorker } from '#consumers/alerts/messages.ts';
import { StateChanges } from '#consumers/alerts/state-changes.ts';
import { WalFollower } from '#log/wal.ts';
import { openSqliteAlertRecords, openSqlitePatternTemplates } from '#metadata/sqlite.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { shrinkHeap } from '#platform/heap.ts';
import { forwardingLogger } from '#platform/telemetry.ts';

/** How often the thread says that it lives, and how. */
const reportIntervalMs = 1000;

invariant(parentPort !== null, 'the alert worker runs in a worker thread');
const port = parentPort;
const data = workerData as AlertWorkerData;
const send = (message: FromAlertWorker): void => port.postMessage(message);
const logger = forwardingLogger((record) => send({ type: 'log', record }));

async function run(): Promise<void> {
  const { config, directory, incarnation, readBufferBytes, ends, rules } = data;
  // There it holds for the calling thread alone; coming back would need a privilege.
  if (process.platform === 'linux' && getPriority() < config.niceness) setPriority(config.niceness);
  const log = new WalFollower({ directory: data.logDirectory, incarnation, files: nodeFiles, readBufferBytes, ends });
  const patterns = new StoredPatterns();
  const readPatterns = (wanted: readonly AlertRule[]): Promise<void> => readPatternsInto(patterns, wanted);
  await readPatterns(rules);
  const records = await openSqliteAlertRecords(join(directory, 'alerts.db'), { clock: systemClock });
  const evaluation = new AlertEvaluation({
    log,
    records,
    checkpoint: new CheckpointFile(nodeFiles, directory),
    createEvaluator: () =>
      new Evaluator({ limits: config, onProblem: sayProblem, patternsBefore: (tenant, beforeMs) => patterns.before(tenant, beforeMs) }),
    readBlock: readNativeBlock,
    config,
    clock: systemClock,
    logger,
    rules,
    onRecorded: () => send({ type: 'recorded' }),
    onPastWanted: (wanted) => send({ type: 'past_wanted', rules: wanted }),
  });
  const states = new StateChanges();
  /** Changes one after the other, each with the patterns known by then. */
  let changing = Promise.resolve();
  const report = (): void => send({ type: 'status', status: evaluation.status(), ...states.of(evaluation.ruleStates()) });
  port.on('message', (message: ToAlertWorker) => {
    if (message.type === 'ends') for (const end of message.ends) log.advance(end);
    else if (message.type === 'rules')
      changing = changing.then(() => readPatterns(message.rules)).then(() => evaluation.setRules(message.rules));
    else if (message.type === 'past') evaluation.learnPast(message.past);
    else evaluation.stop();
  });
  const timer = setInterval(report, reportIntervalMs);
  shrinkHeap();
  try {
    await evaluation.run();
  } finally {
    clearInterval(timer);
    report();
    await Promise.allSettled([log.close(), records.close()]);
    // The last thing that keeps the thread.
    port.close();
  }
}

/** Where they cannot be read, such rules learn what comes for `alerts.learn_patterns`, and tell nothing of it. */
async function readPatternsInto(patterns: StoredPatterns, rules: readonly AlertRule[]): Promise<void> {
  if (data.patternsPath === undefined || !rules.some(({ body }) => needsPatterns(body))) return;
  try {
    const templates = await openSqlitePatternTemplates(data.patternsPath);
    try {
      patterns.replace(await templates.all());
    } finally {
      await templates.close();
    }
  } catch (error) {
    logger.warn({ error: String(error) }, 'rules for new patterns begin without the catalogue, which cannot be read');
  }
}

type Problem = Parameters<NonNullable<ConstructorParameters<typeof Evaluator>[0]['onProblem']>>[0];

function sayProblem({ rule, kind, reason }: Problem): void {
  logger.warn({ rule: rule.id, name: rule.body.name, tenant: rule.tenant, kind, reason }, 'an alert rule is not evaluated as it says');
}

await run();
