/**
 * PagerDuty, Events API v2: trigger, acknowledge and resolve one alert per group by its dedup_key.
 *
 * https://developer.pagerduty.com/docs/events-api-v2-overview (answers, retries, at most 512 KB) and
 * https://developer.pagerduty.com/docs/send-alert-event (members and their lengths); the EU address is from a third party and untried.
 */
import type { SettingsOf } from '../channel-settings.ts';
import type { Channel, DeliveryOutcome, Notification } from '../notification.ts';
import type { Clock } from '#platform/clock.ts';
import type { OutgoingHttp } from '../notification.ts';
import { fitted } from './content.ts';
import type { Content, ContentIncident } from './content.ts';
import { keyOf } from './group-keys.ts';
import { postJson } from './http-delivery.ts';
import { jsonBytes, shortened } from './shown-text.ts';

const addresses = {
  us: 'https://events.pagerduty.com/v2/enqueue',
  eu: 'https://events.eu.pagerduty.com/v2/enqueue',
} as const;

/** `payload.summary`, and the whole event; a little below 512 KB, whichever kilobytes those are. */
const maxSummaryLength = 1024;
const maxEventBytes = 500_000;

const actions = {
  fired: 'trigger',
  repeated: 'trigger',
  escalated: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
  test: 'trigger',
} as const satisfies Record<Notification['kind'], string>;

type Action = (typeof actions)[Notification['kind']];

/** PagerDuty has one more, `error`, between warning and critical. */
const severities = { info: 'info', warning: 'warning', critical: 'critical' } as const;

export function createPagerDuty(settings: SettingsOf<'pagerduty'>, parts: { readonly http: OutgoingHttp; readonly clock: Clock }): Channel {
  const url = settings.url ?? addresses[settings.region ?? 'us'];
  const send = (notification: Notification, action: Action, signal: AbortSignal): Promise<DeliveryOutcome> => {
    const body = JSON.stringify(eventOf(notification, action, settings));
    return postJson(parts.http, parts.clock, { url, body, secrets: [settings.routing_key] }, signal);
  };
  return {
    type: 'pagerduty',
    async deliver(notification, signal) {
      const outcome = await send(notification, actions[notification.kind], signal);
      if (notification.kind !== 'test' || outcome.kind !== 'delivered') return outcome;
      // a test leaves nobody with an open incident
      const resolved = await send(notification, 'resolve', signal);
      return resolved.kind === 'delivered' ? { kind: 'delivered', detail: 'triggered and resolved' } : resolved;
    },
  };
}

function eventOf(notification: Notification, action: Action, settings: SettingsOf<'pagerduty'>): object {
  const key = notification.kind === 'test' ? notification.id : notification.groupKey;
  const head = { routing_key: settings.routing_key, event_action: action, dedup_key: `millrace-${keyOf(key)}` };
  if (action !== 'trigger') return head;
  return fitted(
    notification,
    settings.redact ?? 'secrets',
    (content) => ({
      ...head,
      client: 'Millrace',
      ...(content.incidents[0]?.incidentUrl === undefined ? {} : { client_url: content.incidents[0].incidentUrl }),
      links: content.incidents.flatMap(linksOf),
      payload: payloadOf(content, notification),
    }),
    (event) => jsonBytes(event) <= maxEventBytes,
  );
}

function payloadOf(content: Content, notification: Notification): object {
  const first = content.incidents[0];
  const fact = (name: string) => first?.facts.find(([known]) => known === name)?.[1];
  const service = fact('service') ?? fact('service.name');
  const time = new Date(notification.atMs);
  return {
    summary: shortened(content.title, maxSummaryLength),
    source: fact('host') ?? fact('host.name') ?? service ?? 'millrace',
    severity: severities[content.severity],
    ...(Number.isNaN(time.getTime()) ? {} : { timestamp: time.toISOString() }),
    ...(service === undefined ? {} : { component: service }),
    ...(first === undefined ? {} : { class: shortened(first.title, 255) }),
    custom_details: {
      text: content.text,
      incidents: content.incidents.map(detailsOf),
      ...(content.moreIncidents === 0 ? {} : { more_incidents: content.moreIncidents }),
    },
  };
}

function detailsOf(incident: ContentIncident): object {
  return {
    title: incident.title,
    state: incident.state,
    facts: Object.fromEntries(incident.facts),
    lines: incident.samples.map(({ origin, message, marks }) => [origin, message, marks].filter(Boolean).join('\n')),
    ...(incident.moreSamples === 0 ? {} : { more_lines: incident.moreSamples }),
  };
}

function linksOf({ title, incidentUrl, linesUrl, runbookUrl }: ContentIncident): object[] {
  const named = shortened(title, 80);
  return [
    ...(incidentUrl === undefined ? [] : [{ href: incidentUrl, text: `Incident: ${named}` }]),
    ...(linesUrl === undefined ? [] : [{ href: linesUrl, text: `Its lines: ${named}` }]),
    ...(runbookUrl === undefined ? [] : [{ href: runbookUrl, text: `Runbook: ${named}` }]),
  ];
}
