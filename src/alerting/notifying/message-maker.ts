/** Makes what is sent of what a group has to tell: one message for each of its channels, as the channel wants it. */
import type { AlertRecords, Incident } from '#metadata/alert-records.ts';
import type { NotifierChange } from '#metadata/notification-records.ts';
import type { AlertRuleBody } from '../alert-rule.ts';
import type { Notification } from '../notification.ts';
import type { NotificationBook } from '../notification-book.ts';
import type { NotificationsConfig } from '../notifications-config.ts';
import { findDestination } from './channel-directory.ts';
import type { DispatchedMessage } from './dispatcher.ts';
import { composeNotification, fitToChannel } from './message.ts';

export interface MessageMakerOptions {
  readonly alerts: Pick<AlertRecords, 'find'>;
  readonly book: NotificationBook;
  readonly ruleOf: (tenant: string, ruleId: string) => AlertRuleBody | undefined;
  readonly config: Pick<NotificationsConfig, 'public_url' | 'lines_margin' | 'sample_lines' | 'max_incidents_per_message'>;
}

type Messages = NonNullable<NotifierChange['messages']>;

export class MessageMaker {
  readonly #options: MessageMakerOptions;

  constructor(options: MessageMakerOptions) {
    this.#options = options;
  }

  async make({ group, message }: DispatchedMessage, nowMs: number): Promise<Messages> {
    const { tenant, plan } = group.state;
    if (message.channels.length === 0) return [];
    const { config, book } = this.#options;
    const ids = [...message.firing, ...message.resolved];
    const described = await this.#find(tenant, ids.slice(0, config.max_incidents_per_message));
    const ruleOf = (ruleId: string): AlertRuleBody | undefined => this.#options.ruleOf(tenant, ruleId);
    const composed = composeNotification(
      {
        kind: message.kind,
        groupKey: group.key,
        id: `${group.key}-${message.number}`,
        atMs: nowMs,
        incidents: described,
        firingCount: message.firing.length,
        resolvedCount: message.resolved.length,
        ruleOf,
      },
      { publicUrl: config.public_url, linesMarginMs: config.lines_margin, sampleLines: config.sample_lines },
    );
    const incidentIds = [...new Set([...message.news, ...described.map(({ id }) => id)])];
    return message.channels.map((channel) => {
      const found = findDestination(book.of(tenant).channels, channel);
      const fitted = 'problem' in found ? composed : fitToChannel(composed, found.destination.body, ruleOf);
      const notification: Notification = { ...fitted, severity: plan.severities?.[channel] ?? fitted.severity };
      const { groupKey, id: messageId, title, kind, severity } = notification;
      return { tenant, channel, groupKey, messageId, createdMs: nowMs, title, kind, severity, incidentIds, notification };
    });
  }

  testMessage(tenant: string, name: string, nowMs: number): Notification {
    const key = `test-${name}-${nowMs}`;
    return {
      groupKey: key,
      id: key,
      kind: 'test',
      severity: 'info',
      atMs: nowMs,
      title: `Test of channel "${name}"`,
      text: `Sent by hand for tenant "${tenant}". Nothing is wrong, and nothing needs to be done.`,
      incidents: [],
      moreIncidents: 0,
    };
  }

  async #find(tenant: string, ids: readonly string[]): Promise<Incident[]> {
    const found = await Promise.all(ids.map((id) => this.#options.alerts.find(tenant, id)));
    return found.filter((incident) => incident !== undefined);
  }
}

/** A channel as people may see it: the address of a rule's own webhook may hold a secret, so only its host is shown. */
export function shownChannel(reference: string): string {
  const address = reference.startsWith('webhook:') ? reference.slice('webhook:'.length) : '';
  return URL.canParse(address) ? `webhook ${new URL(address).host}` : reference.replace(/:$/, '');
}
