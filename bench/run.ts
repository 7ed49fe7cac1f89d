/**
 * `npm run bench`: measures the product against the goals of its scenarios and against the raw engine on this machine.
 * Speed decides nothing here; the exit code is 1 only where an answer was wrong or a scenario could not be run.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCeiling } from './ceiling.ts';
import type { Ceiling } from './ceiling.ts';
import { runBurst } from './harness/burst-run.ts';
import type { BurstRun } from './harness/burst-run.ts';
import { busyCores } from './harness/machine-load.ts';
import { judge, machineFacts, printReport, writeReport } from './report.ts';
import type { ScenarioReport } from './report.ts';
import type { BenchContext, Scenario, Sizes } from './scenario.ts';
import { ackScenario } from './scenarios/ack.ts';
import { alertsRestartScenario } from './scenarios/alerts-restart.ts';
import { alertsScenario } from './scenarios/alerts.ts';
import { allInScenario } from './scenarios/all-in.ts';
import { burstScenario } from './scenarios/burst.ts';
import { diskScenario } from './scenarios/disk.ts';
import { exportScenario } from './scenarios/export.ts';
import { foundScenario } from './scenarios/found.ts';
import { interfaceScenario } from './scenarios/interface.ts';
import { investigateScenario } from './scenarios/investigate.ts';
import { memoryScenario } from './scenarios/memory.ts';
import { patternsScenario } from './scenarios/patterns.ts';
import { manyQueriesScenario, queriesScenario } from './scenarios/queries.ts';
import { searchFloodScenario } from './scenarios/search-flood.ts';
import { serviceMetricsScenario } from './scenarios/service-metrics.ts';
import { streamScenario } from './scenarios/stream.ts';
import { subscribersScenario } from './scenarios/subscribers.ts';
import { sustainedScenario } from './scenarios/sustained.ts';
import { tailScenario } from './scenarios/tail.ts';

const scenarios: readonly Scenario[] = [
  burstScenario,
  allInScenario,
  diskScenario,
  memoryScenario,
  ackScenario,
  tailScenario,
  foundScenario,
  queriesScenario,
  manyQueriesScenario,
  patternsScenario,
  investigateScenario,
  interfaceScenario,
  exportScenario,
  subscribersScenario,
  searchFloodScenario,
  serviceMetricsScenario,
  streamScenario,
  alertsScenario,
  alertsRestartScenario,
  sustainedScenario,
];

const fullSizes: Sizes = { lines: 1_000_000, manyLines: 10_000_000, sustainedMs: 600_000, latencyMs: 30_000, repeats: 21 };
/** Says whether everything works; its figures mean little. */
const quickSizes: Sizes = { lines: 100_000, manyLines: 300_000, sustainedMs: 20_000, latencyMs: 6000, repeats: 15 };

const usage = `usage: npm run bench -- [options]
  --only <names>      scenarios, with commas between: ${scenarios.map(({ name }) => name).join(', ')}
  --lines <n>         lines of the burst and the queries (default ${fullSizes.lines})
  --minutes <n>       length of the sustained load (default ${fullSizes.sustainedMs / 60_000})
  --quick             small sizes: shows that all works, not how fast
  --directory <path>  where data directories are made (default: the system's temporary directory)
`;

interface Options {
  readonly only: readonly string[];
  readonly sizes: Sizes;
  readonly directory: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      lines: { type: 'string' },
      minutes: { type: 'string' },
      quick: { type: 'boolean', default: false },
      directory: { type: 'string', default: tmpdir() },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const only = values.only?.split(',').map((name) => name.trim()) ?? scenarios.map(({ name }) => name);
  const unknown = only.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) fail(`no scenario is named "${unknown.join('", "')}"`);
  const sizes = values.quick ? quickSizes : fullSizes;
  const lines = values.lines === undefined ? sizes.lines : Number(values.lines);
  const minutes = values.minutes === undefined ? sizes.sustainedMs / 60_000 : Number(values.minutes);
  if (!(lines >= 10_000 && Number.isInteger(lines))) fail('--lines must be a whole number from 10000 on');
  if (!(minutes > 0 && minutes <= 24 * 60)) fail('--minutes must be over 0, and a day at most');
  return { only, sizes: { ...sizes, lines, sustainedMs: minutes * 60_000 }, directory: values.directory };
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n${usage}`);
  process.exit(2);
}

/** Runs the function once and hands its result to everyone who asks. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function runScenario(scenario: Scenario, context: BenchContext): Promise<ScenarioReport> {
  const otherLoadCores = await busyCores();
  const startMs = performance.now();
  context.say(`${scenario.name} …`);
  try {
    const result = await scenario.run(context);
    const needsCeiling = scenario.goals.some(({ relativeTo }) => relativeTo !== undefined);
    const rows = judge(scenario.goals, result, needsCeiling ? await context.ceiling() : undefined);
    return {
      name: scenario.name,
      rows,
      wrong: result.wrong,
      notes: result.notes,
      details: result.details,
      otherLoadCores,
      tookMs: Math.round(performance.now() - startMs),
    };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    context.say(`${scenario.name} failed: ${failure}`);
    return {
      name: scenario.name,
      rows: [],
      wrong: [],
      details: {},
      otherLoadCores,
      tookMs: Math.round(performance.now() - startMs),
      failure,
    };
  }
}

const options = readOptions();
const startedAt = new Date();
const root = await mkdtemp(join(options.directory, 'millrace-bench-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
let directoryCount = 0;
const freshDirectory = (name: string): string => join(root, `${++directoryCount}-${name}`);
const measured: { ceiling?: Ceiling } = {};
const context: BenchContext = {
  sizes: options.sizes,
  say: (text) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`),
  freshDirectory,
  burstRun: once((): Promise<BurstRun> => runBurst(freshDirectory('burst'), options.sizes.lines)),
  ceiling: once(
    async () =>
      (measured.ceiling = await measureCeiling({
        lines: options.sizes.lines,
        endMs: Date.now(),
        rangeMs: 3_600_000,
        directory: freshDirectory('ceiling'),
      })),
  ),
};

const machine = await machineFacts(root);
const reports: ScenarioReport[] = [];
for (const scenario of scenarios) if (options.only.includes(scenario.name)) reports.push(await runScenario(scenario, context));
const report = {
  startedAt: startedAt.toISOString(),
  machine,
  options: { only: options.only, ...options.sizes },
  ceiling: measured.ceiling,
  scenarios: reports,
};
process.stdout.write(`\n${printReport(report)}\n\n${await writeReport(report)}\n`);
process.exit(reports.some(({ wrong, failure }) => wrong.length > 0 || failure !== undefined) ? 1 : 0);
