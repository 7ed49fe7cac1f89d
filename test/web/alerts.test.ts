/**
 * Alerts in a true browser, against the running product: a first rule from a recipe, tried on the past before it is saved; the
 * incident that it makes, taken and silenced; who is told of it, and where it stands over the bars of the Explorer.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, picture, skipWithoutChromium, visit } from './browser.ts';
import { startSite } from './site.ts';
import type { Site } from './site.ts';

/** Ten orders that fail now: what the rule of these tests waits for. */
async function sendErrors({ product }: Site, count = 10): Promise<void> {
  const nowMs = Date.now();
  const logs = Array.from({ length: count }, (_, index) => ({
    timestamp: new Date(nowMs - index * 100).toISOString(),
    level: 'ERROR',
    service: 'payments',
    host: 'payments-1',
    trace_id: `trace-${index}`,
    message: `card declined for order ord-${index}`,
  }));
  assert.equal((await product.post('/v1/logs/ingest', { logs })).status, 202);
}

const rowOf = (page: Page, table: string, name: string) =>
  page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });

test('alerts', { skip: skipWithoutChromium, timeout: 900_000 }, async (t) => {
  const site = await startSite(t);
  const { url } = site;
  // the window of the rule empties while the tests go on: these keep it above the threshold
  await sendErrors(site);

  await t.test('the first rule: from a recipe, tried on the past, made; every action by keyboard or one press', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/explore`);
    await page.keyboard.press('g');
    await hand.press('a');
    await page.getByText('Nothing is wrong that a rule watches').waitFor();
    await hand.press('2');
    await page.getByRole('heading', { name: 'Make your first rule' }).waitFor();
    await picture(page, 'alerts-first-rule-dark');
    await hand.click(page.getByRole('link', { name: 'Many errors at once' }));
    const outcome = page.getByTestId('would-have-fired');
    await outcome.getByText('It would not have fired.').waitFor();
    const threshold = page.getByRole('textbox', { name: 'Threshold' });
    await threshold.fill('5');
    await outcome.getByText(/It would have fired once/).waitFor();
    await outcome.getByText(/Now \d+ \(service payments\), firing\./).waitFor();
    const fired = rowOf(page, 'When it would have fired', 'service payments');
    assert.match(await fired.innerText(), /until the end|\d (?:s|min|h)/);
    await page.getByRole('img', { name: /Value of the rule over time/ }).waitFor();
    await hand.click(page.getByRole('button', { name: '1h', exact: true }));
    await page.waitForURL(/last=1h/);
    await threshold.fill('7');
    await outcome.getByText(/It would have fired \d+ times\./).waitFor();
    await picture(page, 'alert-editor-dark');
    await threshold.fill('5');
    await outcome.getByText(/It would have fired once\./).waitFor();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Many errors');
    await hand.click(page.getByRole('button', { name: 'Make the rule' }));
    await page.waitForURL(/\/alerts\/rules\/[^/n][^/]*$|\/alerts\/rules\/n(?!ew)[^/]*/);
    await page.getByRole('heading', { name: 'Many errors' }).waitFor();
    assert.deepEqual(troubles, []);
  });

  await t.test('what the server says against a rule stands at its field, before it is saved', async () => {
    const { page, hand } = await visit(t, `${url}/alerts/rules/new`);
    await page.getByRole('textbox', { name: 'Window' }).fill('90d');
    await page
      .getByRole('alert')
      .getByText(/alerts\.max_window/)
      .waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Window' }).getAttribute('aria-invalid'), 'true');
    await page.getByText('Not to be tried yet').waitFor();
    await page.getByRole('textbox', { name: 'Window' }).fill('5m');
    await hand.click(page.getByRole('button', { name: 'Make the rule' }));
    await page.getByText('A rule needs a name.').first().waitFor();
    assert.ok(page.url().endsWith('/alerts/rules/new'), 'nothing was made');
    await assertAccessible(page, 'the editor with problems');
  });

  await t.test('a rule of another interface is pasted as JSON, and stands in the form', async () => {
    const { page, hand } = await visit(t, `${url}/alerts/rules/new?view=json`);
    const text = page.getByRole('textbox', { name: 'Rule as JSON' });
    await text.fill('{"name": "Payments", "query": "service:payments level:ERROR", "condition": {"threshold": 3, "window": ');
    await page.getByText('This is no JSON yet.').waitFor();
    await text.fill(
      '{"name": "Payments", "query": "service:payments level:ERROR", "condition": {"threshold": 3, "window": "10m", "operator": ">"}}',
    );
    await hand.click(page.getByRole('button', { name: 'Form', exact: true }));
    assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue(), 'Payments');
    assert.equal(await page.getByRole('textbox', { name: 'Window' }).inputValue(), '10m');
    assert.equal(await page.getByRole('textbox', { name: 'Threshold' }).inputValue(), '3');
  });

  await t.test('it fires: the inbox says so in the top bar, the incident has its time line, value and lines; it is taken', async () => {
    await sendErrors(site);
    const { page, hand, troubles } = await visit(t, `${url}/alerts`);
    const row = rowOf(page, 'Incidents', 'Many errors');
    await row.getByText('Firing').waitFor();
    await page.getByRole('link', { name: /Inbox, \d+ messages? not read/ }).waitFor();
    await hand.press('j');
    await hand.press('Enter');
    await page.waitForURL(/\/alerts\/incidents\/.+/);
    const timeLine = page.getByRole('region', { name: 'Time line' });
    await timeLine.getByText('Fired', { exact: true }).waitFor();
    await timeLine.getByText('Notified', { exact: true }).first().waitFor();
    await page.getByRole('img', { name: 'Value of the incident over time' }).waitFor();
    const lines = page.getByRole('region', { name: 'Lines' });
    await lines.getByText('card declined for order').first().waitFor();
    await hand.press('a');
    const dialog = page.getByRole('dialog', { name: 'Acknowledge' });
    await hand.type('the provider is down');
    await hand.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await timeLine.getByText('Acknowledged', { exact: true }).waitFor();
    await timeLine.getByText(/the provider is down/).waitFor();
    await picture(page, 'alert-incident-dark');
    await hand.click(page.getByRole('link', { name: 'Lines in the Explorer' }));
    await page.waitForURL(/\/explore\?/);
    const parameters = new URL(page.url()).searchParams;
    assert.match(parameters.get('q') ?? '', /level>=ERROR.*service:payments/);
    assert.ok(parameters.has('from') && parameters.has('to'), 'the view is frozen');
    await page.getByText('card declined for order').first().waitFor();
    assert.deepEqual(troubles, []);
  });

  await t.test('it is silenced from its row: the preview says what that hides, "suppressed by" leads to it, and it is ended', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/alerts/incidents`);
    const row = rowOf(page, 'Incidents', 'Many errors');
    await row.waitFor();
    await hand.press('j');
    await hand.press('s');
    const dialog = page.getByRole('dialog', { name: 'Silence' });
    await dialog.getByText('1 open incident').waitFor();
    await dialog.getByLabel('For how long').fill('for ever');
    await dialog.getByText(/It must end/).waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Silence', exact: true }).isDisabled());
    await hand.click(dialog.getByRole('button', { name: '2h', exact: true }));
    await dialog.getByLabel('Why').fill('known');
    await assertAccessible(page, 'the dialog of a silence');
    await hand.click(dialog.getByRole('button', { name: 'Silence', exact: true }));
    await row.getByText(/suppressed by/).waitFor();
    await hand.click(row.getByRole('link', { name: 'a silence' }));
    await page.waitForURL(/\/alerts\/silences\?id=/);
    const silence = rowOf(page, 'Silences', 'known');
    await silence.getByText('In force').waitFor();
    await hand.press('j');
    await hand.press('x');
    await silence.getByText('Over').waitFor();
    assert.deepEqual(troubles, []);
  });

  await t.test('rules are muted and switched off where they stand, by keyboard', async () => {
    const { page, hand } = await visit(t, `${url}/alerts/rules`);
    const row = rowOf(page, 'Rules', 'Many errors');
    await row.getByText('Firing').waitFor();
    await hand.press('j');
    await hand.press('m');
    await row.getByText(/for \d+ min|for 1 h/).waitFor();
    await hand.press('m');
    await row.getByText(/for \d+ min|for 1 h/).waitFor({ state: 'detached' });
    await hand.press('e');
    await row.getByText('Off', { exact: true }).waitFor();
    await hand.press('e');
    await row.getByText('Off', { exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('textbox', { name: 'Find rules' }).fill('no such rule');
    await page.getByText('No rule like this').waitFor();
  });
});
