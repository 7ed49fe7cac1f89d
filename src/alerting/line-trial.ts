/** One rule on lines that somebody gives: they are decoded as ingestion does, and pass the evaluator in the order of their times. */
import { setImmediate } from 'node:timers/promises';
import { AppError } from '#base/errors.ts';
import type { BatchView } from '#model/batch-view.ts';
import { compileMatcher } from '#language/compile-matcher.ts';
import { parseQuery } from '#language/parser.ts';
import { rowRange } from '#model/row-range.ts';
import type { Clock } from '#platform/clock.ts';
import type { AlertRuleBody } from './alert-rule.ts';
import { linesOf } from './backtest.ts';
import type { AlertsConfig } from './config.ts';
import { ruleReachMs } from './rule-reach.ts';
import { RuleTrial } from './rule-trial.ts';
import type { TrialResult } from './rule-trial.ts';

/** Records as a batch. */
export interface DecodedLines {
  /** Undefined where none could be taken. */
  readonly view: BatchView | undefined;
  /** By row: the number of its record. */
  readonly recordOfRow: readonly number[];
  /** Why a record could not be taken, by its number. */
  readonly errors: ReadonlyMap<number, string>;
}

export interface TriedLine {
  readonly index: number;
  readonly matches: boolean;
  readonly error: string | undefined;
}

export interface LineTrialResult extends TrialResult {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly TriedLine[];
}

export interface LineTrialOptions {
  readonly tenant: string;
  readonly body: AlertRuleBody;
  readonly config: AlertsConfig;
  readonly nowMs: number;
  /** How long it goes on without lines behind the last; until all windows have run out where absent. */
  readonly afterMs?: number | undefined;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly signal: AbortSignal;
}

/** How long the thread is held at a time. */
const heldMs = 8;

/** Bounded by the number of lines and of ticks; it holds the thread for a few milliseconds at a time. @throws AppError cancelled */
export async function tryLines(decoded: DecodedLines, options: LineTrialOptions): Promise<LineTrialResult> {
  const { tenant, body, config, nowMs } = options;
  const { view, errors } = decoded;
  const order = view === undefined ? [] : rowsInTime(view);
  const timeOf = (row: number | undefined): number => (view === undefined || row === undefined ? nowMs : Number(view.ts[row] / 1_000_000n));
  const reachMs = Math.min(ruleReachMs(body), config.max_window);
  const holdMs = (body.for_ms ?? 0) + (body.keep_firing_ms ?? 0);
  const fromMs = timeOf(order[0]) - config.tick;
  const toMs = timeOf(order.at(-1)) + (options.afterMs ?? reachMs + holdMs + 2 * config.tick);
  const trial = new RuleTrial({ tenant, body, config, warmUpFromMs: fromMs, fromMs, toMs });
  if (view !== undefined) for (const run of runsOf(order)) await drain(trial.take(rowRange(view, run.start, run.end)), options);
  await drain(trial.finish(toMs), options);
  const lines = [...errors].map(([index, error]) => ({ index, matches: false, error: error as string | undefined }));
  if (view !== undefined) lines.push(...matchesOf(view, decoded.recordOfRow, body));
  return { ...trial.result(), fromMs, toMs, lines: lines.sort((a, b) => a.index - b.index) };
}

function matchesOf(view: BatchView, recordOfRow: readonly number[], body: AlertRuleBody): TriedLine[] {
  const matching = compileMatcher(linesOf(body, (query) => parseQuery(query))).match(view);
  return recordOfRow.map((index, row) => ({ index, matches: matching.has(row), error: undefined }));
}

function rowsInTime({ ts, rowCount }: BatchView): number[] {
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  return rows.sort((a, b) => (ts[a] === ts[b] ? a - b : ts[a] < ts[b] ? -1 : 1));
}

/** Rows that follow one another in the batch too. */
function runsOf(rows: readonly number[]): { readonly start: number; readonly end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last?.end === row) last.end = row + 1;
    else runs.push({ start: row, end: row + 1 });
  }
  return runs;
}

async function drain(steps: Generator<void>, { clock, signal }: Pick<LineTrialOptions, 'clock' | 'signal'>): Promise<void> {
  let heldSinceMs = clock.monotonicMs();
  for (const _ of steps) {
    if (clock.monotonicMs() - heldSinceMs < heldMs) continue;
    await setImmediate();
    heldSinceMs = clock.monotonicMs();
    if (signal.aborted) throw new AppError('cancelled', 'the try was cancelled');
  }
}
