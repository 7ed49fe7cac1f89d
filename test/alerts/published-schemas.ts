/**
 * What the services publish about their requests, as tables: members, types and longest texts. Written from their documents,
 * not from our code; the addresses stand beside each.
 */
import { Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const text = (maxLength: number, minLength = 1) => Type.String({ minLength, maxLength });
const optional = Type.Optional;

/** https://developer.pagerduty.com/docs/send-alert-event */
export const pagerdutyEvent = Type.Union([
  Type.Object(
    {
      routing_key: Type.String({ pattern: '^[0-9a-zA-Z]{32}$' }),
      event_action: Type.Literal('trigger'),
      dedup_key: text(255),
      client: optional(text(1000)),
      client_url: optional(Type.String({ pattern: '^https?://' })),
      links: optional(Type.Array(Type.Object({ href: Type.String({ pattern: '^https?://' }), text: optional(text(1000)) }, strict))),
      payload: Type.Object(
        {
          summary: text(1024),
          source: text(1024),
          severity: Type.Union([Type.Literal('critical'), Type.Literal('error'), Type.Literal('warning'), Type.Literal('info')]),
          timestamp: optional(Type.String({ pattern: '^[+-]?\\d{4,6}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' })),
          component: optional(text(1024)),
          group: optional(text(1024)),
          class: optional(text(1024)),
          custom_details: optional(Type.Object({})),
        },
        strict,
      ),
    },
    strict,
  ),
  Type.Object(
    {
      routing_key: Type.String({ pattern: '^[0-9a-zA-Z]{32}$' }),
      event_action: Type.Union([Type.Literal('acknowledge'), Type.Literal('resolve')]),
      dedup_key: text(255),
    },
    strict,
  ),
]);
/** https://developer.pagerduty.com/docs/events-api-v2-overview: 512 KB. */
export const pagerdutyMaxBytes = 512_000;

/** https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
const textElement = Type.Object(
  {
    type: Type.Literal('text'),
    text: Type.String({ minLength: 1 }),
    style: optional(Type.Object({ bold: optional(Type.Boolean()) }, strict)),
  },
  strict,
);
const sectionElement = Type.Union([
  textElement,
  Type.Object({ type: Type.Literal('link'), url: Type.String({ pattern: '^https?://', maxLength: 3000 }), text: text(1000) }, strict),
  Type.Object(
    { type: Type.Literal('broadcast'), range: Type.Union(['here', 'channel', 'everyone'].map((range) => Type.Literal(range))) },
    strict,
  ),
  Type.Object({ type: Type.Literal('user'), user_id: Type.String({ pattern: '^[UW]' }) }, strict),
  Type.Object({ type: Type.Literal('usergroup'), usergroup_id: Type.String({ pattern: '^S' }) }, strict),
]);
const richText = Type.Object(
  {
    type: Type.Literal('rich_text'),
    elements: Type.Array(
      Type.Union([
        Type.Object({ type: Type.Literal('rich_text_section'), elements: Type.Array(sectionElement, { minItems: 1 }) }, strict),
        Type.Object({ type: Type.Literal('rich_text_preformatted'), elements: Type.Array(textElement, { minItems: 1 }) }, strict),
      ]),
      { minItems: 1 },
    ),
  },
  strict,
);
/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
const header = Type.Object(
  {
    type: Type.Literal('header'),
    text: Type.Object({ type: Type.Literal('plain_text'), text: text(150), emoji: optional(Type.Boolean()) }, strict),
  },
  strict,
);
const slackMembers = {
  text: Type.String({ minLength: 1, maxLength: 4000 }),
  blocks: Type.Array(Type.Union([richText, header]), { minItems: 1, maxItems: 50 }),
};
/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slackWebhookBody = Type.Object(slackMembers, strict);
const unfurling = { unfurl_links: optional(Type.Boolean()), unfurl_media: optional(Type.Boolean()) };
/** https://docs.slack.dev/reference/methods/chat.postMessage */
export const slackPostMessage = Type.Object(
  {
    channel: text(100),
    ...slackMembers,
    ...unfurling,
    thread_ts: optional(Type.String({ pattern: '^\\d+\\.\\d+$' })),
    reply_broadcast: optional(Type.Boolean()),
  },
  strict,
);
/** https://docs.slack.dev/reference/methods/chat.update */
export const slackUpdate = Type.Object(
  { channel: text(100), ts: Type.String({ pattern: '^\\d+\\.\\d+$' }), ...slackMembers, ...unfurling },
  strict,
);
/** https://github.com/slackapi/bolt-js/issues/2867: between 9,597 and 11,341 characters of text. */
export const slackMaxTexts = 9597;

/** https://adaptivecards.io/explorer, version 1.4 */
const textRun = Type.Object(
  {
    type: Type.Literal('TextRun'),
    text: Type.String({ minLength: 1 }),
    weight: optional(Type.Union([Type.Literal('Bolder'), Type.Literal('Lighter'), Type.Literal('Default')])),
    size: optional(Type.Union(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge'].map((size) => Type.Literal(size)))),
    fontType: optional(Type.Union([Type.Literal('Default'), Type.Literal('Monospace')])),
    isSubtle: optional(Type.Boolean()),
  },
  strict,
);
const richTextBlock = Type.Object(
  {
    type: Type.Literal('RichTextBlock'),
    inlines: Type.Array(textRun, { minItems: 1 }),
    spacing: optional(Type.Union(['Default', 'None', 'Small', 'Medium'].map((spacing) => Type.Literal(spacing)))),
  },
  strict,
);
const openUrl = Type.Object(
  { type: Type.Literal('Action.OpenUrl'), title: text(100), url: Type.String({ pattern: '^https?://' }) },
  strict,
);
const actionSet = Type.Object({ type: Type.Literal('ActionSet'), actions: Type.Array(openUrl, { minItems: 1, maxItems: 6 }) }, strict);
const styles = ['default', 'emphasis', 'good', 'attention', 'warning', 'accent'].map((style) => Type.Literal(style));
const container = (items: ReturnType<typeof Type.Union>) =>
  Type.Object(
    {
      type: Type.Literal('Container'),
      items: Type.Array(items, { minItems: 1 }),
      style: optional(Type.Union(styles)),
      bleed: optional(Type.Boolean()),
      separator: optional(Type.Boolean()),
    },
    strict,
  );
const inner = container(Type.Union([richTextBlock]));
const outer = container(Type.Union([richTextBlock, actionSet, inner]));
/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
export const teamsMessage = Type.Object(
  {
    type: Type.Literal('message'),
    attachments: Type.Array(
      Type.Object(
        {
          contentType: Type.Literal('application/vnd.microsoft.card.adaptive'),
          contentUrl: Type.Null(),
          content: Type.Object(
            {
              $schema: Type.Literal('http://adaptivecards.io/schemas/adaptive-card.json'),
              type: Type.Literal('AdaptiveCard'),
              version: Type.Literal('1.4'),
              msteams: Type.Object({ width: Type.Literal('Full') }, strict),
              fallbackText: optional(text(1000)),
              body: Type.Array(Type.Union([outer, richTextBlock]), { minItems: 1 }),
            },
            strict,
          ),
        },
        strict,
      ),
      { minItems: 1, maxItems: 1 },
    ),
  },
  strict,
);
/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook: 28 KB. */
export const teamsMaxBytes = 28_000;

/** https://docs.opsgenie.com/docs/alert-api#create-alert */
export const opsgenieAlert = Type.Object(
  {
    message: text(130),
    alias: text(512),
    description: Type.String({ maxLength: 15_000 }),
    priority: Type.Union(['P1', 'P2', 'P3', 'P4', 'P5'].map((priority) => Type.Literal(priority))),
    source: text(100),
    tags: Type.Array(text(50), { maxItems: 20 }),
    details: Type.Record(Type.String(), Type.String()),
    entity: optional(text(512)),
    responders: optional(
      Type.Array(
        Type.Union([
          Type.Object({ type: Type.Literal('user'), username: text(200) }, strict),
          Type.Object({ type: Type.Union(['team', 'escalation', 'schedule'].map((type) => Type.Literal(type))), name: text(200) }, strict),
        ]),
        { maxItems: 50 },
      ),
    ),
  },
  strict,
);
export const opsgenieMaxDetails = 8000;
/** https://docs.opsgenie.com/docs/alert-api#acknowledge-alert, #close-alert */
export const opsgenieNote = Type.Object({ source: text(100), note: Type.String({ maxLength: 25_000 }) }, strict);
