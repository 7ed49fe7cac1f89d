/**
 * Microsoft Teams: an Adaptive Card posted to a workflow "When a Teams webhook request is received".
 *
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using (workflows; connectors of
 * before are retired), …/add-incoming-webhook (28 KB, four requests a second, 429), https://adaptivecards.io/explorer.
 * Data goes into RichTextBlock only: "RichTextBlock does not support markdown"
 * (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features).
 */
import type { Clock } from '#platform/clock.ts';
import type { SettingsOf } from '../channel-settings.ts';
import type { Channel, DeliveryOutcome, OutgoingHttp } from '../notification.ts';
import { fitted } from './content.ts';
import type { Content, ContentIncident, ContentSample } from './content.ts';
import { excerpt, postJson } from './http-delivery.ts';
import type { HttpReply } from './http-delivery.ts';
import { jsonBytes } from './shown-text.ts';

/** 28 KB, counted as UTF-8 or as UTF-16 (as the limits for bots are): the message keeps both. */
export const maxTeamsBytes = 28_000;

export function createTeams(
  settings: SettingsOf<'teams'>,
  { http, clock }: { readonly http: OutgoingHttp; readonly clock: Clock },
): Channel {
  const url = settings.webhook_url;
  return {
    type: 'teams',
    deliver(notification, signal) {
      const message = fitted(notification, settings.redact ?? 'secrets', messageOf, fitsTeams);
      return postJson(http, clock, { url, body: JSON.stringify(message), secrets: [url] }, signal, (reply) => judge(reply, url));
    },
  };
}

const fitsTeams = (message: object): boolean => jsonBytes(message) <= maxTeamsBytes && JSON.stringify(message).length * 2 <= maxTeamsBytes;

/** Workflows answer 202 with nothing. Connectors answered 200 and said in the body what had failed behind them. */
function judge({ status, body }: HttpReply, url: string): DeliveryOutcome {
  const [, behind] = /HTTP error (\d{3})/.exec(body) ?? [];
  if (behind === undefined) return { kind: 'delivered', detail: `answered ${status}` };
  const passes = behind === '429' || behind.startsWith('5');
  return { kind: passes ? 'retry' : 'refused', detail: `answered ${status}: ${excerpt(body, [url])}` };
}

type Element = { readonly type: string; readonly [member: string]: unknown };

const styles: Readonly<Record<Content['severity'], string>> = { critical: 'attention', warning: 'warning', info: 'accent' };
const calmStyles: Partial<Readonly<Record<Content['kind'], string>>> = { resolved: 'good', acknowledged: 'emphasis', test: 'accent' };

function messageOf(content: Content): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          fallbackText: literal(`${content.state}: ${content.title}`),
          body: bodyOf(content),
        },
      },
    ],
  };
}

function bodyOf(content: Content): Element[] {
  const head: Element = {
    type: 'Container',
    style: calmStyles[content.kind] ?? styles[content.severity],
    bleed: true,
    items: [
      rich([run(`${content.state}: `, { weight: 'Bolder', size: 'Medium' }), run(content.title, { weight: 'Bolder', size: 'Medium' })]),
      rich([run(`${content.severity}, ${content.at}`, { isSubtle: true })], { spacing: 'None' }),
    ],
  };
  const text = content.text === '' ? [] : linesOf(content.text).map((line) => rich([run(line)], { spacing: 'None' }));
  const more = content.moreIncidents === 0 ? [] : [rich([run(`and ${content.moreIncidents} more`, { isSubtle: true })])];
  return [head, ...(text.length === 0 ? [] : [container(text)]), ...content.incidents.map(incidentItem), ...more];
}

function incidentItem(incident: ContentIncident): Element {
  const facts = incident.facts.map(([name, text]) => rich([run(`${name}: `, { isSubtle: true }), run(text)], { spacing: 'None' }));
  const actions = [open('Incident', incident.incidentUrl), open('Lines', incident.linesUrl), open('Runbook', incident.runbookUrl)].filter(
    (action) => action !== undefined,
  );
  const items = [
    rich([run(incident.title, { weight: 'Bolder' }), run(` (${incident.state})`)]),
    ...facts,
    ...incident.samples.map(sampleItem),
    ...(incident.moreSamples === 0 ? [] : [rich([run(`and ${incident.moreSamples} more lines`, { isSubtle: true })])]),
    ...(actions.length === 0 ? [] : [{ type: 'ActionSet', actions }]),
  ];
  return { ...container(items), separator: true };
}

function sampleItem({ origin, message, marks }: ContentSample): Element {
  const items = [rich([run(origin, { isSubtle: true, size: 'Small' })])];
  for (const line of linesOf(message)) items.push(rich([run(line, { fontType: 'Monospace', size: 'Small' })], { spacing: 'None' }));
  if (marks !== '') items.push(rich([run(marks, { isSubtle: true, size: 'Small' })], { spacing: 'None' }));
  return { ...container(items), style: 'emphasis' };
}

/** Each line a block of its own: a TextRun has no line breaks. Beyond these they stay in one. */
const maxLines = 12;

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines - 1), lines.slice(maxLines - 1).join(' ⏎ ')];
}

const container = (items: readonly Element[]): Element => ({ type: 'Container', items });
const rich = (inlines: readonly Element[], members: object = {}): Element => ({ type: 'RichTextBlock', ...members, inlines });
const run = (text: string, members: object = {}): Element => ({ type: 'TextRun', text: literal(text), ...members });
const open = (title: string, url: string | undefined): Element | undefined =>
  url === undefined ? undefined : { type: 'Action.OpenUrl', title, url };

/** Clients replace {{DATE(…)}} and {{TIME(…)}} in texts; an invisible word joiner keeps them what they are. Empty texts are not allowed. */
function literal(text: string): string {
  return text === '' ? ' ' : text.replaceAll('{{', '{\u2060{');
}
