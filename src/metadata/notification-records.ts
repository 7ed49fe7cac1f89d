/**
 * The durable side of notifications, beside the records of alerts: how far the notifier has read the events of incidents, its
 * groups with their timers, the messages with what became of them, and the inbox. Written by the notifier alone, read by the API.
 */

/** `superseded`: a newer message about the same group took its place before it was sent. */
export type MessageState = 'waiting' | 'delivered' | 'refused' | 'given_up' | 'superseded';

export interface MessageFacts {
  readonly tenant: string;
  /** How the channel is found: its name, or what a rule's action says. */
  readonly channel: string;
  /** Group of incidents that it tells of: messages of a group reach a channel in their order. */
  readonly groupKey: string;
  /** The same for all attempts; unique with tenant and channel. */
  readonly messageId: string;
  readonly createdMs: number;
  readonly title: string;
  readonly kind: string;
  readonly severity: string;
  readonly incidentIds: readonly string[];
  /** What is sent, as JSON. */
  readonly notification: unknown;
}

export interface OutboxMessage extends MessageFacts {
  /** Rises with each message. */
  readonly sequence: number;
  readonly state: MessageState;
  readonly attempts: number;
  /** While it waits. */
  readonly nextAttemptMs: number;
  readonly doneMs?: number | undefined;
  /** What the other end said last. */
  readonly detail: string;
  readonly remoteId?: string | undefined;
  /** Its incidents have the event that tells of it. */
  readonly isNoted: boolean;
}

/** A group as the notifier keeps it; the body is its own, as JSON. */
export interface StoredGroup {
  readonly id: string;
  readonly tenant: string;
  readonly body: unknown;
}

export interface ChannelHealth {
  readonly tenant: string;
  readonly channel: string;
  /** Undefined while it delivers. */
  readonly failingSinceMs?: number | undefined;
  readonly lastDeliveredMs?: number | undefined;
  readonly lastError?: string | undefined;
  /** The incident that tells of its failure, while that is open. */
  readonly incidentId?: string | undefined;
}

/** What one step of the notifier changes. */
export interface NotifierChange {
  /** Sequence of the last event that was taken. */
  readonly cursor?: number;
  readonly groups?: readonly StoredGroup[];
  readonly removedGroups?: readonly string[];
  /**
   * New messages; one whose id is there already for the channel is left alone. Older ones of the group that wait for the same
   * channel are superseded.
   */
  readonly messages?: readonly (MessageFacts & { readonly state?: MessageState; readonly detail?: string })[];
}

/** What became of an attempt, or of a message without one. */
export interface MessageOutcome {
  readonly sequence: number;
  readonly state: MessageState;
  readonly attempts: number;
  readonly nextAttemptMs: number;
  readonly doneMs?: number | undefined;
  readonly detail: string;
  readonly remoteId?: string | undefined;
}

export interface MessageSelection {
  readonly tenant: string;
  readonly channel?: string | undefined;
  readonly state?: MessageState | undefined;
  readonly incidentId?: string | undefined;
  /** Those before that sequence; newest first. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface InboxEntry {
  /** Rises with each entry. */
  readonly sequence: number;
  readonly tenant: string;
  readonly atMs: number;
  readonly isRead: boolean;
  readonly notification: unknown;
}

export interface InboxSelection {
  readonly tenant: string;
  readonly isUnread?: boolean | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface NotificationRecords {
  /** 0 where nothing was read yet. */
  cursor(): Promise<number>;
  groups(): Promise<readonly StoredGroup[]>;
  /** In their order. */
  waitingMessages(): Promise<readonly OutboxMessage[]>;
  /** Delivered, but their incidents do not say so yet. */
  unnotedMessages(): Promise<readonly OutboxMessage[]>;
  health(): Promise<readonly ChannelHealth[]>;
  /** One transaction, durable when it resolves. Returns the new messages in their order. */
  commit(change: NotifierChange): Promise<readonly OutboxMessage[]>;
  /** One transaction: outcomes of messages, and how their channels fare. */
  settle(outcomes: readonly MessageOutcome[], health: readonly ChannelHealth[]): Promise<void>;
  setNoted(sequence: number): Promise<void>;
  messages(selection: MessageSelection): Promise<readonly OutboxMessage[]>;
  /** Puts into the inbox unless it is there; `keep` is how many entries a tenant has at most, the oldest go. */
  putInbox(tenant: string, messageId: string, atMs: number, notification: unknown, keep: number): Promise<void>;
  inbox(selection: InboxSelection): Promise<readonly InboxEntry[]>;
  unreadCount(tenant: string): Promise<number>;
  /** All where no sequences are given. */
  markRead(tenant: string, sequences: readonly number[] | undefined): Promise<void>;
  /** Messages that are done, and entries of the inbox, older than that; returns how many. */
  forget(beforeMs: number): Promise<number>;
  close(): Promise<void>;
}
