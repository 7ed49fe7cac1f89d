/** What a notification says, and what a channel does with it. Channels are one file each in channels/, and one line in channel-kinds.ts. */
import type { Incident } from '#metadata/alert-records.ts';
import type { Severity } from './alert-rule.ts';

/** One message about a group of incidents of one route. */
export interface Notification {
  /** The same for all messages about one group: what channels deduplicate and thread by. */
  readonly groupKey: string;
  /** The same for each attempt of one message; another for the next state. */
  readonly id: string;
  readonly kind: 'fired' | 'repeated' | 'escalated' | 'acknowledged' | 'resolved' | 'test';
  readonly severity: Severity;
  readonly atMs: number;
  readonly title: string;
  /** What, since when, how bad; plain text. */
  readonly text: string;
  readonly incidents: readonly NotifiedIncident[];
  /** Incidents of the group beyond those listed. */
  readonly moreIncidents: number;
  /** What this channel gave as `remoteId` for the first message since the group last had nothing open: what it updates and threads by. */
  readonly remoteId?: string | undefined;
}

export interface NotifiedIncident {
  readonly incident: Incident;
  readonly title: string;
  readonly runbookUrl?: string | undefined;
  /** The frozen view of its lines. */
  readonly linesUrl: string;
  /** Its page. */
  readonly incidentUrl: string;
}

export type DeliveryOutcome =
  | {
      readonly kind: 'delivered';
      readonly detail: string /** Id at the other end, where it gives one. */;
      readonly remoteId?: string | undefined;
    }
  /** Worth another try, not before `retryAfterMs`. */
  | { readonly kind: 'retry'; readonly detail: string; readonly retryAfterMs?: number | undefined }
  /** Will never work as it is: a wrong key, a removed channel. */
  | { readonly kind: 'refused'; readonly detail: string };

export interface Channel {
  readonly type: string;
  /** Never throws for what the other end does; aborts with the signal. */
  deliver(notification: Notification, signal: AbortSignal): Promise<DeliveryOutcome>;
}

/**
 * How channels reach the world: refuses private addresses unless they are allowed, follows no redirects, bounds time and
 * answers; header names of answers are in lower case. Throws AppError `forbidden` or `bad_request` where no further try would
 * help; anything else it throws is worth another try.
 */
export interface OutgoingHttp {
  post(
    url: string,
    request: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly signal: AbortSignal },
  ): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }>;
}
