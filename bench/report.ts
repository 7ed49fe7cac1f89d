/** Turns measurements into the table that is printed and the file that is kept. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Ceiling } from './ceiling.ts';
import type { Goal, ScenarioResult } from './scenario.ts';

export interface Row {
  readonly goal: Goal;
  readonly value: number;
  /** The value, or its ratio to the ceiling where the goal is one. */
  readonly compared: number;
  readonly reached: boolean;
}

export interface ScenarioReport {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly wrong: readonly string[];
  readonly notes?: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly tookMs: number;
  /** Cores that other processes used in the second before it began. */
  readonly otherLoadCores: number;
  /** Why it has no measurements. */
  readonly failure?: string;
}

export interface BenchReport {
  readonly startedAt: string;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly ceiling?: Ceiling;
  readonly scenarios: readonly ScenarioReport[];
}

/** Compares with the goals; a ratio needs the ceiling. */
export function judge(goals: readonly Goal[], { measurements }: ScenarioResult, ceiling: Ceiling | undefined): Row[] {
  return measurements.map(({ goal: id, value }) => {
    const goal = goals.find((candidate) => candidate.id === id);
    if (goal === undefined) throw new Error(`no goal is named ${id}`);
    if (goal.relativeTo !== undefined && ceiling === undefined) throw new Error(`${id} is a ratio to a ceiling that was not measured`);
    const compared = goal.relativeTo === undefined ? value : value / (ceiling as Ceiling)[goal.relativeTo];
    return { goal, value, compared, reached: goal.direction === 'at_least' ? compared >= goal.limit : compared <= goal.limit };
  });
}

/** Three significant digits, whole numbers above a hundred. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100)
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ',');
  return Number(value.toPrecision(3)).toString();
}

function rowTexts({ goal, value, compared, reached }: Row): string[] {
  const sign = goal.direction === 'at_least' ? '≥' : '≤';
  const ratio = goal.relativeTo !== undefined;
  return [
    goal.title,
    `${rounded(value)} ${goal.unit}`,
    ratio ? `${compared.toFixed(2)} ×` : '',
    ratio ? `${sign} ${goal.limit} × ceiling` : `${sign} ${rounded(goal.limit)} ${goal.unit}`,
    Number.isFinite(value) ? (reached ? 'reached' : 'MISSED') : 'not measured',
  ];
}

/** More than this is said to disturb. */
const quietCores = 0.15;

/** The table, then what was wrong. */
export function printReport({ ceiling, scenarios, options }: BenchReport): string {
  const lines: string[] = [`sizes: ${JSON.stringify(options)}`];
  if (ceiling !== undefined) {
    lines.push(
      `ceiling (raw engine, ${rounded(ceiling.lines)} lines): ${rounded(ceiling.linesPerSecond)} lines/s, ${rounded(ceiling.insertCpuSeconds)} CPU s` +
        ` (${rounded(ceiling.restCpuSeconds)} with merges), ${rounded(ceiling.bytesPerLine)} B/line plain columns`,
      '',
    );
  }
  const table = [['scenario', 'measured', 'ratio', 'goal', ''], ...scenarios.flatMap(({ rows }) => rows.map(rowTexts))];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table)
    lines.push(
      row
        .map((text, column) => (column === 1 || column === 2 ? text.padStart(widths[column]) : text.padEnd(widths[column])))
        .join('  ')
        .trimEnd(),
    );
  const disturbed = scenarios.filter(({ otherLoadCores }) => otherLoadCores > quietCores);
  if (disturbed.length > 0) {
    lines.push(
      '',
      `disturbed, other processes were busy before: ${disturbed.map(({ name, otherLoadCores }) => `${name} (${rounded(otherLoadCores)} cores)`).join(', ')}`,
    );
  }
  for (const { name, wrong, failure, notes = [] } of scenarios) {
    for (const note of notes) lines.push('', `${name}: ${note}`);
    if (failure !== undefined) lines.push('', `${name} could not be measured: ${failure}`);
    for (const sentence of wrong) lines.push(`WRONG  ${name}: ${sentence}`);
  }
  return lines.join('\n');
}

/** What the figures depend on. */
export async function machineFacts(directory: string): Promise<Record<string, unknown>> {
  const { bavail, bsize, type } = await statfs(directory);
  const commit = (): string =>
    execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    loadBefore: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
    freeDiskGb: Math.round((bavail * bsize) / 1e9),
    fileSystemType: `0x${type.toString(16)}`,
    chdb: readVersion('chdb'),
    commit: attempt(commit) ?? 'unknown',
  };
}

function readVersion(packageName: string): string {
  const text = readFileSync(join(import.meta.dirname, '..', 'node_modules', packageName, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Writes `results/<date and time>.json`; returns its path. */
export async function writeReport(report: BenchReport): Promise<string> {
  const directory = join(import.meta.dirname, 'results');
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${report.startedAt.slice(0, 19).replaceAll(':', '')}.json`);
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}
