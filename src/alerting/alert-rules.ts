/**
 * The book of alert rules: documents of kind `alert_rule`, each tenant its own, every version kept with who made it. Rules
 * are checked before they are kept; the runtime is told of every change at once, in the order of the changes.
 */
import { AppError } from '#base/errors.ts';
import type { QueryConfig } from '#language/config.ts';
import type { Documents, StoredDocument } from '#metadata/documents.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import { alertSetting } from './config.ts';
import type { AlertsConfig } from './config.ts';
import { checkRule } from './rule-check.ts';
import { ruleError } from './rule-problems.ts';
import type { RuleFindings, RuleProblem } from './rule-problems.ts';

const kind = 'alert_rule';

export interface AlertRulesOptions {
  readonly documents: Documents;
  readonly config: Pick<AlertsConfig, 'max_rules' | 'max_rule_bytes' | 'max_window' | 'max_group_by'>;
  readonly queryConfig: QueryConfig;
  readonly randomId: () => string;
  /** Channels of a tenant: name → type; where it is not given, channels are not checked. */
  readonly channels?: (tenant: string) => Promise<ReadonlyMap<string, string>>;
  /** Attribute names of a tenant's lines, where they are known. It may fail: then names are not checked. */
  readonly fields?: (tenant: string) => Promise<ReadonlySet<string> | undefined>;
  readonly clock: Clock;
  /** Told who changed which rule. */
  readonly logger: Logger;
}

export interface RuleAuthor {
  readonly tenant: string;
  readonly updatedBy: string;
}

/** A rule as it is kept now, and what is allowed about it and yet probably not meant. */
export interface WrittenRule {
  readonly rule: AlertRule;
  readonly warnings: readonly RuleProblem[];
}

/** One change of several that are made together. */
export type RuleChange =
  | { readonly action: 'create'; readonly body: AlertRuleBody }
  | { readonly action: 'update'; readonly id: string; readonly body: AlertRuleBody }
  | { readonly action: 'remove'; readonly id: string };

export class AlertRules {
  readonly #options: AlertRulesOptions;
  readonly #byId = new Map<string, AlertRule>();
  #listeners: ((rules: readonly AlertRule[]) => void)[] = [];
  /** Changes run one behind the other, so that what is told is what is kept. */
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(options: AlertRulesOptions) {
    this.#options = options;
  }

  static async open(options: AlertRulesOptions): Promise<AlertRules> {
    const rules = new AlertRules(options);
    for (const document of await options.documents.list(kind)) rules.#keep(ruleOf(document));
    return rules;
  }

  /** Those of all tenants, disabled ones too. */
  get live(): readonly AlertRule[] {
    return [...this.#byId.values()];
  }

  /** Tells of every change from now on. */
  onChange(listener: (rules: readonly AlertRule[]) => void): void {
    this.#listeners.push(listener);
  }

  /** In the order of their names. */
  list(tenant: string): readonly AlertRule[] {
    return this.live.filter((rule) => rule.tenant === tenant).toSorted(byName);
  }

  /** @throws AppError not_found */
  find(tenant: string, id: string): AlertRule {
    const found = this.#byId.get(keyOf(tenant, id));
    if (found === undefined) throw missing(id);
    return found;
  }

  /** Newest first. @throws AppError not_found */
  async versions(tenant: string, id: string): Promise<readonly AlertRule[]> {
    const versions = await this.#options.documents.history(kind, tenant, id);
    if (versions.length === 0) throw missing(id);
    return versions.map(ruleOf);
  }

  /** Rules that name the channel in an action. */
  usersOfChannel(tenant: string, channel: string): readonly AlertRule[] {
    return this.list(tenant).filter(({ body }) => body.actions?.some((action) => action.channel === channel) === true);
  }

  /** What is wrong with a rule and what is doubtful. */
  async check(tenant: string, body: AlertRuleBody): Promise<RuleFindings> {
    const { config, queryConfig, channels, fields } = this.#options;
    const [knownChannels, knownFields] = await Promise.all([channels?.(tenant), fields?.(tenant).catch(() => undefined)]);
    return checkRule(body, { config, queryConfig, channels: knownChannels, fields: knownFields });
  }

  /** @throws AppError of the first problem, limit_exceeded where there are too many rules */
  create(author: RuleAuthor, body: AlertRuleBody): Promise<WrittenRule> {
    return this.#inTurn(async () => {
      const warnings = await this.#mustBeRight(author.tenant, body);
      this.#mustHaveRoom(author.tenant, 1);
      const rule = await this.#put(author, this.#options.randomId(), body, 0);
      this.#tell();
      return { rule, warnings };
    });
  }

  /** @throws AppError of the first problem, not_found, conflict where it has another version */
  update(author: RuleAuthor, id: string, body: AlertRuleBody, expectedVersion?: number): Promise<WrittenRule> {
    return this.#inTurn(async () => {
      const before = this.find(author.tenant, id);
      const warnings = await this.#mustBeRight(author.tenant, body);
      const rule = await this.#put(author, id, withMute(body, before), expectedVersion ?? before.version);
      this.#tell();
      return { rule, warnings };
    });
  }

  /** Changes some members; `undefined` removes one. Nothing is checked anew: what was right stays so. @throws AppError not_found */
  alter(author: RuleAuthor, id: string, members: Pick<Partial<Mutable>, 'enabled' | 'muted_until_ms'>): Promise<AlertRule> {
    return this.#inTurn(async () => {
      const { version, body } = this.find(author.tenant, id);
      const entries = Object.entries({ ...body, ...members }).filter(([, value]) => value !== undefined);
      const rule = await this.#put(author, id, Object.fromEntries(entries) as AlertRuleBody, version);
      this.#tell();
      return rule;
    });
  }

  /** @throws AppError not_found */
  remove(author: RuleAuthor, id: string): Promise<void> {
    return this.#inTurn(async () => {
      this.find(author.tenant, id);
      await this.#delete(author, id);
      this.#tell();
    });
  }

  /**
   * Makes several changes: all are checked first, and none is made where one of them is wrong. Returns the rules in the order
   * of the changes, undefined for removed ones. @throws AppError of the first problem, with the rule's name
   */
  apply(author: RuleAuthor, changes: readonly RuleChange[]): Promise<readonly (WrittenRule | undefined)[]> {
    return this.#inTurn(async () => {
      const checked = await this.#checkAll(author.tenant, changes);
      const written: (WrittenRule | undefined)[] = [];
      try {
        for (const [index, change] of changes.entries()) {
          if (change.action === 'remove') await this.#delete(author, change.id);
          const isNew = change.action === 'create';
          const id = isNew ? this.#options.randomId() : change.id;
          written.push(
            change.action === 'remove'
              ? undefined
              : { rule: await this.#put(author, id, this.#bodyOf(author.tenant, change), isNew ? 0 : undefined), warnings: checked[index] },
          );
        }
      } finally {
        // what was written before a failure of the database holds
        this.#tell();
      }
      return written;
    });
  }

  async #checkAll(tenant: string, changes: readonly RuleChange[]): Promise<(readonly RuleProblem[])[]> {
    const warnings: (readonly RuleProblem[])[] = [];
    for (const change of changes) {
      if (change.action !== 'create') this.find(tenant, change.id);
      warnings.push(change.action === 'remove' ? [] : await this.#mustBeRight(tenant, change.body));
    }
    const added = changes.filter(({ action }) => action === 'create').length - changes.filter(({ action }) => action === 'remove').length;
    this.#mustHaveRoom(tenant, added);
    return warnings;
  }

  async #mustBeRight(tenant: string, body: AlertRuleBody): Promise<readonly RuleProblem[]> {
    const { problems, warnings } = await this.check(tenant, body);
    const [first, ...others] = problems;
    if (first !== undefined) throw ruleError([first, ...others], body.name);
    return warnings;
  }

  #mustHaveRoom(tenant: string, added: number): void {
    const { max_rules: limit } = this.#options.config;
    const count = this.live.filter((rule) => rule.tenant === tenant).length;
    if (added <= 0 || count + added <= limit) return;
    throw new AppError('limit_exceeded', `a tenant has at most ${limit} alert rules`, {
      details: { setting: alertSetting('max_rules'), limit },
    });
  }

  async #put({ tenant, updatedBy }: RuleAuthor, id: string, body: AlertRuleBody, expectedVersion: number | undefined): Promise<AlertRule> {
    const { documents, clock, logger } = this.#options;
    const document = await documents.put({ kind, tenant, name: id, body, updatedMs: clock.nowMs(), updatedBy }, expectedVersion);
    logger.info({ tenant, rule: id, name: body.name, version: document.version, by: updatedBy }, 'an alert rule was written');
    const rule = ruleOf(document);
    this.#keep(rule);
    return rule;
  }

  async #delete({ tenant, updatedBy }: RuleAuthor, id: string): Promise<void> {
    const { documents, logger } = this.#options;
    const { body, version } = this.find(tenant, id);
    await documents.remove(kind, tenant, id);
    this.#byId.delete(keyOf(tenant, id));
    logger.info({ tenant, rule: id, name: body.name, version, by: updatedBy }, 'an alert rule was removed');
  }

  #bodyOf(tenant: string, change: Exclude<RuleChange, { action: 'remove' }>): AlertRuleBody {
    return change.action === 'create' ? change.body : withMute(change.body, this.find(tenant, change.id));
  }

  #keep(rule: AlertRule): void {
    this.#byId.set(keyOf(rule.tenant, rule.id), rule);
  }

  #tell(): void {
    const { live } = this;
    for (const listener of this.#listeners) listener(live);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => undefined);
    return done;
  }
}

type Mutable = { -readonly [M in keyof AlertRuleBody]: AlertRuleBody[M] | undefined };

function ruleOf({ name: id, tenant, version, updatedMs, updatedBy, body }: StoredDocument): AlertRule {
  return { id, tenant, version, updatedMs, updatedBy, body: body as AlertRuleBody };
}

const keyOf = (tenant: string, id: string): string => `${tenant}\n${id}`;

const byName = (a: AlertRule, b: AlertRule): number =>
  a.body.name === b.body.name ? (a.id < b.id ? -1 : 1) : a.body.name < b.body.name ? -1 : 1;

/** A rule that is written anew stays mute: that is no part of what it says. */
export function withMute(body: AlertRuleBody, before: AlertRule): AlertRuleBody {
  const { muted_until_ms: muted } = before.body;
  return body.muted_until_ms === undefined && muted !== undefined ? { ...body, muted_until_ms: muted } : body;
}

function missing(id: string): AppError {
  return new AppError('not_found', `there is no alert rule "${id.slice(0, 80)}"`);
}
