/**
 * Who is told of alerts, in a true browser against the running product: channels with their test, the routing with its preview,
 * maintenance, deliveries, the inbox; incidents over the bars of the Explorer; and every page for everyone.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../support/product.ts';
import { assertAccessible, picture, skipWithoutChromium, visit } from './browser.ts';
import { startSite } from './site.ts';
import type { Site } from './site.ts';

const rules = [
  {
    name: 'Many errors',
    severity: 'critical',
    filter: 'level>=ERROR',
    group_by: ['service'],
    labels: { team: 'payments' },
    runbook_url: 'https://wiki.example.com/payments',
    description: 'Look at the status page of the card provider first.',
    // longer than all tests take: its incident is open in each
    condition: { kind: 'count', window_ms: 1_800_000, operator: '>', threshold: 5 },
  },
  {
    name: 'Slow reports',
    severity: 'warning',
    group_by: ['service'],
    condition: { kind: 'metric', attribute: 'latency_ms', aggregate: 'p99', window_ms: 300_000, operator: '>', threshold: 1000 },
  },
  { name: 'Host gone silent', severity: 'warning', condition: { kind: 'silent_source', source: 'host' } },
];

async function read<T>(url: string, path: string): Promise<T> {
  return (await (await fetch(`${url}${path}`)).json()) as T;
}

/** Rules, a silence, and lines that make incidents of them; resolves when somebody was told. */
async function fireAlerts({ product }: Site): Promise<void> {
  for (const rule of rules) assert.equal((await product.post('/v1/alerts', rule)).status, 201);
  const silence = { matchers: [{ label: 'rule', value: 'Slow reports' }], for_ms: 7_200_000, author: 'ana', comment: 'known' };
  assert.equal((await product.post('/v1/notifications/silences', silence)).status, 201);
  const nowMs = Date.now();
  const logs = Array.from({ length: 24 }, (_, index) => ({
    timestamp: new Date(nowMs - index * 500).toISOString(),
    level: 'ERROR',
    service: 'payments',
    host: 'payments-1',
    trace_id: `trace-${index}`,
    message: `card declined for order ord-${index}: the provider answered 502`,
    metadata: { latency_ms: 3000 },
  }));
  assert.equal((await product.post('/v1/logs/ingest', { logs })).status, 202);
  await eventually(
    () => read<{ unread: number }>(product.url, '/v1/notifications/inbox'),
    ({ unread }) => unread > 0,
  );
}

const rowOf = (page: Page, table: string, name: string) =>
  page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });

test('who is told', { skip: skipWithoutChromium, timeout: 900_000 }, async (t) => {
  const site = await startSite(t);
  const { url } = site;
  await fireAlerts(site);

  await t.test(
    'a channel: its form is made of what its type needs, its secret is never shown again, its test says what came of it',
    async () => {
      const { page, hand, troubles } = await visit(t, `${url}/alerts/channels`);
      await rowOf(page, 'Channels', 'inbox').getByRole('button', { name: 'Test' }).click();
      await rowOf(page, 'Channels', 'inbox')
        .getByText(/taken in \d+ ms/)
        .waitFor();
      await hand.press('n');
      const dialog = page.getByRole('dialog', { name: 'New channel' });
      await dialog.getByRole('combobox', { name: 'Type' }).selectOption({ label: 'PagerDuty' });
      await dialog.getByLabel('Name', { exact: true }).fill('pager');
      await dialog.getByLabel('Routing key').fill('too short');
      await hand.click(dialog.getByRole('button', { name: 'Save' }));
      await dialog
        .getByRole('alert')
        .getByText(/routing_key/)
        .waitFor();
      await assertAccessible(page, 'the form of a channel');
      await dialog.getByLabel('Routing key').fill('0123456789abcdef0123456789abcdef');
      await hand.click(dialog.getByRole('button', { name: 'Save' }));
      const pager = rowOf(page, 'Channels', 'pager');
      await pager.getByText('Not used yet').waitFor();
      await hand.click(pager.getByRole('button', { name: 'Edit pager' }));
      const edited = page.getByRole('dialog', { name: 'Channel pager' });
      await edited.getByText('set, not shown').waitFor();
      await edited.getByLabel('Description').fill('on call');
      await hand.click(edited.getByRole('button', { name: 'Save' }));
      await pager.getByText('on call').waitFor();
      assert.deepEqual(troubles, []);
    },
  );

  await t.test('the routing: a route is added, the preview says where an incident would go and why, before it is saved', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/alerts/routing`);
    const preview = page.getByRole('region', { name: 'Where would this go' });
    const goes = preview.getByRole('status', { name: 'Where it would go' });
    await goes.getByText('inbox').first().waitFor();
    await hand.click(page.getByRole('button', { name: 'Route below' }));
    const route = page.getByRole('region', { name: 'Route /0' });
    await route.getByLabel('Label').fill('team');
    await route.getByLabel('Value').fill('payments');
    await hand.click(route.getByRole('button', { name: 'pager' }));
    const steps = preview.getByRole('list', { name: 'Routes that were looked at' });
    await steps.getByText(/team/).waitFor();
    assert.doesNotMatch(await goes.innerText(), /pager/);
    await preview.getByLabel('Labels and fields').fill('team=payments');
    await goes.getByText('pager').first().waitFor();
    await picture(page, 'alert-routing-dark');
    await hand.press('Control+s');
    await page.getByText('Routing saved.').waitFor();
    await page.getByText(/version 1/).waitFor();
    await hand.click(page.getByRole('link', { name: 'Channels' }));
    const pager = rowOf(page, 'Channels', 'pager');
    await pager.getByText('1 place').waitFor();
    await hand.click(pager.getByRole('button', { name: 'More of pager' }));
    await hand.click(page.getByRole('menuitem', { name: 'Remove …' }));
    await hand.click(page.getByRole('dialog').getByRole('button', { name: 'Remove' }));
    await page.getByRole('status').getByText(/pager/).waitFor();
    assert.ok(await pager.isVisible(), 'a channel in use is not removed');
    assert.deepEqual(troubles, []);
  });

  await t.test('maintenance: a weekly window and a single one, typed as ranges are typed', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/alerts/maintenance`);
    await page.getByText('No maintenance is planned').waitFor();
    await hand.press('n');
    const dialog = page.getByRole('dialog', { name: 'New maintenance window' });
    await dialog.getByLabel('Name').fill('database');
    await hand.click(dialog.getByRole('button', { name: 'Weekly window' }));
    for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']) await dialog.getByRole('button', { name: day }).click();
    await dialog.getByLabel('A single window').fill('2030-01-02 02:00 - 2030-01-02 04:00');
    await hand.press('Enter');
    await assertAccessible(page, 'the form of maintenance');
    await hand.click(dialog.getByRole('button', { name: 'Save' }));
    await rowOf(page, 'Maintenance windows', 'database')
      .getByText('Sun 09:00–17:00 Europe/Berlin; 2030-01-02 02:00 – 2030-01-02 04:00')
      .waitFor();
    assert.deepEqual(troubles, []);
  });

  await t.test('the inbox is read by keyboard, and the top bar says how much is left', async () => {
    const { page, hand } = await visit(t, `${url}/alerts/inbox`);
    const unread = page.getByRole('link', { name: /Inbox, \d+ messages? not read/ });
    await unread.waitFor();
    const message = page.getByRole('list', { name: 'Messages' }).getByRole('button').filter({ hasText: 'Many errors' }).first();
    await message.waitFor();
    await hand.press('j');
    await hand.press('Enter');
    await page.getByRole('list', { name: 'Messages' }).locator('pre').waitFor();
    await page.keyboard.press('Shift+A');
    await page.getByText('everything is read').waitFor();
    await page.getByRole('link', { name: 'Inbox', exact: true }).first().waitFor();
    await hand.click(page.getByRole('link', { name: 'Deliveries' }));
    await rowOf(page, 'Deliveries', 'Many errors').getByText('Delivered').first().waitFor();
  });

  await t.test('in the Explorer: incidents stand over the bars, hovering tells them, a press opens; a query becomes a rule', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/explore?q=service:payments&last=1h`);
    const strip = page.getByRole('group', { name: 'Incidents in this time' });
    const flag = strip.getByRole('button').first();
    // the first asking of the page has been answered
    await flag.waitFor();
    const asked: string[] = [];
    page.on('request', (request) => void (new URL(request.url()).pathname === '/v1/incidents' && asked.push(request.url())));
    await hand.press('r');
    await eventually(
      async () => asked.length,
      (count) => count > 0,
    );
    await page.getByText(/\d+ shown, /).waitFor();
    await flag.hover();
    await strip
      .getByText(/fired \d{4}-\d\d-\d\d/)
      .first()
      .waitFor();
    assert.equal(asked.length, 1, 'asked once for the shown range');
    assert.ok(asked.every((one) => new URL(one).searchParams.has('from') && new URL(one).searchParams.has('to')));
    await picture(page, 'explorer-incidents-dark');
    await flag.click();
    const several = page.getByRole('menuitem').filter({ hasText: 'Many errors' });
    await Promise.race([several.first().waitFor(), page.waitForURL(/\/alerts\/incidents\//)]);
    if (await several.first().isVisible()) await several.first().click();
    await page.waitForURL(/\/alerts\/incidents\//);
    await page.goBack();
    await flag.waitFor();
    await hand.press('a');
    await page.waitForURL(/\/alerts\/rules\/new\?q=/);
    assert.match(await page.getByRole('group', { name: 'Lines of the rule' }).innerText(), /service:payments/);
    assert.deepEqual(troubles, []);
  });

  const pages = [
    'incidents',
    'rules',
    'rules/new?recipe=slow-and-failing',
    'silences',
    'maintenance',
    'channels',
    'routing',
    'deliveries',
    'inbox',
  ];
  for (const theme of ['dark', 'light'] as const) {
    for (const size of ['desktop', 'phone'] as const) {
      await t.test(`${theme}, ${size}: nothing serious for axe-core, nothing beside the window`, async () => {
        const { incidents } = await read<{ incidents: { id: string; rule_name: string }[] }>(url, '/v1/incidents?state=open');
        const incident = incidents.find(({ rule_name: name }) => name === 'Many errors');
        assert.ok(incident, 'there is an incident');
        for (const path of [...pages, `incidents/${incident.id}`]) {
          const { page, troubles } = await visit(t, `${url}/alerts/${path}`, { theme, size });
          await page
            .locator('main')
            .getByRole('table')
            .or(page.locator('main').getByRole('list'))
            .or(page.locator('form'))
            .first()
            .waitFor();
          await page.locator('[role="progressbar"]').first().waitFor({ state: 'detached' });
          await assertAccessible(page, `${path}, ${theme}, ${size}`);
          assert.ok(
            await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
            `${path}: the page does not scroll sideways`,
          );
          const name = path.startsWith('incidents/') ? 'incident' : path.startsWith('rules/') ? 'rule' : path;
          if (theme === 'light') await picture(page, `alerts-${name}-${theme}-${size}`);
          assert.deepEqual(troubles, []);
        }
      });
    }
  }
});
