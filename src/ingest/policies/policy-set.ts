/**
 * The policies that take lines out of batches: rules in their order, replaced as a whole when someone changes them.
 *
 * Of keep, drop and sample the first that matches a line decides; throttle and deduplicate act on what is left. Rules ask
 * in the query language, through the same matcher as live tail, so a rule means what a search means. A tenant without
 * rules costs nothing.
 */
import { firstErrorSeverity } from '#model/severity.ts';
import type { BatchPolicy, PolicyContext } from '#ingest/pipeline.ts';
import { allOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import { MatcherSet } from '#language/compile-matcher.ts';
import type { BatchMatches, MatcherHandle } from '#language/compile-matcher.ts';
import { parseFilters } from '#language/filters.ts';
import { parseQuery } from '#language/parser.ts';
import type { RowSet } from '#language/row-set.ts';
import type { BatchView } from '#model/batch-view.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { selectRows } from '#model/select-rows.ts';
import { RowDecisions } from './decisions.ts';
import { RecentLines } from './recent-lines.ts';
import type { PolicyRule, RuleOf } from '../policy-rules.ts';
import { isInSample, traceHash } from './sampling.ts';
import { TokenBuckets } from './token-buckets.ts';
import { TraceHolder } from './trace-holder.ts';
import type { RescuedRows } from './trace-holder.ts';

export interface PolicySetOptions {
  /** Names (services) that throttles keep apart. */
  readonly maxThrottledNames: number;
  /** Lines that one deduplication remembers. */
  readonly maxRememberedLines: number;
  /** Bytes of lines that wait for an error in their trace. */
  readonly maxHeldBytes: number;
  readonly nowMs: () => number;
  /** Below 1. */
  readonly random: () => number;
  /** Counts lines that a rule took out. */
  readonly count: (rule: string, lines: number) => void;
}

type DecidingRule = Exclude<PolicyRule, { action: 'enrich' | 'limit_fields' }>;

/** A rule ready to be asked. */
interface ActiveRule {
  readonly rule: DecidingRule;
  readonly handle: MatcherHandle;
  readonly receivers: ReadonlySet<string> | undefined;
  /** State of its own; kept while a rule of this text stays. */
  readonly buckets: TokenBuckets | undefined;
  readonly recent: RecentLines | undefined;
}

export class PolicySet {
  readonly #options: PolicySetOptions;
  readonly #holder: TraceHolder;
  #rules: readonly DecidingRule[] = [];
  /** By tenant, made when it first sends. */
  #tenants = new Map<string, TenantPolicy | undefined>();

  constructor(options: PolicySetOptions) {
    this.#options = options;
    this.#holder = new TraceHolder(options.maxHeldBytes);
  }

  /** Takes other rules from now on. @throws AppError query_syntax, query_unsupported for a bad `match` */
  replace(rules: readonly PolicyRule[]): void {
    const deciding = rules.filter((rule): rule is DecidingRule => rule.action !== 'enrich' && rule.action !== 'limit_fields');
    for (const rule of deciding) selectionOf(rule);
    this.#rules = deciding;
    this.#tenants = new Map();
  }

  /** What the tenant's rules do to a batch of this receiver; undefined where they do nothing. */
  policyOf({ tenant, receiver }: { readonly tenant: string; readonly receiver: string }): BatchPolicy | undefined {
    if (this.#rules.length === 0) return undefined;
    let policy = this.#tenants.get(tenant);
    if (policy === undefined && !this.#tenants.has(tenant)) {
      const own = this.#rules.filter((rule) => rule.tenant === undefined || rule.tenant === tenant);
      policy = own.length === 0 ? undefined : new TenantPolicy(own, this.#holder, this.#options);
      this.#tenants.set(tenant, policy);
    }
    return policy?.forReceiver(receiver);
  }

  /** Lines that were left out and are kept after all, and the time for the next look. To be called now and then. */
  rescue(): RescuedRows[] {
    return this.#holder.rescue(this.#options.nowMs());
  }
}

/** The node of lines that a rule is about, receivers aside. */
export function selectionOf({ services, levels, match }: Pick<PolicyRule, 'services' | 'levels' | 'match'>): QueryNode {
  const filters = { ...(services && { service: services }), ...(levels && { level: levels }) };
  return allOf([...(match === undefined ? [] : [parseQuery(match)]), parseFilters(filters)]);
}

class TenantPolicy {
  readonly #matchers = new MatcherSet();
  readonly #rules: readonly ActiveRule[];
  readonly #holder: TraceHolder;
  readonly #options: PolicySetOptions;

  constructor(rules: readonly DecidingRule[], holder: TraceHolder, options: PolicySetOptions) {
    this.#holder = holder;
    this.#options = options;
    this.#rules = rules.map((rule) => ({
      rule,
      handle: this.#matchers.add(selectionOf(rule)),
      receivers: rule.receivers && new Set(rule.receivers),
      buckets: rule.action === 'throttle' ? new TokenBuckets(rule.lines_per_second, options.maxThrottledNames) : undefined,
      recent: rule.action === 'deduplicate' ? new RecentLines(rule.window_ms ?? 5000, options.maxRememberedLines) : undefined,
    }));
  }

  forReceiver(receiver: string): BatchPolicy | undefined {
    const rules = this.#rules.filter(({ receivers }) => receivers === undefined || receivers.has(receiver));
    if (rules.length === 0) return undefined;
    return { apply: (block, _, context) => this.#apply(block, rules, context) };
  }

  #apply(block: Uint8Array, rules: readonly ActiveRule[], { tenant, outcomes }: PolicyContext): ReturnType<BatchPolicy['apply']> {
    const view = readNativeBlock(block);
    const decisions = new RowDecisions(view, outcomes);
    const matches = this.#matchers.match(view);
    for (const active of rules) this.#run(active, { tenant, view, block, decisions, rows: rowsOf(matches, active) });
    const { keptCount, rowCount, keep, rates } = decisions;
    if (keptCount === 0) return undefined;
    if (keptCount === rowCount && rates === undefined) return { block, rowCount };
    return { block: selectRows(block, keep, rates), rowCount: keptCount };
  }

  #run({ rule, buckets, recent }: ActiveRule, batch: RuleBatch): void {
    const before = batch.decisions.keptCount;
    switch (rule.action) {
      case 'keep':
        decide(batch, () => undefined);
        break;
      case 'drop':
        decide(batch, (row) => batch.decisions.remove(row, 'dropped'));
        break;
      case 'sample':
        this.#sample(rule, batch);
        break;
      case 'throttle':
        if (buckets !== undefined) this.#throttle(buckets, batch);
        break;
      case 'deduplicate':
        if (recent !== undefined) this.#deduplicate(recent, batch);
        break;
      default:
        rule satisfies never;
    }
    const removed = before - batch.decisions.keptCount;
    if (removed > 0) this.#options.count(rule.name, removed);
  }

  #sample({ rate, keep_traces_with_error_for_ms: holdMs = 0 }: RuleOf<'sample'>, batch: RuleBatch): void {
    const { tenant, view, decisions, block } = batch;
    const traces = view.text('trace_id');
    const untilMs = this.#options.nowMs() + holdMs;
    if (holdMs > 0) this.#noteErrors(tenant, view, untilMs);
    const held = new Uint8Array(view.rowCount);
    const hashes: number[] = [];
    decide(batch, (row) => {
      const hash = traces.ends[row] > traces.starts[row] ? traceHash(traces, row) : -1;
      if (holdMs > 0 && hash >= 0 && this.#holder.hasFailed(tenant, hash)) return;
      if (isInSample(traces, row, rate, this.#options.random)) return decisions.weigh(row, rate);
      decisions.remove(row, 'sampled');
      if (holdMs === 0 || hash < 0) return;
      held[row] = 1;
      hashes.push(hash);
    });
    if (hashes.length > 0) this.#holder.hold(tenant, selectRows(block, held), hashes, untilMs);
  }

  #noteErrors(tenant: string, view: BatchView, untilMs: number): void {
    const traces = view.text('trace_id');
    for (let row = 0; row < view.rowCount; row++) {
      if (view.level[row] >= firstErrorSeverity && traces.ends[row] > traces.starts[row]) {
        this.#holder.fail(tenant, traceHash(traces, row), untilMs);
      }
    }
  }

  #throttle(buckets: TokenBuckets, { view, rows, decisions }: RuleBatch): void {
    const { values, indexes } = view.dictionary('service');
    const nowMs = this.#options.nowMs();
    for (let row = 0; row < view.rowCount; row++) {
      if (decisions.keep[row] === 0 || !rows.has(row) || view.level[row] >= firstErrorSeverity) continue;
      if (!buckets.take(values[indexes[row]], nowMs)) decisions.remove(row, 'dropped');
    }
  }

  /** Only where the sender gave the time: lines without one have the time of arrival, which says nothing. */
  #deduplicate(recent: RecentLines, { view, rows, decisions }: RuleBatch): void {
    const nowMs = this.#options.nowMs();
    for (let row = 0; row < view.rowCount; row++) {
      if (decisions.keep[row] === 0 || !rows.has(row)) continue;
      if (view.ts[row] === view.receiveTs[row] * 1_000_000n) continue;
      if (recent.seen(view, row, nowMs)) decisions.remove(row, 'duplicate');
    }
  }
}

interface RuleBatch {
  readonly tenant: string;
  readonly view: BatchView;
  readonly block: Uint8Array;
  readonly decisions: RowDecisions;
  /** Rows that the rule is about. */
  readonly rows: RowSet;
}

const rowsOf = (matches: BatchMatches, { handle }: ActiveRule): RowSet => matches(handle);

/** Calls back for each row that the rule is about and no earlier one has decided, and has the last word on it. */
function decide({ view, rows, decisions }: RuleBatch, act: (row: number) => void): void {
  for (let row = 0; row < view.rowCount; row++) {
    if (decisions.keep[row] === 0 || decisions.decided[row] === 1 || !rows.has(row)) continue;
    decisions.decided[row] = 1;
    act(row);
  }
}
