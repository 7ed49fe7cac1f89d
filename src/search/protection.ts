/**
 * All that stands between a question and the engine, in the order in which it is met: the rate of tenant and key, the
 * quarantine, the circuit breaker, the estimate of its cost, and a turn of the pool that the estimate chooses.
 *
 * Priorities: p0 is for incidents and passes rates, shares and cost; p1 is everyone's; p2 is for what nobody waits for.
 */
import { AppError, toAppError } from '#base/errors.ts';
import { anonymousKeyName } from '#access/access.ts';
import type { Priority } from '#access/access.ts';
import type { QueryNode } from '#language/ast.ts';
import type { Clock } from '#platform/clock.ts';
import type { LineEstimate } from '#store/line-estimate.ts';
import type { Metric, TimeRange, WorkClass } from '#store/log-store.ts';
import { SearchAdmission } from './admission.ts';
import type { PoolName } from './admission.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerState } from './circuit-breaker.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';
import { fingerprint } from './fingerprint.ts';
import { QueryQuarantine } from './query-quarantine.ts';
import type { QuarantinedQuery } from './query-quarantine.ts';
import { RequestRates } from './request-rates.ts';

/** Whose lines are asked for, and who asks. */
export interface Searcher {
  readonly tenant: string;
  /** Name of the key; bounds per key hold for it. */
  readonly keyName?: string;
  /** Absent: p1. */
  readonly priority?: Priority;
}

/** What a question is about, as far as its cost goes. */
export interface Question {
  readonly kind: 'search' | 'aggregate';
  readonly where: QueryNode;
  readonly range: TimeRange;
  readonly groupBy?: readonly string[];
  readonly metric?: Metric;
  readonly intervalMs?: number;
  /** What is made of the lines, in the query's own words. */
  readonly pipes?: string;
}

export interface ProtectionStatus {
  readonly running: number;
  readonly waiting: number;
  readonly pools: Readonly<Record<PoolName, number>>;
  readonly circuit: BreakerState;
  readonly circuit_openings: number;
  readonly quarantined: readonly QuarantinedQuery[];
}

export interface ProtectionOptions {
  readonly config: SearchConfig;
  readonly clock: Clock;
  readonly estimate: (searcher: Searcher, question: Question) => Promise<LineEstimate>;
}

/** Engine sessions by pool. */
const workClasses: Readonly<Record<PoolName, WorkClass>> = {
  urgent: 'urgent',
  interactive: 'search',
  expensive: 'search',
  old: 'background',
  export: 'background',
};

export class Protection {
  readonly #options: ProtectionOptions;
  readonly #admission: SearchAdmission;
  readonly #breaker: CircuitBreaker;
  readonly #rates: RequestRates;
  readonly #quarantine: QueryQuarantine;

  constructor(options: ProtectionOptions) {
    const { config, clock } = options;
    this.#options = options;
    this.#admission = new SearchAdmission(config, clock);
    this.#breaker = new CircuitBreaker(config, clock);
    this.#rates = new RequestRates(config, clock);
    this.#quarantine = new QueryQuarantine(config, clock);
  }

  status(): ProtectionStatus {
    return {
      running: this.#admission.running,
      waiting: this.#admission.waiting,
      pools: this.#admission.runningByPool(),
      circuit: this.#breaker.state,
      circuit_openings: this.#breaker.openings,
      quarantined: this.#quarantine.list(),
    };
  }

  /**
   * Runs the task when everything lets it. AppError search_overloaded, search_unavailable, query_quarantined,
   * query_too_expensive, cancelled; and whatever the task throws.
   */
  async run<T>(
    searcher: Searcher,
    question: Question | undefined,
    signal: AbortSignal,
    task: (workClass: WorkClass) => Promise<T>,
  ): Promise<T> {
    this.#takeRate(searcher, question?.kind ?? 'search');
    const known = question && { ...question, fingerprint: fingerprintOf(searcher, question) };
    if (known !== undefined) this.#quarantine.check(known.fingerprint, known.range);
    try {
      return await this.#breaker.run(async () => {
        const pool = await this.#poolOf(searcher, question);
        return this.#admission.run({ ...searcher, pool }, signal, () => task(workClasses[pool]));
      });
    } catch (thrown) {
      if (known !== undefined) this.#quarantine.noteFailure(searcher.tenant, known.fingerprint, known.range, toAppError(thrown));
      throw thrown;
    }
  }

  /** Where no keys are configured there is one user, whom nobody needs to be protected from. */
  #takeRate({ tenant, keyName, priority }: Searcher, kind: Question['kind']): void {
    if (keyName !== undefined && keyName !== anonymousKeyName && priority !== 'p0') this.#rates.take(kind, tenant, keyName);
  }

  async #poolOf(searcher: Searcher, question: Question | undefined): Promise<PoolName> {
    const { config, clock, estimate } = this.#options;
    if (searcher.priority === 'p0') return 'urgent';
    if (searcher.priority === 'p2') return 'export';
    if (question === undefined) return 'interactive';
    const { scannedRows } = await estimate(searcher, question);
    if (question.kind === 'aggregate' && scannedRows > config.max_estimated_rows) throw tooExpensive(scannedRows, config);
    const oldestRecentNs = BigInt(Math.floor(clock.nowMs() - config.recent_span)) * 1_000_000n;
    if (question.range.toNs < oldestRecentNs) return 'old';
    return scannedRows > config.expensive_rows ? 'expensive' : 'interactive';
  }
}

/** Of all but the range. */
function fingerprintOf({ tenant }: Searcher, question: Question): string {
  return fingerprint({ tenant, ...question, range: null }).toString('hex');
}

function tooExpensive(scannedRows: number, { max_estimated_rows: max }: SearchConfig): AppError {
  return new AppError('query_too_expensive', `the query would read about ${scannedRows} lines, over the bound of ${max}; narrow it`, {
    details: { setting: settingPath('max_estimated_rows'), max, estimated_rows: scannedRows },
  });
}
