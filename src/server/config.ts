/**
 * The whole configuration: every module's section under its name. A new section is one line here.
 *
 * Read by cli/config-load.ts; everything else gets its own section passed in.
 */
import type { ConfigProblem } from '#access/access.ts';
import { assertBindAllowed, checkAccess } from '#access/access.ts';
import { accessConfig } from '#access/config.ts';
import { checkNotifications } from '#alerting/check-notification-rules.ts';
import { notificationsConfig } from '#alerting/notifications-config.ts';
import { alertsConfig } from '#alerting/config.ts';
import { apiConfig } from '#api/config.ts';
import { section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { toAppError } from '#base/errors.ts';
import { canaryConfig } from '#consumers/canary/config.ts';
import { metricsCacheConfig } from '#consumers/service-metrics/config.ts';
import { tailConfig } from '#consumers/tail/config.ts';
import { engineConfig } from '#engine/config.ts';
import { ingestConfig } from '#ingest/config.ts';
import { checkPolicies } from '#ingest/policies.ts';
import { policiesConfig } from '#ingest/policies-config.ts';
import { quarantineConfig } from '#ingest/quarantine-config.ts';
import { queryConfig } from '#language/config.ts';
import { lokiReadingConfig } from '#loki/config.ts';
import { logConfig } from '#log/config.ts';
import { parsingConfig } from '#parsing/config.ts';
import { checkParsing } from '#parsing/parser-set.ts';
import { patternsConfig } from '#patterns/config.ts';
import { telemetryConfig } from '#platform/config.ts';
import { checkReceivers } from '#receivers/check-settings.ts';
import { receiversConfig } from '#receivers/config.ts';
import { searchConfig } from '#search/config.ts';
import { journeyConfig } from '#consumers/journey/config.ts';
import { exportsConfig } from '#search/export-jobs-config.ts';
import { checkTraceLinks } from '#search/trace-links.ts';
import { storeConfig } from '#store/config.ts';
import { gatewayConfig } from './gateway-config.ts';

export const configSchema = section('All settings of Millrace.', {
  data: text('./data', 'Directory of everything that Millrace keeps.'),
  gateway: gatewayConfig,
  access: accessConfig,
  ingest: ingestConfig,
  receivers: receiversConfig,
  parsing: parsingConfig,
  patterns: patternsConfig,
  policies: policiesConfig,
  quarantine: quarantineConfig,
  log: logConfig,
  store: storeConfig,
  engine: engineConfig,
  api: apiConfig,
  search: searchConfig,
  exports: exportsConfig,
  journey: journeyConfig,
  query: queryConfig,
  loki: lokiReadingConfig,
  alerts: alertsConfig,
  tail: tailConfig,
  metrics_cache: metricsCacheConfig,
  notifications: notificationsConfig,
  canary: canaryConfig,
  telemetry: telemetryConfig,
});

export type Config = Static<typeof configSchema>;

/** Short names: `--port` and MILLRACE_PORT for the settings that everyone sets. */
export const settingAliases: Readonly<Record<string, string>> = { host: 'gateway.host', port: 'gateway.port' };

/** Rules across settings; what they find is reported like a bad value. */
export const configChecks: readonly ((config: Config) => readonly ConfigProblem[])[] = [
  (config) => checkAccess(config.access),
  checkBind,
  (config) => checkParsing(config.parsing),
  (config) => checkPolicies(config.policies),
  (config) => checkReceivers(config.receivers),
  (config) => checkTraceLinks(config.search.trace_links),
  (config) => checkNotifications(config.notifications),
];

function checkBind({ gateway, access }: Config): ConfigProblem[] {
  try {
    assertBindAllowed(gateway.host, access);
    return [];
  } catch (thrown) {
    return [{ path: 'gateway.host', message: toAppError(thrown).message }];
  }
}
