/** What holds for each tenant, compiled once and kept until something is changed. */
import type { AlertRule, AlertRuleBody } from '../alert-rule.ts';
import type { NotificationBook } from '../notification-book.ts';
import type { NotificationsConfig } from '../notifications-config.ts';
import type { TenantRules } from './dispatcher.ts';
import { createRouter } from './routing.ts';
import type { RoutingDefaults } from './routing.ts';
import { createSuppressor } from './suppression.ts';

export interface TenantRulesOptions {
  readonly book: NotificationBook;
  readonly rules: { readonly live: readonly AlertRule[] };
  readonly config: Pick<NotificationsConfig, 'group_wait' | 'group_interval' | 'repeat_interval'>;
}

export class TenantRulesCache {
  readonly #options: TenantRulesOptions;
  readonly #tenants = new Map<string, TenantRules>();
  #rules: ReadonlyMap<string, AlertRule> | undefined;

  constructor(options: TenantRulesOptions) {
    this.#options = options;
  }

  /** Something was changed. */
  clear(): void {
    this.#tenants.clear();
    this.#rules = undefined;
  }

  get defaults(): RoutingDefaults {
    const { group_wait: groupWaitMs, group_interval: groupIntervalMs, repeat_interval: repeatIntervalMs } = this.#options.config;
    return { groupWaitMs, groupIntervalMs, repeatIntervalMs };
  }

  of(tenant: string): TenantRules {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const { routing, silences, maintenance } = this.#options.book.of(tenant);
    const made: TenantRules = {
      router: createRouter(routing.body, this.defaults),
      suppressor: createSuppressor({
        silences: silences.map(({ name, body }) => ({ id: name, silence: body })),
        maintenance: maintenance.map(({ name, body }) => ({ name, maintenance: body })),
        inhibitions: routing.body.inhibit ?? [],
      }),
    };
    this.#tenants.set(tenant, made);
    return made;
  }

  ruleOf(tenant: string, id: string): AlertRuleBody | undefined {
    this.#rules ??= new Map(this.#options.rules.live.map((rule) => [ruleKey(rule.tenant, rule.id), rule]));
    return this.#rules.get(ruleKey(tenant, id))?.body;
  }
}

const ruleKey = (tenant: string, id: string): string => `${tenant}\0${id}`;
