/**
 * A message of Slack in Block Kit. Data goes into rich_text only, whose texts are literal; the fallback `text` is mrkdwn and is
 * escaped as https://docs.slack.dev/messaging/formatting-message-text says.
 *
 * https://docs.slack.dev/reference/block-kit/blocks: at most 50 blocks, a header of 150 characters. Beyond what is published,
 * all texts of a message together have a bound near 11,000 characters (https://github.com/slackapi/bolt-js/issues/2867:
 * 9,597 in 15,561 of JSON were taken, 11,341 in 17,694 were not).
 */
import { shortened } from './shown-text.ts';
import type { Content, ContentIncident } from './content.ts';

export const slackLimits = { blocks: 50, header: 150, texts: 8000, json: 13_000 } as const;

type Element = { readonly type: string; readonly [member: string]: unknown };

export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Element[];
}

const marks: Readonly<Record<Content['kind'], string>> = {
  fired: '🔴',
  repeated: '🔴',
  escalated: '🔺',
  acknowledged: '👀',
  resolved: '✅',
  test: '🔔',
};
const severityMarks: Readonly<Record<Content['severity'], string>> = { critical: '🔴', warning: '🟠', info: '🔵' };

const markOf = ({ kind, severity }: Content): string => (kind === 'fired' || kind === 'repeated' ? severityMarks[severity] : marks[kind]);

/** `&`, `<` and `>` are all that mrkdwn needs escaped; without `<` there is neither a link nor a mention. */
export const escapedMrkdwn = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `mention`: ids as in the settings of the channel. */
export function slackMessage(content: Content, mention: readonly string[]): SlackMessage {
  const headline = `${markOf(content)} ${content.state}: ${content.title}`;
  const lead: Element[] = [
    ...mention.flatMap((id) => [mentionElement(id), plain(' ')]),
    plain(content.text === '' ? `${content.severity}, ${content.at}` : `${content.severity}, ${content.at}\n${content.text}`),
  ];
  const more = content.moreIncidents === 0 ? [] : [richText([section([plain(`and ${content.moreIncidents} more`)])])];
  return {
    text: escapedMrkdwn(headline),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(headline, slackLimits.header), emoji: false } },
      richText([section(lead)]),
      ...content.incidents.map(incidentBlock),
      ...more,
    ],
  };
}

/** The same in a thread, under the message that began it: only what is new. */
export function slackReply(content: Content, mention: readonly string[]): SlackMessage {
  const { text, blocks } = slackMessage(content, mention);
  return { text, blocks: blocks.slice(0, 2) };
}

export function fitsSlack({ text, blocks }: SlackMessage): boolean {
  return (
    textsOf(blocks) + text.length <= slackLimits.texts &&
    JSON.stringify(blocks).length <= slackLimits.json &&
    blocks.length <= slackLimits.blocks
  );
}

function textsOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((total: number, item) => total + textsOf(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (total, [name, inner]) => total + (name === 'text' && typeof inner === 'string' ? inner.length : textsOf(inner)),
    0,
  );
}

function incidentBlock(incident: ContentIncident): Element {
  const facts = incident.facts.flatMap(([name, text]) => [plain(`\n${name}  `), bold(text)]);
  const elements: Element[] = [section([bold(incident.title), plain(` (${incident.state})`), ...facts])];
  for (const { origin, message, marks: lineMarks } of incident.samples) {
    const text = [origin, message, lineMarks].filter((part) => part !== '').join('\n');
    elements.push({ type: 'rich_text_preformatted', elements: [plain(text)] });
  }
  if (incident.moreSamples > 0) elements.push(section([plain(`and ${incident.moreSamples} more lines`)]));
  const links = [link('Incident', incident.incidentUrl), link('Lines', incident.linesUrl), link('Runbook', incident.runbookUrl)].filter(
    (element) => element !== undefined,
  );
  if (links.length > 0) elements.push(section(links.flatMap((element, place) => (place === 0 ? [element] : [plain('  ·  '), element]))));
  return richText(elements);
}

const richText = (elements: readonly Element[]): Element => ({ type: 'rich_text', elements });
const section = (elements: readonly Element[]): Element => ({ type: 'rich_text_section', elements });
/** A text element may not be empty. */
const plain = (text: string): Element => ({ type: 'text', text: text === '' ? ' ' : text });
const bold = (text: string): Element => ({ type: 'text', text: text === '' ? ' ' : text, style: { bold: true } });
const link = (text: string, url: string | undefined): Element | undefined => (url === undefined ? undefined : { type: 'link', url, text });

function mentionElement(id: string): Element {
  if (id === 'here' || id === 'channel' || id === 'everyone') return { type: 'broadcast', range: id };
  return id.startsWith('S') ? { type: 'usergroup', usergroup_id: id } : { type: 'user', user_id: id };
}
