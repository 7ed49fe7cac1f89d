/**
 * The past of services for rules with seasons, read from the roll-ups of the store a few services at a time: the thread of
 * the alerts has no way to the engine, and must not wait for it.
 */
import type { AlertRule } from '#alerting/alert-rule.ts';
import { groupFieldsOf } from '#alerting/condition-groups.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { ReadPast } from '#consumers/alerts/alert-runtime.ts';
import { allOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import { parseQuery } from '#language/parser.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { ReadOptions, TimeRange } from '#store/log-store.ts';
import type { SeasonReads } from '#store/season-reads.ts';
import type { SourceReads } from '#store/source-reads.ts';

export interface PastReaderOptions {
  readonly store: SeasonReads & SourceReads;
  readonly config: Pick<AlertsConfig, 'season_past' | 'max_season_services'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A service takes the thread some hundredths of a second to learn, during which it does nothing else. */
const servicesAtOnce = 8;
/** The engine may still be starting, or be down. */
const retryMs = 30_000;
const maxAttempts = 120;
const limits = { timeoutMs: 60_000, maxMemoryBytes: 512 * 2 ** 20, maxScannedRows: Number.MAX_SAFE_INTEGER };

export function createPastReader({ store, config, clock, logger }: PastReaderOptions): ReadPast {
  const read = async (rule: AlertRule, give: Parameters<ReadPast>[1], signal: AbortSignal): Promise<void> => {
    const where = queryOf(rule);
    if (where === undefined || config.season_past === 0) return give([], true);
    const nowMs = Math.floor(clock.nowMs());
    const range: TimeRange = { fromNs: BigInt(nowMs - config.season_past) * 1_000_000n, toNs: BigInt(nowMs) * 1_000_000n };
    const options: ReadOptions = { limits, workClass: 'background', signal };
    const query = { tenant: rule.tenant, range, by: 'service', maxSources: config.max_season_services } as const;
    const { sources } = await store.sourceActivity(query, options);
    const names = sources.map(({ service }) => service);
    for (let at = 0; at < names.length; at += servicesAtOnce) {
      const services = names.slice(at, at + servicesAtOnce);
      const counts = await store.seasonCounts({ tenant: rule.tenant, where, range, services }, options);
      if (counts === undefined) break;
      give(counts, false);
    }
    give([], true);
  };
  return async (rule, give, signal) => {
    for (let attempt = 1; attempt <= maxAttempts && !signal.aborted; attempt++) {
      try {
        return await read(rule, give, signal);
      } catch (error) {
        const message = 'alerts: the past of services cannot be read yet; until then seasons are learned from what comes';
        if (attempt === 1) logger.warn({ rule: rule.id, error: String(error) }, message);
        await clock.sleep(retryMs, signal);
      }
    }
  };
}

/** Lines of the rule; undefined where it has no season by service. */
function queryOf(rule: AlertRule): QueryNode | undefined {
  const { condition, filter } = rule.body;
  if (condition.kind !== 'anomaly' || groupFieldsOf(rule.body).join() !== 'service') return undefined;
  return allOf([filter, condition.filter].flatMap((text) => (text === undefined || text.trim() === '' ? [] : [parseQuery(text)])));
}
