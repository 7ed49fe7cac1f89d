/**
 * What a rule would have done in the past: its lines are read from the store as columns, in the order of their times and in
 * slices of bounded size, each with a turn of its own at the lowest priority, and pass the same evaluator as the stream.
 * It ends with the range, or at a bound with what it has until then; it holds the thread for a few milliseconds at a time.
 */
import { setImmediate } from 'node:timers/promises';
import { AppError } from '#base/errors.ts';
import { formatDurationMs } from '#base/units.ts';
import type { QueryNode } from '#language/ast.ts';
import { allLines, allOf, anyOf } from '#language/ast.ts';
import type { QueryRunner, Searcher } from '#search/query-runner.ts';
import type { BlockReads, LineBlocks } from '#store/block-reads.ts';
import type { LineKey, TimeRange } from '#store/log-store.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
import type { AlertRule, AlertRuleBody, SimpleCondition } from './alert-rule.ts';
import type { KnownBefore } from './condition-state.ts';
import { needsPatterns } from './stored-patterns.ts';
import { alertSetting } from './config.ts';
import type { AlertsConfig } from './config.ts';
import { ruleReachMs } from './rule-reach.ts';
import { RuleTrial } from './rule-trial.ts';
import type { TrialResult } from './rule-trial.ts';

export interface BacktestParts {
  readonly runner: Pick<QueryRunner, 'admitted' | 'parseSelection' | 'clock'>;
  readonly store: BlockReads;
  readonly config: AlertsConfig;
  /** What rules that learn had known when the lines begin; absent: they learn from there on. */
  readonly past?: RulePast;
}

export interface RulePast {
  /** Patterns that the catalogue knew before that time. */
  patternsBefore(tenant: string, beforeMs: number): Promise<readonly KnownBefore[]>;
  /** Counts of services up to that time, a few services at a time. */
  seasonsBefore(rule: Pick<AlertRule, 'tenant' | 'body'>, beforeMs: number, signal: AbortSignal): AsyncIterable<readonly SeasonCounts[]>;
}

export interface BacktestRequest {
  readonly body: AlertRuleBody;
  readonly range: TimeRange;
}

export interface BacktestResult extends TrialResult {
  readonly range: TimeRange;
  readonly lineCount: number;
  readonly tookMs: number;
  readonly complete: boolean;
  /** Why it ends before the range does, or why lines may be missing. */
  readonly reason?: string;
}

/** How long the thread is held at a time. */
const sliceMs = 8;
const leastSliceLines = 64;

/** @throws AppError limit_exceeded for a range over the bound, cancelled, and as a search */
export async function backtest(
  parts: BacktestParts,
  request: BacktestRequest,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<BacktestResult> {
  checkRange(request.range, parts.config);
  const { config, past } = parts;
  const { body, range } = request;
  const [fromMs, toMs] = [msOf(range.fromNs), msOf(range.toNs)];
  const warmUpFromMs = Math.floor(Math.max(0, fromMs - Math.min(ruleReachMs(body), config.max_window)));
  const knownPatterns = needsPatterns(body) ? await past?.patternsBefore(searcher.tenant, warmUpFromMs) : undefined;
  const trial = new RuleTrial({ tenant: searcher.tenant, body, config, warmUpFromMs, fromMs, toMs, knownPatterns });
  const run = new BacktestRun(parts, { ...request, trial, warmUpFromMs }, searcher, signal);
  return run.run();
}

interface Prepared extends BacktestRequest {
  readonly trial: RuleTrial;
  readonly warmUpFromMs: number;
}

function checkRange({ fromNs, toNs }: TimeRange, { backtest_max_range: limitMs }: AlertsConfig): void {
  const widthMs = Number((toNs - fromNs) / 1_000_000n);
  if (widthMs <= limitMs) return;
  const setting = alertSetting('backtest_max_range');
  throw new AppError(
    'limit_exceeded',
    `the time range is ${formatDurationMs(widthMs)} wide, over the bound of ${formatDurationMs(limitMs)}`,
    {
      details: { setting, max_ms: limitMs, asked_ms: widthMs },
    },
  );
}

class BacktestRun {
  readonly #parts: BacktestParts;
  readonly #request: Prepared;
  readonly #searcher: Searcher;
  readonly #signal: AbortSignal;
  readonly #trial: RuleTrial;
  readonly #startedMs: number;
  #lineCount = 0;
  #reason: string | undefined;
  #heldSinceMs: number;

  constructor(parts: BacktestParts, request: Prepared, searcher: Searcher, signal: AbortSignal) {
    this.#parts = parts;
    this.#request = request;
    this.#searcher = { ...searcher, priority: 'p2' };
    this.#signal = signal;
    this.#trial = request.trial;
    this.#startedMs = parts.runner.clock.monotonicMs();
    this.#heldSinceMs = this.#startedMs;
  }

  async run(): Promise<BacktestResult> {
    const { runner } = this.#parts;
    const { range } = this.#request;
    await this.#learn();
    const isWhole = await this.#readAll();
    if (isWhole) await this.#pump(this.#trial.finish(msOf(range.toNs)));
    return {
      ...this.#trial.result(),
      range,
      lineCount: this.#lineCount,
      tookMs: Math.round(runner.clock.monotonicMs() - this.#startedMs),
      complete: this.#reason === undefined,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
  }

  /** Seasons before the first line; the thread is let go after each service. */
  async #learn(): Promise<void> {
    const { past } = this.#parts;
    if (past === undefined || !this.#trial.wantsPast) return;
    const { body, warmUpFromMs } = this.#request;
    for await (const counts of past.seasonsBefore({ tenant: this.#searcher.tenant, body }, warmUpFromMs, this.#signal)) {
      for (const service of counts) {
        this.#trial.learnPast([service], false);
        await setImmediate();
      }
      if (this.#isOver()) return;
    }
    this.#trial.learnPast([], true);
  }

  /** True where the range was read to its end. */
  async #readAll(): Promise<boolean> {
    const { config, runner } = this.#parts;
    const where = linesToRead(this.#request.body, (query) => runner.parseSelection({ query }));
    let range: TimeRange = { fromNs: BigInt(this.#request.warmUpFromMs) * 1_000_000n, toNs: this.#request.range.toNs };
    let limit = config.backtest_slice_lines;
    for (let after: LineKey | undefined; ; ) {
      if (this.#isOver()) return false;
      const read = await this.#readSlice({ where, range, limit, after });
      if (read === undefined) {
        limit = Math.max(leastSliceLines, Math.floor(limit / 4));
        continue;
      }
      this.#lineCount += read.lineCount;
      if (read.reason !== undefined) this.#reason ??= read.reason;
      for (const block of read.blocks) if (!(await this.#pump(this.#trial.take(block)))) return false;
      if (read.hasMore) after = read.lastKey;
      else if (read.searchedToNs === undefined) return true;
      else [range, after] = [{ ...range, fromNs: read.searchedToNs }, undefined];
    }
  }

  /** Undefined where its lines are too long for so many. */
  async #readSlice(slice: {
    readonly where: QueryNode;
    readonly range: TimeRange;
    readonly limit: number;
    readonly after: LineKey | undefined;
  }): Promise<LineBlocks | undefined> {
    const { runner, store } = this.#parts;
    const { after, ...rest } = slice;
    const query = { tenant: this.#searcher.tenant, order: 'asc', ...rest, ...(after === undefined ? {} : { after }) } as const;
    try {
      return await runner.admitted(this.#searcher, this.#signal, (_, options) => store.lineBlocks(query, options));
    } catch (error) {
      if (error instanceof AppError && error.code === 'limit_exceeded' && slice.limit > leastSliceLines) return undefined;
      throw error;
    } finally {
      this.#heldSinceMs = runner.clock.monotonicMs();
    }
  }

  /** Runs steps and lets others have the thread now and then; false where a bound was reached. */
  async #pump(steps: Generator<void>): Promise<boolean> {
    const { clock } = this.#parts.runner;
    for (const _ of steps) {
      if (clock.monotonicMs() - this.#heldSinceMs < sliceMs) continue;
      await setImmediate();
      this.#heldSinceMs = clock.monotonicMs();
      if (this.#isOver()) return false;
    }
    return true;
  }

  #isOver(): boolean {
    const { config, runner } = this.#parts;
    if (this.#signal.aborted) throw new AppError('cancelled', 'the try was cancelled');
    if (runner.clock.monotonicMs() - this.#startedMs >= config.backtest_timeout)
      this.#reason = `it took longer than ${formatDurationMs(config.backtest_timeout)} (setting "${alertSetting('backtest_timeout')}")`;
    else if (this.#lineCount >= config.backtest_max_lines)
      this.#reason = `there are more than ${config.backtest_max_lines} lines (setting "${alertSetting('backtest_max_lines')}")`;
    else return false;
    return true;
  }
}

const msOf = (ns: bigint): number => Number(ns / 1_000_000n);

/** Lines that are read for a rule: its own, unless it compares them with all that came. */
function linesToRead(body: AlertRuleBody, parse: (query: string) => QueryNode): QueryNode {
  const needsAll = conditionsOf(body).some(({ kind }) => kind === 'silent_source');
  return needsAll ? allLines : linesOf(body, parse);
}

const conditionsOf = ({ condition }: AlertRuleBody): readonly SimpleCondition[] =>
  'conditions' in condition ? condition.conditions : [condition];

/** Lines that the rule looks at, and no others. */
export function linesOf(body: AlertRuleBody, parse: (query: string) => QueryNode): QueryNode {
  const { filter = '' } = body;
  const conditions = conditionsOf(body);
  const [first, ...others] = conditions.map((one) => linesOfCondition(one, parse));
  return allOf([parse(filter), anyOf([first, ...others])]);
}

function linesOfCondition(condition: SimpleCondition, parse: (query: string) => QueryNode): QueryNode {
  const own = parse(condition.filter ?? '');
  return condition.kind === 'sequence' ? allOf([own, anyOf([parse(condition.first), parse(condition.then)])]) : own;
}
