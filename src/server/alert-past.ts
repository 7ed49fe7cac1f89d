/**
 * The past of services for rules with seasons, read from the roll-ups of the store a few services at a time: the thread of
 * the alerts has no way to the engine, and must not wait for it.
 */
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { RulePast } from '#alerting/backtest.ts';
import { groupFieldsOf } from '#alerting/condition-groups.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import { StoredPatterns } from '#alerting/stored-patterns.ts';
import type { ReadPast } from '#consumers/alerts/alert-runtime.ts';
import { allOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import { parseQuery } from '#language/parser.ts';
import { openSqlitePatternTemplates } from '#metadata/sqlite.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { ReadOptions, TimeRange } from '#store/log-store.ts';
import type { SeasonCounts, SeasonReads } from '#store/season-reads.ts';
import type { SourceReads } from '#store/source-reads.ts';
import { patternsDatabasePath } from './patterns.ts';
import type { Site } from './site.ts';

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
    for await (const counts of seasonsBefore({ store, config }, rule, Math.floor(clock.nowMs()), signal)) give(counts, false);
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

/** What rules that are tried on the past had known then. */
export function createRulePast(site: Site, store: PastReaderOptions['store']): RulePast {
  const { config } = site;
  return {
    async patternsBefore(tenant, beforeMs) {
      const templates = await openSqlitePatternTemplates(patternsDatabasePath(site));
      try {
        const patterns = new StoredPatterns();
        patterns.replace(await templates.all());
        return [...patterns.before(tenant, beforeMs)];
      } finally {
        await templates.close();
      }
    },
    seasonsBefore: (rule, beforeMs, signal) => seasonsBefore({ store, config: config.alerts }, rule, beforeMs, signal),
  };
}

/** Counts of services up to a time, some services at a time; none for a rule that has no season by service. */
export async function* seasonsBefore(
  { store, config }: Pick<PastReaderOptions, 'store' | 'config'>,
  rule: Pick<AlertRule, 'tenant' | 'body'>,
  toMs: number,
  signal: AbortSignal,
): AsyncGenerator<readonly SeasonCounts[]> {
  const where = queryOf(rule);
  if (where === undefined || config.season_past === 0) return;
  const range: TimeRange = { fromNs: BigInt(Math.max(0, toMs - config.season_past)) * 1_000_000n, toNs: BigInt(toMs) * 1_000_000n };
  const options: ReadOptions = { limits, workClass: 'background', signal };
  const query = { tenant: rule.tenant, range, by: 'service', maxSources: config.max_season_services } as const;
  const { sources } = await store.sourceActivity(query, options);
  const names = sources.map(({ service }) => service);
  for (let at = 0; at < names.length; at += servicesAtOnce) {
    const counts = await store.seasonCounts({ tenant: rule.tenant, where, range, services: names.slice(at, at + servicesAtOnce) }, options);
    if (counts === undefined) return;
    yield counts;
  }
}

/** Lines of the rule; undefined where it has no season by service. */
function queryOf(rule: Pick<AlertRule, 'body'>): QueryNode | undefined {
  const { condition, filter } = rule.body;
  if (condition.kind !== 'anomaly' || groupFieldsOf(rule.body).join() !== 'service') return undefined;
  return allOf([filter, condition.filter].flatMap((text) => (text === undefined || text.trim() === '' ? [] : [parseQuery(text)])));
}
