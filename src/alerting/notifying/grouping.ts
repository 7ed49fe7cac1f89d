/**
 * A group of incidents that a route tells of together, from its first incident until all are over and told.
 *
 * Invariants: each incident that nothing suppresses is told as fired once, and once as resolved; what was told as fired is told as
 * resolved even where a silence came meanwhile; messages about changes are at least the group's interval apart. Pure: events
 * go in, `flush` says what is to be sent now, `dueMs` when to ask again; the state is plain data and is kept by the notifier.
 */
import type { Severity } from '../alert-rule.ts';
import type { LabelSet } from '../notification-rules.ts';
import { nextStepMs, takeSteps } from './escalation.ts';
import type { EscalationState } from './escalation.ts';
import type { RoutePlan } from './routing.ts';

export interface GroupMember {
  readonly incidentId: string;
  readonly severity: Severity;
  readonly firedMs: number;
  readonly resolvedMs?: number | undefined;
  readonly isSuppressed: boolean;
  readonly acknowledgedBy?: string | undefined;
  readonly isFiredTold: boolean;
  readonly isAcknowledgedTold: boolean;
}

export interface GroupState {
  readonly id: string;
  readonly tenant: string;
  /** Tells this life of the group from earlier ones. */
  readonly round: string;
  readonly plan: RoutePlan;
  readonly labels: LabelSet;
  readonly members: readonly GroupMember[];
  readonly messageCount: number;
  /** Something is to be told since then. */
  readonly pendingSinceMs?: number | undefined;
  /** Last message about changes. */
  readonly lastChangeMs?: number | undefined;
  /** Last message about what is firing. */
  readonly lastToldMs?: number | undefined;
  /** Everyone who was told in this life, to be told of the end too. */
  readonly toldChannels: readonly string[];
  readonly escalation?: EscalationState | undefined;
}

export interface GroupMessage {
  readonly kind: 'fired' | 'repeated' | 'escalated' | 'acknowledged' | 'resolved';
  /** Counts the group's messages, from 1. */
  readonly number: number;
  readonly channels: readonly string[];
  /** Incidents that are told as fired, acknowledged or resolved for the first time. */
  readonly news: readonly string[];
  /** All that are firing and not suppressed, new ones first. */
  readonly firing: readonly string[];
  /** Those that are told as resolved. */
  readonly resolved: readonly string[];
}

const isFiring = ({ resolvedMs }: GroupMember): boolean => resolvedMs === undefined;
const isNew = (member: GroupMember): boolean => isFiring(member) && !member.isSuppressed && !member.isFiredTold;
const isNewlyResolved = (member: GroupMember): boolean => !isFiring(member) && (member.isFiredTold || !member.isSuppressed);
const isNewlyAcknowledged = (member: GroupMember): boolean =>
  isFiring(member) && member.isFiredTold && member.acknowledgedBy !== undefined && !member.isAcknowledgedTold;
/** Somebody was told, and nobody took it. */
const isWaiting = (member: GroupMember): boolean =>
  isFiring(member) && !member.isSuppressed && member.isFiredTold && member.acknowledgedBy === undefined;

export class NotificationGroup {
  #state: GroupState;
  readonly #members: Map<string, GroupMember>;

  constructor(state: GroupState) {
    this.#state = state;
    this.#members = new Map(state.members.map((member) => [member.incidentId, member]));
  }

  get state(): GroupState {
    return { ...this.#state, members: [...this.#members.values()] };
  }

  get id(): string {
    return this.#state.id;
  }

  /** Nothing is firing and nothing is left to tell. */
  get isOver(): boolean {
    return this.#members.size === 0;
  }

  /** What channels deduplicate and thread by. */
  get key(): string {
    return `${this.#state.id}.${this.#state.round}`;
  }

  has(incidentId: string): boolean {
    return this.#members.has(incidentId);
  }

  /** An incident fires; again for one that is there does nothing. The plan is the routing's of now. */
  fire(
    member: Pick<GroupMember, 'incidentId' | 'severity' | 'firedMs' | 'isSuppressed' | 'acknowledgedBy'>,
    plan: RoutePlan,
    nowMs: number,
  ): void {
    this.#state = { ...this.#state, plan };
    if (this.has(member.incidentId)) return;
    this.#put({ ...member, isFiredTold: false, isAcknowledgedTold: false }, nowMs);
  }

  resolve(incidentId: string, resolvedMs: number, nowMs: number): void {
    const member = this.#members.get(incidentId);
    if (member === undefined || !isFiring(member)) return;
    const over = { ...member, resolvedMs };
    if (isNewlyResolved(over)) this.#put(over, nowMs);
    else this.#members.delete(incidentId);
  }

  acknowledge(incidentId: string, by: string, nowMs: number): void {
    const member = this.#members.get(incidentId);
    if (member !== undefined && member.acknowledgedBy === undefined) this.#put({ ...member, acknowledgedBy: by }, nowMs);
  }

  suppress(incidentId: string, isSuppressed: boolean, nowMs: number): void {
    const member = this.#members.get(incidentId);
    // what is over is told as it was when it ended
    if (member !== undefined && isFiring(member) && member.isSuppressed !== isSuppressed) this.#put({ ...member, isSuppressed }, nowMs);
  }

  /** When there will be something to send if nothing else happens; undefined: never. May lie in the past. */
  dueMs(): number | undefined {
    const { plan, lastToldMs, escalation, pendingSinceMs } = this.#state;
    const due: number[] = [];
    const members = [...this.#members.values()];
    const changeMs = this.#changeDueMs();
    if (changeMs !== undefined) due.push(changeMs);
    if (members.some(isNewlyAcknowledged)) due.push(pendingSinceMs ?? 0);
    if (members.some(isWaiting)) {
      if (plan.repeatIntervalMs > 0 && lastToldMs !== undefined) due.push(lastToldMs + plan.repeatIntervalMs);
      const stepMs = escalation === undefined ? undefined : nextStepMs(plan.escalation, escalation);
      if (stepMs !== undefined) due.push(stepMs);
    }
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** What is to be sent now, in this order; counts as told from here on. */
  flush(nowMs: number): GroupMessage[] {
    this.heedClock(nowMs);
    const messages: GroupMessage[] = [];
    const changeMs = this.#changeDueMs();
    if (changeMs !== undefined && changeMs <= nowMs) messages.push(this.#tellChanges(nowMs));
    else if ([...this.#members.values()].some(isNewlyAcknowledged)) messages.push(this.#tellAcknowledged());
    this.#watchEscalation(nowMs);
    const escalated = this.#escalate(nowMs);
    if (escalated !== undefined) messages.push(escalated);
    if (messages.length === 0) {
      const repeated = this.#repeat(nowMs);
      if (repeated !== undefined) messages.push(repeated);
    }
    return messages;
  }

  #put(member: GroupMember, nowMs: number): void {
    this.#members.set(member.incidentId, member);
    const pendingSinceMs = this.#hasNews() ? (this.#state.pendingSinceMs ?? nowMs) : undefined;
    this.#state = { ...this.#state, pendingSinceMs };
  }

  #hasNews(): boolean {
    for (const member of this.#members.values()) if (isNew(member) || isNewlyResolved(member) || isNewlyAcknowledged(member)) return true;
    return false;
  }

  /** When fired and resolved incidents are told; undefined where there are none to tell. */
  #changeDueMs(): number | undefined {
    const { plan, pendingSinceMs = 0, lastChangeMs } = this.#state;
    let hasChange = false;
    for (const member of this.#members.values()) hasChange ||= isNew(member) || isNewlyResolved(member);
    if (!hasChange) return undefined;
    return lastChangeMs === undefined ? pendingSinceMs + plan.groupWaitMs : Math.max(pendingSinceMs, lastChangeMs + plan.groupIntervalMs);
  }

  #tellChanges(nowMs: number): GroupMessage {
    const members = [...this.#members.values()];
    const fresh = members.filter(isNew);
    const resolved = members.filter(isNewlyResolved);
    const acknowledged = members.filter(isNewlyAcknowledged);
    for (const member of resolved) this.#members.delete(member.incidentId);
    for (const member of [...fresh, ...acknowledged]) this.#markTold(member);
    const firing = this.#firing(fresh);
    const kind = fresh.length > 0 ? 'fired' : firing.length > 0 ? 'repeated' : 'resolved';
    const lastToldMs = firing.length > 0 ? nowMs : this.#state.lastToldMs;
    this.#state = { ...this.#state, pendingSinceMs: undefined, lastChangeMs: nowMs, lastToldMs };
    return this.#message(kind, this.#everyone(), [...fresh, ...resolved, ...acknowledged], firing, resolved);
  }

  #tellAcknowledged(): GroupMessage {
    const acknowledged = [...this.#members.values()].filter(isNewlyAcknowledged);
    for (const member of acknowledged) this.#markTold(member);
    this.#state = { ...this.#state, pendingSinceMs: this.#hasNews() ? this.#state.pendingSinceMs : undefined };
    return this.#message('acknowledged', this.#state.toldChannels, acknowledged, this.#firing(acknowledged), []);
  }

  /** The chain begins with the first who was told and ends when somebody takes it, or it is over or suppressed. */
  #watchEscalation(nowMs: number): void {
    const isUntaken = [...this.#members.values()].some(isWaiting);
    this.#state = { ...this.#state, escalation: isUntaken ? (this.#state.escalation ?? { sinceMs: nowMs, taken: 0 }) : undefined };
  }

  #escalate(nowMs: number): GroupMessage | undefined {
    const { plan, escalation } = this.#state;
    if (escalation === undefined) return undefined;
    const { state, channels } = takeSteps(plan.escalation, escalation, nowMs);
    if (state.taken === escalation.taken) return undefined;
    this.#state = { ...this.#state, escalation: state, lastToldMs: nowMs };
    return this.#message('escalated', channels, [], this.#firing([]), []);
  }

  #repeat(nowMs: number): GroupMessage | undefined {
    const { plan, lastToldMs } = this.#state;
    const isDue = plan.repeatIntervalMs > 0 && lastToldMs !== undefined && lastToldMs + plan.repeatIntervalMs <= nowMs;
    if (!isDue || ![...this.#members.values()].some(isWaiting)) return undefined;
    this.#state = { ...this.#state, lastToldMs: nowMs };
    return this.#message('repeated', this.#everyone(), [], this.#firing([]), []);
  }

  #markTold(member: GroupMember): void {
    this.#members.set(member.incidentId, { ...member, isFiredTold: true, isAcknowledgedTold: member.acknowledgedBy !== undefined });
  }

  #firing(first: readonly GroupMember[]): string[] {
    const known = [...this.#members.values()].filter((member) => isFiring(member) && !member.isSuppressed && member.isFiredTold);
    return [...new Set([...first, ...known].map(({ incidentId }) => incidentId))];
  }

  #everyone(): string[] {
    return [...new Set([...this.#state.plan.channels, ...this.#state.toldChannels])];
  }

  #message(
    kind: GroupMessage['kind'],
    channels: readonly string[],
    news: readonly GroupMember[],
    firing: readonly string[],
    resolved: readonly GroupMember[],
  ): GroupMessage {
    const { messageCount, toldChannels } = this.#state;
    this.#state = { ...this.#state, messageCount: messageCount + 1, toldChannels: [...new Set([...toldChannels, ...channels])] };
    const idsOf = (members: readonly GroupMember[]): string[] => members.map(({ incidentId }) => incidentId);
    return { kind, number: messageCount + 1, channels, news: idsOf(news), firing, resolved: idsOf(resolved) };
  }

  /** Where the clock was set back, what lay behind is as of now: nobody waits for the difference. */
  heedClock(nowMs: number): void {
    const earlier = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.min(ms, nowMs));
    const { pendingSinceMs, lastChangeMs, lastToldMs, escalation } = this.#state;
    this.#state = {
      ...this.#state,
      pendingSinceMs: earlier(pendingSinceMs),
      lastChangeMs: earlier(lastChangeMs),
      lastToldMs: earlier(lastToldMs),
      escalation: escalation === undefined ? undefined : { ...escalation, sinceMs: Math.min(escalation.sinceMs, nowMs) },
    };
  }
}
