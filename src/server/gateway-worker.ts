/**
 * Entry of a gateway worker thread: opens its shard of the log, listens, and talks with the main thread
 * (`gateway/messages.ts`). Started by `gateway.ts` only.
 */
import { randomInt } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { accessFromPlain, createAccess } from '#access/access.ts';
import { invariant, toAppError } from '#base/errors.ts';
import { openWalWriter } from '#log/wal/wal-writer.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { shrinkHeap } from '#platform/heap.ts';
import { forwardingLogger } from '#platform/telemetry.ts';
import type { FromGatewayWorker, GatewayWorkerData, ToGatewayWorker } from './gateway/messages.ts';
import type { FiguresQuestion } from './gateway/figure-answers.ts';
import { startWorkerRuntime } from './gateway/worker-runtime.ts';
import type { WorkerRuntime } from './gateway/worker-runtime.ts';

/** How often counts are told without being asked. */
const reportIntervalMs = 1000;

invariant(parentPort !== null, 'the gateway worker runs in a worker thread');
const port = parentPort;
const data = workerData as GatewayWorkerData;
const send = (message: FromGatewayWorker): void => port.postMessage(message);

/** Questions for figures that the main thread has not answered yet. */
const openQuestions = new Map<number, (text: string | undefined) => void>();
let lastQuestion = 0;

function askFigures(question: FiguresQuestion): Promise<string | undefined> {
  const reply = ++lastQuestion;
  return new Promise((resolve) => {
    openQuestions.set(reply, resolve);
    send({ type: 'figures', question, reply });
  });
}

function takeFigures(reply: number, text: string | undefined): void {
  openQuestions.get(reply)?.(text);
  openQuestions.delete(reply);
}

async function start(): Promise<WorkerRuntime> {
  const { config, shard, incarnation, shardStart } = data;
  const access = createAccess(accessFromPlain(config.access));
  const writer = openWalWriter({
    directory: data.logDirectory,
    shard,
    incarnation,
    start: shardStart,
    files: nodeFiles,
    clock: systemClock,
    config: config.log,
    onCommitted: (end) => send({ type: 'committed', end }),
  });
  return startWorkerRuntime({
    config,
    writer,
    lastReceivedMs: data.lastReceivedMs,
    authenticate: (credentials) => access.authenticate(credentials, 'ingest'),
    authenticateReader: (credentials) => access.authenticate(credentials, 'read'),
    askFigures,
    isOpen: access.isOpen,
    apiSocketPath: data.apiSocketPath,
    port: data.port,
    reusePort: data.reusePort,
    listenerPorts: data.listenerPorts,
    rules: data.rules,
    recentBatches: data.recentBatches,
    templates: data.templates,
    random: () => randomInt(2 ** 47) / 2 ** 47,
    clock: systemClock,
    logger: forwardingLogger((record) => send({ type: 'log', record })),
  });
}

async function run(): Promise<void> {
  const runtime = await start();
  const report = (reply?: number): void => {
    const templates = runtime.takeTemplates();
    if (templates.length > 0) send({ type: 'templates', templates });
    send({ type: 'counts', counts: runtime.takeCounts(), reply, streams: reply === undefined ? undefined : runtime.streamFacts() });
  };
  const timer = setInterval(report, reportIntervalMs);
  port.on('message', (message: ToGatewayWorker) => {
    if (message.type === 'pressure') runtime.setPressure(message.facts);
    else if (message.type === 'rules') runtime.setRules(message.rules);
    else if (message.type === 'report') report(message.reply);
    else if (message.type === 'figures') takeFigures(message.reply, message.text);
    else void stop(runtime, timer, report);
  });
  shrinkHeap();
  send({ type: 'listening', port: runtime.port, listeners: runtime.listeners });
}

async function stop(runtime: WorkerRuntime, timer: NodeJS.Timeout, report: () => void): Promise<void> {
  clearInterval(timer);
  await runtime.stop();
  report();
  // The last thing that keeps the thread.
  port.close();
}

try {
  await run();
} catch (thrown) {
  const { code, message, details } = toAppError(thrown);
  const cause = (thrown as NodeJS.ErrnoException).code;
  send({ type: 'failed', code, message, details: cause === undefined ? details : { ...details, cause } });
  port.close();
}
