/** Dashboards in a true browser: investigations 4 and 6, and a dashboard of one's own. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { assertAccessible, picture, skipWithoutChromium, visit } from './browser.ts';
import { slowestRoute, startSite } from './site.ts';

test('dashboards', { skip: skipWithoutChromium, timeout: 600_000 }, async (t) => {
  const { url } = await startSite(t);

  await t.test('4: the error rate by service over the last day, without typing a query', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/explore`);
    await hand.click(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Dashboards' }));
    await hand.click(page.getByRole('group', { name: 'Time range' }).getByRole('button', { name: '24h' }));
    const highest = page.getByRole('region', { name: 'Services with the highest error rate' });
    assert.match(await highest.getByRole('listitem').first().innerText(), /payments\s+25 %/);
    const course = page.getByRole('region', { name: 'Error rate by service' });
    await course.getByRole('button', { name: 'payments' }).waitFor();
    assert.match(page.url(), /last=24h/);
    assert.ok(hand.actions <= 3, `${hand.actions} actions`);
    t.diagnostic(`4: ${hand.actions} actions, ${hand.elapsedMs} ms`);
    await picture(page, 'dashboard-overview-dark');
    assert.deepEqual(troubles, []);
  });

  await t.test('6: the slowest endpoints by p99, without typing a query', async () => {
    const { page, hand } = await visit(t, `${url}/explore`);
    await hand.click(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Dashboards' }));
    await hand.click(page.getByRole('button', { name: 'Overview' }));
    await hand.click(page.getByRole('menuitemradio', { name: 'Latency' }));
    const slowest = page.getByRole('region', { name: 'Slowest endpoints, p99' });
    const first = slowest.getByRole('listitem').first();
    assert.match(await first.innerText(), /\/reports\/\{id\}\s+2\.0\d s/);
    assert.ok(hand.actions <= 4, `${hand.actions} actions`);
    t.diagnostic(`6: ${hand.actions} actions, ${hand.elapsedMs} ms`);
    await picture(page, 'dashboard-latency-dark');
    await hand.click(first.getByRole('link'));
    await page.waitForURL(/\/explore\?/);
    assert.ok((new URL(page.url()).searchParams.get('q') ?? '').includes(slowestRoute), 'it leads to its lines');
  });

  await t.test('top errors by what they say, slowest services by the field that is there', async () => {
    const { page } = await visit(t, `${url}/dashboards`);
    const errors = page.getByRole('region', { name: 'Top errors' }).getByRole('listitem');
    assert.match(await errors.first().innerText(), /75\s+payments\s+card declined for order (?:ord-)?<\*>/);
    const slowest = page.getByRole('region', { name: 'Slowest services, p99' }).getByRole('listitem');
    assert.match(await slowest.first().innerText(), /2\.0\d s/);
  });

  await t.test('a variable narrows all panels, a drag on a chart chooses its range, back undoes it', async () => {
    const { page, hand } = await visit(t, `${url}/dashboards`);
    const highest = page.getByRole('region', { name: 'Services with the highest error rate' }).getByRole('listitem');
    await highest.first().waitFor();
    await page.locator('select[aria-label="service"] option[value="payments"]').waitFor({ state: 'attached' });
    await hand.choose(page.getByRole('combobox', { name: 'service', exact: true }), 'payments');
    await page.getByRole('region', { name: 'Slowest services, p99' }).getByText('payments').waitFor();
    await page.getByRole('region', { name: 'Slowest services, p99' }).getByText('checkout').waitFor({ state: 'detached' });
    const before = page.url();
    assert.match(before, /var=service:payments/);
    // a chart that is drawn anew while it is dragged on begins again
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    await hand.drag(page.getByRole('img', { name: 'Volume by level' }), 0.4, 0.6);
    await page.waitForURL(/from=.*to=/);
    await page.goBack();
    await page.waitForURL(before);
  });

  await t.test('a dashboard of one’s own: made, saved, found again, removed', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/dashboards`);
    await hand.click(page.getByRole('button', { name: 'Edit', exact: true }));
    await hand.click(page.getByRole('button', { name: 'Panel', exact: true }));
    const editor = page.getByRole('complementary', { name: 'Edit panel' });
    await editor.getByLabel('Title').fill('Customers with errors');
    await editor.getByLabel('Shown as').selectOption('top');
    await editor.getByLabel('Query').fill('level>=ERROR');
    await editor.getByLabel('Group by').fill('customer_id, service');
    const own = page.getByRole('region', { name: 'Customers with errors' });
    await own
      .getByText(/c-\d · payments/)
      .first()
      .waitFor();
    await editor.getByLabel('Query').fill('level>=');
    await editor.getByText('This cannot be read as a query.').waitFor();
    await editor.getByLabel('Query').fill('level>=ERROR');
    await assertAccessible(page, 'the editor of a panel');
    await hand.press('Escape');
    await editor.waitFor({ state: 'detached' });
    await hand.click(page.getByRole('button', { name: 'Save as…' }));
    await hand.press('Control+a');
    await hand.type('My own: 100 %');
    await hand.press('Enter');
    await page.waitForURL('**/dashboards/my-own-100');
    await page.reload();
    await own
      .getByText(/c-\d · payments/)
      .first()
      .waitFor();
    await page.getByRole('heading', { name: 'My own: 100 %' }).waitFor();
    await hand.click(page.getByRole('button', { name: 'Edit', exact: true }));
    await hand.click(page.getByRole('button', { name: 'More' }));
    await hand.click(page.getByRole('menuitem', { name: 'Remove dashboard' }));
    await page.waitForURL('**/dashboards');
    await visit(t, `${url}/dashboards/my-own-100`).then(({ page }) => page.getByText('There is no such dashboard').waitFor());
    assert.deepEqual(troubles, []);
  });

  for (const theme of ['dark', 'light'] as const) {
    for (const size of ['desktop', 'phone'] as const) {
      await t.test(`${theme}, ${size}: nothing serious for axe-core, nothing beside the window`, async () => {
        for (const name of size === 'phone' ? ['overview'] : ['overview', 'latency', 'services']) {
          const { page, troubles } = await visit(t, `${url}/dashboards/${name}`, { theme, size });
          await page.locator('section[aria-busy="false"]').first().waitFor();
          await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
          await assertAccessible(page, `${name}, ${theme}, ${size}`);
          assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page does not scroll sideways');
          if (theme === 'light') await picture(page, `dashboard-${name}-${theme}-${size}`);
          assert.deepEqual(troubles, []);
        }
      });
    }
  }
});
