/**
 * A POST of JSON to an address of one's own; docs/alerting-channels.md describes the body and how to check the signature.
 *
 * Signature: `Millrace-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 over `<seconds>.<body>` with the key, and with
 * the key before while receivers change over. The time is that of the attempt, so a receiver can refuse what is old.
 */
import { createHmac } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { SettingsOf } from '../channel-settings.ts';
import type { Channel, Notification, NotifiedIncident, OutgoingHttp } from '../notification.ts';
import { redacted } from './content.ts';
import { keyOf } from './group-keys.ts';
import { postJson } from './http-delivery.ts';
import { shortened, webLink } from './shown-text.ts';

const defaultMaxBodyBytes = 262_144;

/** Headers that the request itself has. */
const ownHeader = /^(?:host|connection|content-length|content-type|transfer-encoding|millrace-.*)$/;

/** Throws AppError `bad_request` where a header of the settings is one that the request has itself. */
export function checkWebhook({ headers = {} }: SettingsOf<'webhook'>): void {
  const taken = Object.keys(headers).find((name) => ownHeader.test(name.toLowerCase()));
  if (taken === undefined) return;
  throw new AppError('bad_request', `the header "${taken}" is set by the webhook itself`, { details: { field: `headers.${taken}` } });
}

export function createWebhook(settings: SettingsOf<'webhook'>, parts: { readonly http: OutgoingHttp; readonly clock: Clock }): Channel {
  const keys = [settings.signing_key, settings.previous_signing_key].filter((key) => key !== undefined);
  const own = Object.fromEntries(Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const secrets = [...keys, ...Object.values(own)];
  return {
    type: 'webhook',
    deliver(notification, signal) {
      const body = webhookBody(notification, settings);
      const headers = {
        ...own,
        'millrace-notification-id': headerOf(notification.id),
        ...(keys.length === 0 ? {} : { 'millrace-signature': signatureOf(body, keys, Math.floor(parts.clock.nowMs() / 1000)) }),
      };
      return postJson(parts.http, parts.clock, { url: settings.url, headers, body, secrets }, signal);
    },
  };
}

/** A header takes printable ASCII; an id that is anything else is told by its hash. */
const headerOf = (id: string): string => (/^[\x21-\x7e]{1,200}$/.test(id) ? id : keyOf(id));

/** The value of the header Millrace-Signature. */
export function signatureOf(body: string, keys: readonly string[], timeSeconds: number): string {
  const signatures = keys.map((key) => `v1=${createHmac('sha256', key).update(`${timeSeconds}.${body}`).digest('hex')}`);
  return [`t=${timeSeconds}`, ...signatures].join(',');
}

/** How much of a notification a body holds; the last is under 16 KiB whatever was logged. */
interface Extent {
  readonly incidents: number;
  readonly samples: number;
  readonly textLength: number;
  readonly valueLength: number;
  readonly withLabels: boolean;
}

const extents: readonly Extent[] = [
  { incidents: Infinity, samples: Infinity, textLength: Infinity, valueLength: Infinity, withLabels: true },
  { incidents: Infinity, samples: 5, textLength: 2000, valueLength: 500, withLabels: true },
  { incidents: 50, samples: 2, textLength: 500, valueLength: 200, withLabels: true },
  { incidents: 10, samples: 1, textLength: 200, valueLength: 100, withLabels: true },
  { incidents: 3, samples: 1, textLength: 100, valueLength: 60, withLabels: false },
  { incidents: 1, samples: 0, textLength: 100, valueLength: 40, withLabels: false },
];

/** The richest body within `max_body_bytes`. Texts are as logged but for what is masked: JSON escapes what it must. */
export function webhookBody(notification: Notification, settings: SettingsOf<'webhook'>): string {
  const masked = redacted(notification, settings.redact ?? 'secrets');
  const maxBytes = settings.max_body_bytes ?? defaultMaxBodyBytes;
  let body = '';
  for (const extent of extents) {
    body = JSON.stringify(documentOf(masked, extent));
    if (Buffer.byteLength(body) <= maxBytes) break;
  }
  return body;
}

function documentOf(notification: Notification, extent: Extent): object {
  const incidents = notification.incidents.slice(0, extent.incidents);
  return {
    version: 1,
    id: headerOf(notification.id),
    group_key: shortened(notification.groupKey, extent.valueLength),
    kind: notification.kind,
    severity: notification.severity,
    at: instant(notification.atMs),
    title: shortened(notification.title, extent.textLength),
    text: shortened(notification.text, extent.textLength),
    incidents: incidents.map((incident) => incidentDocument(incident, extent)),
    more_incidents: notification.moreIncidents + notification.incidents.length - incidents.length,
  };
}

function incidentDocument({ incident, title, ...urls }: NotifiedIncident, extent: Extent): object {
  const value = (text: string): string => shortened(text, extent.valueLength);
  const values = (record: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(record).map(([name, text]) => [value(name), value(text)]));
  const samples = incident.samples.slice(0, extent.samples);
  return {
    id: shortened(incident.id, 100),
    rule_id: shortened(incident.ruleId, 100),
    rule_version: incident.ruleVersion,
    rule_name: value(incident.ruleName),
    title: shortened(title, extent.textLength),
    severity: incident.severity,
    state: incident.state,
    group: values(incident.group),
    ...(extent.withLabels ? { labels: values(incident.labels) } : {}),
    began_at: instant(incident.beganMs),
    fired_at: instant(incident.firedMs),
    resolved_at: instant(incident.resolvedMs),
    acknowledged_at: instant(incident.acknowledgedMs),
    acknowledged_by: incident.acknowledgedBy === undefined ? null : value(incident.acknowledgedBy),
    value: incident.value ?? null,
    detail: incident.detail === undefined ? null : value(incident.detail),
    late_ms: incident.lateMs,
    incident_url: webLink(urls.incidentUrl) ?? null,
    lines_url: webLink(urls.linesUrl) ?? null,
    runbook_url: webLink(urls.runbookUrl) ?? null,
    samples: samples.map((sample) => ({
      id: shortened(sample.id, 100),
      timestamp: value(sample.timestamp),
      level: value(sample.level),
      service: value(sample.service),
      host: value(sample.host),
      message: shortened(sample.message, extent.textLength),
      trace_id: value(sample.traceId),
      pattern_id: value(sample.patternId),
    })),
    more_samples: incident.samples.length - samples.length,
  };
}

/** RFC 3339, or null where there is no such time. */
function instant(timeMs: number | undefined): string | null {
  if (timeMs === undefined) return null;
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
