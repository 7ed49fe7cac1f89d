/**
 * What each type of channel is told: one schema per type, for the API, the configuration and the page that edits them.
 * Which members are secrets stands in channel-kinds.ts. Limits of the services themselves are no settings; they stand beside
 * the code that keeps them.
 */
import { Type } from 'typebox';
import type { Static } from 'typebox';

const url = (description: string) => Type.String({ pattern: '^https?://[^\\s/]', maxLength: 2000, description });
const optionalUrl = (description: string) => Type.Optional(url(description));
const words = (description: string, maxLength = 200) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$', description }));
const secretText = (description: string) => Type.String({ minLength: 1, maxLength: 4000, pattern: '^[\\u0021-\\u007e]+$', description });

/** What every channel that leaves the product has. */
const everywhere = {
  redact: Type.Optional(
    Type.Union([Type.Literal('secrets'), Type.Literal('no_samples'), Type.Literal('none')], {
      default: 'secrets',
      description:
        '`secrets`: tokens, keys, passwords, mail addresses and card numbers in lines are masked. `no_samples`: no lines at all, and ' +
        'what remains is masked. `none`: as logged.',
    }),
  ),
};

const region = Type.Optional(
  Type.Union([Type.Literal('us'), Type.Literal('eu')], { default: 'us', description: 'Where the account lives.' }),
);

export const pagerdutySettings = Type.Object(
  {
    ...everywhere,
    routing_key: Type.String({
      pattern: '^[0-9A-Za-z]{32}$',
      description: 'Integration key of an "Events API v2" integration of the service; 32 letters and digits.',
    }),
    region,
    url: optionalUrl('Another address that takes Events v2; the region decides where absent.'),
  },
  { additionalProperties: false, description: 'PagerDuty, by Events API v2.' },
);

export const slackSettings = Type.Object(
  {
    ...everywhere,
    webhook_url: optionalUrl('Address of an incoming webhook. Either this, or `token` and `channel`, which can also keep threads.'),
    token: Type.Optional(secretText('Bot token (`xoxb-…`) with the scope chat:write.')),
    channel: words('Id or name of the channel that the bot posts to, with `token`.', 100),
    mention: Type.Optional(
      Type.Array(Type.String({ pattern: '^(here|channel|everyone|[UW][A-Z0-9]{2,20}|S[A-Z0-9]{2,20})$' }), {
        maxItems: 10,
        description: 'Who is called when something critical fires: here, channel, everyone, or ids of users (U…) and user groups (S…).',
      }),
    ),
    api_url: optionalUrl('Address of the Web API where it is not https://slack.com/api, as for GovSlack.'),
  },
  { additionalProperties: false, description: 'Slack, by an incoming webhook or as a bot.' },
);

export const teamsSettings = Type.Object(
  {
    ...everywhere,
    webhook_url: url('Address of a workflow "When a Teams webhook request is received".'),
  },
  { additionalProperties: false, description: 'Microsoft Teams, by a workflow webhook.' },
);

/** `Name <local@domain>` or `local@domain`; nothing that could end a header or begin another address. */
const mailbox = (description: string) =>
  Type.String({
    maxLength: 320,
    pattern:
      '^(?:[^\\u0000-\\u001f\\u007f<>,;:"@\\\\()\\[\\]]{1,100} <[^\\s<>,;:"@\\\\()\\[\\]]{1,64}@[A-Za-z0-9.-]{1,190}>|[^\\s<>,;:"@\\\\()\\[\\]]{1,64}@[A-Za-z0-9.-]{1,250})$',
    description,
  });
const address = (description: string) =>
  Type.String({ maxLength: 320, pattern: '^[^\\s<>,;:"@\\\\()\\[\\]]{1,64}@[A-Za-z0-9.-]{1,250}$', description });
const addresses = (description: string, minItems: number) => Type.Array(address('An address.'), { minItems, maxItems: 50, description });

export const emailSettings = Type.Object(
  {
    ...everywhere,
    host: Type.String({ pattern: '^[A-Za-z0-9.:-]{1,253}$', description: 'Mail server.' }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: '587, or 465 where `security` is `tls`, 25 where it is `none`.' }),
    ),
    security: Type.Optional(
      Type.Union([Type.Literal('starttls'), Type.Literal('tls'), Type.Literal('none')], {
        default: 'starttls',
        description:
          '`starttls`: encrypted before anything is said, refused where the server cannot. `tls`: from the first byte. `none`: in the open.',
      }),
    ),
    ca: Type.Optional(
      Type.String({ maxLength: 100_000, description: 'Certificates (PEM) that the server is checked against, for an own authority.' }),
    ),
    username: words('Name to log in with.'),
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, description: 'Password to log in with.' })),
    from: mailbox('Sender: `Millrace <alerts@example.com>`.'),
    to: addresses('Who is told.', 1),
    cc: Type.Optional(addresses('Who gets a copy.', 0)),
    reply_to: Type.Optional(address('Where answers go.')),
    subject_prefix: words('Put before each subject, such as `[prod]`.', 60),
  },
  { additionalProperties: false, description: 'Email, by SMTP.' },
);

export const webhookSettings = Type.Object(
  {
    ...everywhere,
    url: url('Where the JSON is posted.'),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" }),
        Type.String({ maxLength: 4000, pattern: '^[\\u0020-\\u007e]*$' }),
        {
          additionalProperties: false,
          maxProperties: 50,
          description: 'Headers of your own, such as Authorization; their values are secrets.',
        },
      ),
    ),
    signing_key: Type.Optional(secretText('Key of the signature in the header Millrace-Signature; unsigned where absent.')),
    previous_signing_key: Type.Optional(secretText('The key before, while receivers change over: both signatures are sent.')),
    max_body_bytes: Type.Optional(
      Type.Integer({
        minimum: 16_384,
        maximum: 4_194_304,
        default: 262_144,
        description: 'Longer bodies leave out lines, then incidents.',
      }),
    ),
  },
  { additionalProperties: false, description: 'A signed POST of JSON.' },
);

export const opsgenieSettings = Type.Object(
  {
    ...everywhere,
    api_key: secretText('Key of an API integration with the right to create and update alerts.'),
    region,
    url: optionalUrl('Another address of the Alert API, such as that of Jira Service Management; the region decides where absent.'),
    responders: Type.Optional(
      Type.Array(
        Type.Object(
          {
            type: Type.Union([Type.Literal('team'), Type.Literal('user'), Type.Literal('escalation'), Type.Literal('schedule')]),
            name: Type.String({ minLength: 1, maxLength: 200, description: 'Its name; of a user the mail address.' }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 50, description: 'Who it is sent to, besides what the integration says.' },
      ),
    ),
    tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 10, description: 'Tags of each alert.' })),
  },
  { additionalProperties: false, description: 'Opsgenie, by its Alert API.' },
);

export const inboxSettings = Type.Object({}, { additionalProperties: false, description: 'The inbox in the product.' });

export const channelSettings = {
  pagerduty: pagerdutySettings,
  slack: slackSettings,
  teams: teamsSettings,
  email: emailSettings,
  webhook: webhookSettings,
  opsgenie: opsgenieSettings,
  inbox: inboxSettings,
} as const;

export type ChannelType = keyof typeof channelSettings;
export type SettingsOf<T extends ChannelType> = Static<(typeof channelSettings)[T]>;
export type Redact = NonNullable<SettingsOf<'webhook'>['redact']>;
