/**
 * Who is to be told of what, as it stands: incidents that are firing, what suppresses them, and the groups they are told in.
 * Events go in, messages come out; nothing here waits, and nothing is kept but in memory. The notifier keeps it durable, and
 * makes it anew from what it kept where a step could not be finished.
 */
import { createHash } from 'node:crypto';
import type { Incident, IncidentEvent, SuppressionChange } from '#metadata/alert-records.ts';
import { ownRulePrefix } from '#metadata/alert-records.ts';
import type { StoredGroup } from '#metadata/notification-records.ts';
import type { AlertRuleBody } from '../alert-rule.ts';
import { labelsOf } from '../label-matchers.ts';
import { inboxChannel } from '../notification-rules.ts';
import type { LabelSet } from '../notification-rules.ts';
import { referenceOf } from './channel-directory.ts';
import { NotificationGroup } from './grouping.ts';
import type { GroupMessage, GroupState } from './grouping.ts';
import { groupLabelsOf } from './routing.ts';
import type { RoutePlan, Router, RoutingDefaults } from './routing.ts';
import type { Suppressor } from './suppression.ts';

/** What holds for a tenant now. */
export interface TenantRules {
  readonly router: Router;
  readonly suppressor: Suppressor;
}

export interface DispatcherOptions {
  readonly rulesOf: (tenant: string) => TenantRules;
  readonly ruleOf: (tenant: string, ruleId: string) => AlertRuleBody | undefined;
  /** True for a channel that does not deliver: nobody is told through it that it does not. */
  readonly isDead: (tenant: string, channel: string) => boolean;
  readonly defaults: RoutingDefaults;
}

export interface DispatchedMessage {
  readonly group: NotificationGroup;
  readonly message: GroupMessage;
}

export interface Dispatch {
  readonly messages: readonly DispatchedMessage[];
  /** Groups whose state is to be kept. */
  readonly changed: readonly StoredGroup[];
  readonly removed: readonly string[];
}

interface Firing {
  readonly id: string;
  readonly tenant: string;
  readonly ruleId: string;
  readonly labels: LabelSet;
  suppressedBy: readonly string[];
  readonly groupIds: Set<string>;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #groups = new Map<string, NotificationGroup>();
  readonly #firing = new Map<string, Firing>();
  /** Incidents of each tenant, by tenant. */
  readonly #byTenant = new Map<string, Set<string>>();
  readonly #touchedGroups = new Set<string>();
  readonly #touchedIncidents = new Set<string>();
  /** Tenants all of whose incidents may be suppressed otherwise than before. */
  readonly #touchedTenants = new Set<string>();
  #changeMs: number | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Takes up what was kept; `open`: all incidents that are not over. */
  load(groups: readonly StoredGroup[], open: readonly Incident[]): void {
    for (const { id, body } of groups) this.#groups.set(id, new NotificationGroup(body as GroupState));
    for (const incident of open) if (incident.state !== 'pending') this.#addFiring(incident);
    for (const { state } of this.#groups.values()) {
      for (const { incidentId } of state.members) this.#firing.get(incidentId)?.groupIds.add(state.id);
    }
    this.touchAll();
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  get firingCount(): number {
    return this.#firing.size;
  }

  get suppressedCount(): number {
    let count = 0;
    for (const { suppressedBy } of this.#firing.values()) if (suppressedBy.length > 0) count++;
    return count;
  }

  /** Rules, silences or routing were changed. */
  touchAll(): void {
    for (const tenant of this.#byTenant.keys()) this.#touchedTenants.add(tenant);
  }

  /** Takes an event; its incident as it is now, which may be beyond the event. */
  take(event: IncidentEvent, incident: Incident, nowMs: number): void {
    switch (event.kind) {
      // a group without data is an incident only where its rule wants that told
      case 'fired':
      case 'failed':
      case 'no_data':
        return this.#fire(event, incident, nowMs);
      case 'late_data':
        return incident.firedMs === undefined ? undefined : this.#fire(event, incident, nowMs);
      case 'resolved':
      case 'cancelled':
        return this.#resolve(event, incident, nowMs);
      case 'acknowledged':
        for (const group of this.#groupsOf(event.incidentId))
          group.acknowledge(event.incidentId, incident.acknowledgedBy ?? event.detail ?? '', nowMs);
        return undefined;
      default:
        return undefined;
    }
  }

  /** After all events were taken: what a group holds as firing and the records do not is over, for whatever reason. */
  endLost(nowMs: number): void {
    for (const group of this.#groups.values()) {
      for (const { incidentId, resolvedMs } of group.state.members) {
        if (resolvedMs !== undefined || this.#firing.has(incidentId)) continue;
        group.resolve(incidentId, nowMs, nowMs);
        this.#touchedGroups.add(group.id);
      }
    }
  }

  /** Looks anew at what suppresses incidents, where that may have changed, and returns what did. */
  reconsider(nowMs: number): SuppressionChange[] {
    if (this.#changeMs !== undefined && this.#changeMs <= nowMs) this.touchAll();
    const tenants = new Set([...this.#touchedTenants, ...[...this.#touchedIncidents].map((id) => this.#firing.get(id)?.tenant ?? '')]);
    const changes: SuppressionChange[] = [];
    for (const tenant of tenants) {
      const { suppressor } = this.#options.rulesOf(tenant);
      const all = this.#ofTenant(tenant);
      const causes = suppressor.indexCauses(all);
      const looked = this.#touchedTenants.has(tenant) ? all : all.filter(({ id }) => this.#touchedIncidents.has(id));
      for (const firing of looked) {
        const mutedUntilMs = this.#options.ruleOf(tenant, firing.ruleId)?.muted_until_ms;
        const suppressedBy = suppressor.suppressedBy(firing, mutedUntilMs, nowMs, causes);
        for (const group of this.#groupsOf(firing.id)) group.suppress(firing.id, suppressedBy.length > 0, nowMs);
        if (sameTexts(suppressedBy, firing.suppressedBy)) continue;
        firing.suppressedBy = suppressedBy;
        changes.push({ tenant, incidentId: firing.id, suppressedBy, atMs: nowMs });
      }
    }
    this.#touchedTenants.clear();
    this.#touchedIncidents.clear();
    this.#changeMs = this.#nextChangeMs(nowMs);
    return changes;
  }

  /** The messages that are due, which count as told, of at most so many groups; and what of the groups is to be kept. */
  flush(nowMs: number, maxGroups: number): Dispatch {
    const messages: DispatchedMessage[] = [];
    let flushed = 0;
    for (const group of this.#groups.values()) {
      if (flushed >= maxGroups) break;
      group.heedClock(nowMs);
      const dueMs = group.dueMs();
      if (!this.#touchedGroups.has(group.id) && (dueMs === undefined || dueMs > nowMs)) continue;
      this.#touchedGroups.add(group.id);
      const told = group.flush(nowMs);
      if (told.length > 0) flushed++;
      for (const message of told) messages.push({ group, message });
    }
    return { messages, ...this.kept() };
  }

  /** What of the groups is to be kept, without telling anything. */
  kept(): Omit<Dispatch, 'messages'> {
    const [changed, removed]: [StoredGroup[], string[]] = [[], []];
    for (const id of this.#touchedGroups) {
      const group = this.#groups.get(id);
      if (group === undefined) continue;
      if (group.isOver) {
        this.#groups.delete(id);
        removed.push(id);
      } else {
        const { state } = group;
        changed.push({ id, tenant: state.tenant, body: state });
      }
    }
    this.#touchedGroups.clear();
    return { changed, removed };
  }

  /** When there will be something to do although nothing happens. */
  dueMs(): number | undefined {
    let dueMs = this.#changeMs;
    for (const group of this.#groups.values()) {
      const groupMs = group.dueMs();
      if (groupMs !== undefined && (dueMs === undefined || groupMs < dueMs)) dueMs = groupMs;
    }
    return dueMs;
  }

  #fire(event: IncidentEvent, incident: Incident, nowMs: number): void {
    const firing = this.#addFiring(incident);
    const { id, severity, firedMs = event.atMs, acknowledgedBy } = incident;
    const member = { incidentId: id, severity, firedMs, isSuppressed: firing.suppressedBy.length > 0, acknowledgedBy };
    for (const plan of this.#plansFor(firing, nowMs)) {
      const labels = groupLabelsOf(plan, firing.labels);
      const groupId = groupIdOf(incident.tenant, plan, labels);
      let group = this.#groups.get(groupId);
      if (group === undefined) {
        const round = String(event.sequence);
        group = new NotificationGroup({
          id: groupId,
          tenant: incident.tenant,
          round,
          plan,
          labels,
          members: [],
          messageCount: 0,
          toldChannels: [],
        });
        this.#groups.set(groupId, group);
      }
      group.fire(member, plan, nowMs);
      firing.groupIds.add(groupId);
      this.#touchedGroups.add(groupId);
    }
    this.#touch(firing);
  }

  #resolve({ incidentId, atMs }: IncidentEvent, { tenant }: Incident, nowMs: number): void {
    for (const group of this.#groupsOf(incidentId)) group.resolve(incidentId, atMs, nowMs);
    const firing = this.#firing.get(incidentId);
    if (firing !== undefined) this.#touch(firing);
    this.#firing.delete(incidentId);
    this.#byTenant.get(tenant)?.delete(incidentId);
  }

  /** The routing's plans, and one for the actions of its rule without those whom the routing tells anyway. */
  #plansFor({ tenant, ruleId, labels }: Firing, nowMs: number): readonly RoutePlan[] {
    const plans = this.#options.rulesOf(tenant).router.route(labels, nowMs);
    if (ruleId.startsWith(ownRulePrefix)) return plans.map((plan) => this.#aroundDead(tenant, plan));
    const actions = this.#options.ruleOf(tenant, ruleId)?.actions ?? [];
    const told = new Set(plans.flatMap(({ channels }) => channels));
    const further = actions.filter((action) => !told.has(referenceOf(action)));
    if (further.length === 0) return plans;
    const severities = further.flatMap((action) =>
      action.severity === undefined ? [] : [[referenceOf(action), action.severity] as const],
    );
    const plan: RoutePlan = {
      path: `rule ${ruleId}`,
      name: 'actions of the rule',
      identity: `rule ${ruleId}`,
      channels: [...new Set(further.map(referenceOf))],
      groupBy: ['rule_id'],
      ...this.#options.defaults,
      escalation: [],
      severities: Object.fromEntries(severities),
    };
    return [...plans, plan];
  }

  /** That a channel does not deliver is told through others, and always in the inbox. */
  #aroundDead(tenant: string, plan: RoutePlan): RoutePlan {
    const isAlive = (channel: string): boolean => !this.#options.isDead(tenant, channel);
    const channels = [...new Set([...plan.channels.filter(isAlive), inboxChannel])];
    const escalation = plan.escalation
      .map((step) => ({ ...step, channels: step.channels.filter(isAlive) }))
      .filter((step) => step.channels.length > 0);
    return { ...plan, channels, escalation };
  }

  #addFiring(incident: Incident): Firing {
    const known = this.#firing.get(incident.id);
    if (known !== undefined) return known;
    const { id, tenant, ruleId, suppressedBy } = incident;
    const firing: Firing = { id, tenant, ruleId, labels: labelsOf(incident), suppressedBy, groupIds: new Set() };
    this.#firing.set(id, firing);
    const ofTenant = this.#byTenant.get(tenant);
    if (ofTenant === undefined) this.#byTenant.set(tenant, new Set([id]));
    else ofTenant.add(id);
    return firing;
  }

  #touch({ id, tenant }: Firing): void {
    this.#touchedIncidents.add(id);
    if (this.#options.rulesOf(tenant).suppressor.hasInhibitions) this.#touchedTenants.add(tenant);
  }

  /** Groups of an incident; they count as changed. */
  *#groupsOf(incidentId: string): Generator<NotificationGroup> {
    const ids =
      this.#firing.get(incidentId)?.groupIds ?? [...this.#groups.values()].filter((group) => group.has(incidentId)).map(({ id }) => id);
    for (const id of ids) {
      const group = this.#groups.get(id);
      if (group === undefined || !group.has(incidentId)) continue;
      this.#touchedGroups.add(id);
      yield group;
    }
  }

  #ofTenant(tenant: string): Firing[] {
    return [...(this.#byTenant.get(tenant) ?? [])].map((id) => this.#firing.get(id)).filter((firing) => firing !== undefined);
  }

  #nextChangeMs(nowMs: number): number | undefined {
    const changes: number[] = [];
    for (const [tenant, incidents] of this.#byTenant) {
      if (incidents.size === 0) continue;
      const changeMs = this.#options.rulesOf(tenant).suppressor.nextChangeMs(nowMs);
      if (changeMs !== undefined) changes.push(changeMs);
    }
    for (const { tenant, ruleId, suppressedBy } of this.#firing.values()) {
      const mutedUntilMs = suppressedBy.includes('mute') ? this.#options.ruleOf(tenant, ruleId)?.muted_until_ms : undefined;
      if (mutedUntilMs !== undefined) changes.push(mutedUntilMs);
    }
    return changes.length === 0 ? undefined : changes.reduce((least, ms) => Math.min(least, ms));
  }
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

/** The same group as long as the route and the values are the same, whatever stands beside. */
function groupIdOf(tenant: string, { identity }: RoutePlan, labels: LabelSet): string {
  const entries = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([tenant, identity, entries]))
    .digest('hex')
    .slice(0, 24);
}
