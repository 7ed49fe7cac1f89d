/**
 * All policies of a gateway worker: what completes records (enrichment, limits of fields) and what takes lines out of
 * batches (rules, automatic sampling, batches sent twice). Rules are replaced while lines flow.
 */
import { toAppError } from '#base/errors.ts';
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import type { BatchPolicy, IncomingBatch } from './pipeline.ts';
import type { PoliciesConfig } from './policies-config.ts';
import { policyRulesOf } from './policies/configured-rules.ts';
import { Enrichment } from './policies/enrichment.ts';
import { FieldLimiter } from './policies/field-limits.ts';
import type { FieldLimit, StreamFields } from './policies/field-limits.ts';
import { noGeoip } from './policies/geoip.ts';
import type { PlaceOfAddress } from './policies/geoip.ts';
import { PolicySet } from './policies/policy-set.ts';
import { RateMeter } from './policies/rate-meter.ts';
import { RecentBatches } from './policies/recent-batches.ts';
import type { PolicyRule, RuleOf } from './policy-rules.ts';
import type { RescuedRows } from './policies/trace-holder.ts';

/** What is wrong with the rules of the configuration; for its loader. */
export function checkPolicies({ rules }: PoliciesConfig): { readonly path: string; readonly message: string }[] {
  try {
    policyRulesOf(rules);
    return [];
  } catch (thrown) {
    return [{ path: 'policies.rules', message: toAppError(thrown).message }];
  }
}

export interface PoliciesOptions {
  readonly config: PoliciesConfig;
  readonly nowMs: () => number;
  /** Below 1. */
  readonly random: () => number;
  /** Counts lines that a rule took out. */
  readonly count: (rule: string, lines: number) => void;
}

export { geoipOf } from './policies/geoip.ts';
export type { PlaceOfAddress };

/** Names of a tenant's services, for the warning and the metric. */
export interface TenantFields {
  readonly tenant: string;
  readonly streams: readonly StreamFields[];
}

/** Tenants whose finishers are kept; beyond it the first seen is made anew. */
const maxTenants = 10_000;

export class Policies {
  readonly recentBatches: RecentBatches;
  readonly #options: PoliciesOptions;
  readonly #rules: PolicySet;
  /** Automatic sampling of DEBUG and TRACE, asked only above the rate. */
  readonly #automatic: PolicySet;
  readonly #meter = new RateMeter();
  #placeOf: PlaceOfAddress = noGeoip;
  #all: readonly PolicyRule[] = [];
  #finishers = new Map<string, TenantFinisher>();

  /** @throws AppError query_syntax, query_unsupported for a bad rule of the configuration */
  constructor(options: PoliciesOptions) {
    const { config, nowMs, random, count } = options;
    this.#options = options;
    this.recentBatches = new RecentBatches(config.batch_window, config.max_batches);
    const shared = {
      maxThrottledNames: config.max_streams,
      maxRememberedLines: config.max_remembered_lines,
      maxHeldBytes: config.max_held_bytes,
      nowMs,
      random,
      count,
    };
    this.#rules = new PolicySet(shared);
    this.#automatic = new PolicySet(shared);
    this.#automatic.replace([{ name: 'auto_sample', action: 'sample', levels: ['DEBUG', 'TRACE'], rate: config.auto_sample_rate }]);
    this.replace([]);
  }

  /** Takes these rules, behind those of the configuration. @throws AppError query_syntax, query_unsupported */
  replace(rules: readonly PolicyRule[]): void {
    const all = [...policyRulesOf(this.#options.config.rules), ...rules];
    this.#rules.replace(all);
    this.#all = all;
    this.#finishers = new Map();
  }

  /** Looks addresses up here from now on. */
  useGeoip(placeOf: PlaceOfAddress): void {
    this.#placeOf = placeOf;
    this.#finishers = new Map();
  }

  /** What takes lines out of the batch; undefined where nothing does. */
  policyOf({ tenant, receiver, rows }: IncomingBatch): BatchPolicy | undefined {
    const { config, nowMs } = this.#options;
    const now = nowMs();
    this.#meter.note(rows.rowCount, now);
    const rules = this.#rules.policyOf({ tenant, receiver });
    if (config.auto_sample_above === 0 || this.#meter.perSecond(now) <= config.auto_sample_above) return rules;
    const automatic = this.#automatic.policyOf({ tenant, receiver });
    return automatic === undefined ? rules : rules === undefined ? automatic : oneAfterTheOther(rules, automatic);
  }

  /** What completes each record of the tenant. */
  finisherOf(tenant: string): RecordFinisher {
    let finisher = this.#finishers.get(tenant);
    if (finisher === undefined) {
      finisher = new TenantFinisher(
        this.#all.filter((rule) => rule.tenant === undefined || rule.tenant === tenant),
        this.#options.config,
        this.#placeOf,
      );
      this.#finishers.set(tenant, finisher);
      if (this.#finishers.size > maxTenants)
        for (const [first] of this.#finishers) {
          this.#finishers.delete(first);
          break;
        }
    }
    return finisher;
  }

  /** Lines that sampling left out and that are kept after all. */
  rescue(): RescuedRows[] {
    return this.#rules.rescue();
  }

  /** The services with the most attribute names, of every tenant. */
  fields(limit: number): TenantFields[] {
    return [...this.#finishers].map(([tenant, finisher]) => ({ tenant, streams: finisher.limiter.streams(limit) }));
  }
}

/** Enrichment, then the limits: what is added counts too. */
class TenantFinisher implements RecordFinisher {
  readonly limiter: FieldLimiter;
  readonly #enrichments: readonly Enrichment[];

  constructor(rules: readonly PolicyRule[], config: PoliciesConfig, placeOf: PlaceOfAddress) {
    const limits = rules.filter((rule): rule is RuleOf<'limit_fields'> => rule.action === 'limit_fields');
    this.#enrichments = rules
      .filter((rule): rule is RuleOf<'enrich'> => rule.action === 'enrich')
      .map((rule) => new Enrichment(rule, placeOf));
    this.limiter = new FieldLimiter((service) => limitOf(limits, service, config.max_attribute_names), config.max_streams);
  }

  finish(builder: LogBatchBuilder): undefined {
    for (const enrichment of this.#enrichments) enrichment.finish(builder);
    return this.limiter.finish(builder);
  }
}

/** The first rule that names the service, or names none. */
function limitOf(rules: readonly RuleOf<'limit_fields'>[], service: string, maxNames: number): FieldLimit {
  const rule = rules.find(({ services }) => services === undefined || services.includes(service));
  return { maxNames: rule?.max_names ?? maxNames, known: rule?.known && new Set(rule.known) };
}

function oneAfterTheOther(first: BatchPolicy, second: BatchPolicy): BatchPolicy {
  return {
    apply(block, rowCount, context) {
      const left = first.apply(block, rowCount, context);
      return left && second.apply(left.block, left.rowCount, context);
    },
  };
}
