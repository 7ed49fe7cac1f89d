/** The page Status in a true browser: investigation 12, "is everything arriving". */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../support/product.ts';
import { assertAccessible, picture, skipWithoutChromium, visit } from './browser.ts';
import { silentService, startSite } from './site.ts';

test('Status', { skip: skipWithoutChromium, timeout: 600_000 }, async (t) => {
  const { url } = await startSite(t);

  await t.test('12: is everything arriving? One action, and the silent source has a name', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/explore`);
    await hand.click(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Status' }));
    const verdict = page.getByTestId('verdict');
    await verdict.getByText(`${silentService[0].toUpperCase()}${silentService.slice(1)} has gone silent`).waitFor();
    await verdict.getByText('2 records wait in quarantine').waitFor();
    const silent = page.getByRole('table', { name: 'Silent sources' });
    assert.match(await silent.getByRole('row').nth(1).innerText(), /Silent\s+billing\s+all hosts\s+(?:19|2\d) min ago/);
    assert.equal(hand.actions, 1);
    t.diagnostic(`12: ${hand.actions} action, ${hand.elapsedMs} ms`);
    const services = page.getByRole('table', { name: 'Services' });
    assert.equal(await services.getByText('reporting').count(), 4, 'the others report');
    await eventually(
      () => page.getByRole('region', { name: 'Freshness' }).innerText(),
      (text) => /Missed\s+0/.test(text),
    );
    await picture(page, 'status-dark');
    assert.deepEqual(troubles, []);
  });

  await t.test('the ledger accounts for every record; quarantine shows an example of each reason', async () => {
    const { page, hand } = await visit(t, `${url}/status`);
    const ledger = page.getByRole('table', { name: 'Ledger' }).getByRole('row', { name: /^default/ });
    await ledger.waitFor();
    const [received, accepted, , , ...others] = (await ledger.innerText()).replaceAll(',', '').match(/\d+/g)?.map(Number) ?? [];
    assert.equal(received, accepted + others.reduce((sum, count) => sum + count, 0), 'received is the sum of the others');
    const quarantine = page.getByRole('region', { name: 'Quarantine' });
    await quarantine.getByText('invalid_timestamp').waitFor();
    await hand.click(quarantine.getByRole('button', { name: 'Example' }));
    await quarantine.getByText(/"what\?"|the day after tomorrow/).waitFor();
  });

  await t.test('a service opens to its hosts, and leads to its lines', async () => {
    const { page, hand } = await visit(t, `${url}/status`);
    await hand.click(page.getByRole('button', { name: 'checkout' }));
    const hosts = page.getByRole('table', { name: 'Hosts of checkout' });
    await hosts.getByText('checkout-0').waitFor();
    assert.equal(await hosts.getByRole('row').count(), 3);
    await hand.click(hosts.getByRole('link', { name: 'Lines' }).first());
    await page.waitForURL(/\/explore\?/);
    assert.match(new URL(page.url()).searchParams.get('q') ?? '', /service:checkout.*host:"?checkout-/);
  });

  for (const theme of ['dark', 'light'] as const) {
    for (const size of ['desktop', 'phone'] as const) {
      await t.test(`${theme}, ${size}: nothing serious for axe-core, nothing beside the window`, async () => {
        const { page, troubles } = await visit(t, `${url}/status`, { theme, size });
        await page.getByRole('table', { name: 'Silent sources' }).waitFor();
        await page.getByRole('table', { name: 'Services' }).waitFor();
        await assertAccessible(page, `${theme}, ${size}`);
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page does not scroll sideways');
        if (theme === 'light') await picture(page, `status-${theme}-${size}`);
        assert.deepEqual(troubles, []);
      });
    }
  }
});
