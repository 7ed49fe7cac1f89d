/** What a scenario is: its goals as data, and a run that measures them. */
import type { BurstRun } from './harness/burst-run.ts';
import type { Ceiling } from './ceiling.ts';

export interface Goal {
  /** Stable name in the result files: `burst.lines_per_second`. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly limit: number;
  readonly direction: 'at_least' | 'at_most';
  /** Where the goal is a ratio to the ceiling of the same run. */
  readonly relativeTo?: 'linesPerSecond' | 'insertCpuSeconds' | 'bytesPerLine';
}

export interface Measurement {
  readonly goal: string;
  readonly value: number;
}

export interface ScenarioResult {
  readonly measurements: readonly Measurement[];
  /** Counts and answers that are not what the oracle says; any makes the bench fail. */
  readonly wrong: readonly string[];
  /** Sentences that stand under the table. */
  readonly notes?: readonly string[];
  /** Everything else that is worth keeping. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Sizes {
  /** Lines of the burst and of the query scenarios. */
  readonly lines: number;
  readonly manyLines: number;
  readonly sustainedMs: number;
  readonly latencyMs: number;
  readonly repeats: number;
}

export interface BenchContext {
  readonly sizes: Sizes;
  /** Says what goes on; one line. */
  say(text: string): void;
  /** An unused directory on the disk to be measured. */
  freshDirectory(name: string): string;
  /** The burst that several rows read, made once. */
  burstRun(): Promise<BurstRun>;
  /** The ceiling for the lines of the burst, measured once. */
  ceiling(): Promise<Ceiling>;
}

export interface Scenario {
  readonly name: string;
  readonly goals: readonly Goal[];
  run(context: BenchContext): Promise<ScenarioResult>;
}
