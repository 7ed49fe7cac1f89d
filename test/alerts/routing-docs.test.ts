/** The routing tree and the configuration that docs/alerting.md shows are taken as they stand there. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import { checkRouting, configuredChannels, configuredRouting } from '#alerting/check-notification-rules.ts';
import { routing as routingSchema } from '#alerting/notification-rules.ts';
import type { Routing } from '#alerting/notification-rules.ts';
import { loadConfig } from '#cli/config-load.ts';
import { configChecks, configSchema, settingAliases } from '#server/config.ts';
import type { Config } from '#server/config.ts';

const page = await readFile(new URL('../../docs/alerting.md', import.meta.url), 'utf8');

test('the routing tree of the page', () => {
  const [, text = ''] = /```json\n(\{\n {2}"routing".*?)```/s.exec(page) ?? [];
  const { routing } = JSON.parse(text) as { routing: Routing };
  assert.ok(Compile(routingSchema).Check(routing));
  const channels = ['inbox', 'archive', 'payments-chat', 'payments-office', 'pager', 'head-of-payments'];
  checkRouting(routing, new Set(channels), 262_144);
});

async function load(text: string): Promise<Config> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-routing-'));
  try {
    const file = join(directory, 'config.yaml');
    await writeFile(file, text);
    return loadConfig<Config>(
      configSchema,
      { aliases: settingAliases, checks: configChecks },
      { file, environment: { PAGERDUTY_KEY: 'a'.repeat(32) }, flags: [] },
    ).config;
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('the configuration of the page', async () => {
  const [, text = ''] = /```text\n(notifications:.*?)```/s.exec(page) ?? [];
  const config = await load(text);
  assert.ok(!JSON.stringify(config.notifications).includes('aaaa'), 'the secret is not shown');
  assert.deepEqual(configuredChannels(config.notifications), [
    { tenant: 'default', name: 'pager', body: { type: 'pagerduty', enabled: true, settings: { routing_key: 'a'.repeat(32) } } },
  ]);
  assert.deepEqual(configuredRouting(config.notifications), [
    { tenant: 'default', routing: { route: { channels: ['pager'], group_by: ['service'] } } },
  ]);
});

const wrong: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  ['a channel without what it needs', 'channels: [{name: a, type: pagerduty}]', /notifications\.channels\[0\].*routing_key/],
  [
    'a channel twice',
    'channels: [{name: a, type: webhook, settings: {url: "https://a.example"}}, {name: a, type: webhook, settings: {url: "https://a.example"}}]',
    /channels\[1\].*twice/,
  ],
  [
    'a secret that is not there',
    'channels: [{name: a, type: webhook, settings: {url: {env: NOT_SET}}}]',
    /channels\[0\]\.settings\.url.*NOT_SET is not set/,
  ],
  ['an unknown member of a channel', 'channels: [{name: a, typ: webhook}]', /did you mean "notifications.channels\[0\].type"/],
  ['a route to nobody', 'routing: [{route: {channels: [nobody]}}]', /routing\[0\].*no channel "nobody"/],
  ['a route with an unknown member', 'routing: [{route: {chanels: [inbox]}}]', /routing\[0\].*chanels/],
  ['routing of a tenant twice', 'routing: [{route: {}}, {route: {}}]', /routing\[1\].*twice/],
  ['an address that is none', 'public_url: logs.example.com', /public_url.*https:/],
];

test('what is wrong in the configuration is told with its place', async () => {
  for (const [what, text, message] of wrong) {
    await assert.rejects(load(`notifications:\n  ${text}\n`), (error: Error) => {
      assert.match(error.message, message, what);
      return true;
    });
  }
});
