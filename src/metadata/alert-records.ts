/**
 * The durable side of alerts: incidents, their transitions in order, and how far the evaluator came. Written by the
 * evaluator; read by the notifier and the API, which add acknowledgements. What notifications keep is in notification-records.ts.
 */

/** `ok` is not kept: an incident that is ok is resolved. */
export type AlertState = 'ok' | 'pending' | 'firing' | 'no_data' | 'late_data' | 'failed';

/** One group of one rule from its first pending or firing until it is ok again. */
export interface Incident {
  /** Made of rule, group and beginning, so that a replay finds the same one. */
  readonly id: string;
  readonly tenant: string;
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly ruleName: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** Fields of group_by with their values, in their order. */
  readonly group: Readonly<Record<string, string>>;
  /** The rule's labels, and the group's where it has no such label. */
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  readonly beganMs: number;
  readonly firedMs?: number | undefined;
  readonly resolvedMs?: number | undefined;
  readonly acknowledgedMs?: number | undefined;
  readonly acknowledgedBy?: string | undefined;
  readonly value?: number | undefined;
  readonly detail?: string | undefined;
  /** The evaluator was behind by so much when it fired; 0 where it was not. */
  readonly lateMs: number;
  readonly samples: readonly IncidentSample[];
  /** What keeps people from being told: `silence:<id>`, `mute`, `maintenance:<name>`, `inhibited:<incident>`. */
  readonly suppressedBy: readonly string[];
}

export interface IncidentSample {
  readonly id: string;
  readonly timestamp: string;
  readonly level: string;
  readonly service: string;
  readonly host: string;
  readonly message: string;
  readonly traceId: string;
  /** Hexadecimal; empty where it has none. */
  readonly patternId: string;
}

/** One change of state. */
export interface IncidentEvent {
  /** Rises by at least one with every event of the database, in the order of recording: the notifier's cursor. */
  readonly sequence: number;
  readonly incidentId: string;
  readonly tenant: string;
  readonly kind:
    | 'pending'
    | 'fired'
    | 'resolved'
    | 'cancelled'
    | 'no_data'
    | 'late_data'
    | 'failed'
    | 'acknowledged'
    | 'suppressed'
    | 'notified';
  readonly atMs: number;
  /** Who acknowledged, which channel was told, why it is suppressed. */
  readonly detail?: string | undefined;
  readonly value?: number | undefined;
}

/** A transition that the evaluator found. `key` makes recording it again do nothing. */
export interface NewTransition {
  readonly key: string;
  readonly incident: Incident;
  readonly event: Omit<IncidentEvent, 'sequence'>;
}

/** Which frames stood behind a tick: after a crash the same ticks are made from the same frames. */
export interface RecordedTick {
  readonly tickMs: number;
  /** Next sequence to read, by shard. */
  readonly position: Readonly<Record<number, number>>;
  /** The evaluator was behind by so much, and too much; absent where it was not. */
  readonly lateMs?: number | undefined;
}

/** Rules whose ids begin so are the notifier's own: a channel that does not deliver. The evaluator leaves their incidents alone. */
export const ownRulePrefix = 'channel:';

export interface SuppressionChange {
  readonly tenant: string;
  readonly incidentId: string;
  readonly suppressedBy: readonly string[];
  readonly atMs: number;
}

export interface IncidentSelection {
  readonly tenant: string;
  readonly ruleId?: string | undefined;
  readonly states?: readonly AlertState[] | undefined;
  /** Incidents that touch the range. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Newest first; those before this incident. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface AlertRecords {
  /** One transaction, durable when it resolves: transitions with new keys, and ticks. Returns how many were new. */
  record(transitions: readonly NewTransition[], ticks: readonly RecordedTick[]): Promise<number>;
  /** In order of time, after that tick. */
  ticksAfter(tickMs: number): Promise<readonly RecordedTick[]>;
  forgetTicks(beforeMs: number): Promise<void>;
  find(tenant: string, incidentId: string): Promise<Incident | undefined>;
  list(selection: IncidentSelection): Promise<readonly Incident[]>;
  /** All that are neither ok nor resolved. */
  open(): Promise<readonly Incident[]>;
  eventsOf(tenant: string, incidentId: string): Promise<readonly IncidentEvent[]>;
  /** In order of sequence. */
  eventsAfter(sequence: number, limit: number): Promise<readonly IncidentEvent[]>;
  /** Adds an event that is not the evaluator's: acknowledged, notified, suppressed. */
  addEvent(event: Omit<IncidentEvent, 'sequence'>): Promise<void>;
  /** Several in one transaction. */
  addEvents(events: readonly Omit<IncidentEvent, 'sequence'>[]): Promise<void>;
  acknowledge(tenant: string, incidentId: string, by: string, atMs: number): Promise<Incident>;
  setSuppression(tenant: string, incidentId: string, suppressedBy: readonly string[]): Promise<void>;
  /** Several with their events, `suppressed` where people are told no more, in one transaction. */
  setSuppressions(changes: readonly SuppressionChange[]): Promise<void>;
  /** Resolved incidents and their events older than that; returns how many. */
  forgetResolved(beforeMs: number): Promise<number>;
  close(): Promise<void>;
}
