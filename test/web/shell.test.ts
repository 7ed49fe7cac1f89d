/** What is the same on every page: keys, theme, zone, the server that goes and comes back, links that lead nowhere, keys of access. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { Product, repositoryRoot, temporaryDirectory } from '../support/product.ts';
import { assertAccessible, skipWithoutChromium, visit } from './browser.ts';
import { freePorts, startSite } from './site.ts';

test('the shell', { skip: skipWithoutChromium, timeout: 600_000 }, async (t) => {
  const { url, product } = await startSite(t);

  await t.test('everything by keyboard: pages, the sheet of shortcuts, commands', async () => {
    const { page, hand, troubles } = await visit(t, `${url}/status`);
    await page.getByTestId('verdict').waitFor();
    await page.keyboard.press('g');
    await hand.press('d');
    await page.waitForURL('**/dashboards');
    await hand.press('?');
    const sheet = page.getByRole('dialog', { name: 'Shortcuts' });
    await sheet.getByText('Go to Status').waitFor();
    await assertAccessible(page, 'the sheet of shortcuts');
    await hand.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await hand.press('Control+k');
    await hand.type('go to sta');
    await hand.press('Enter');
    await page.waitForURL('**/status');
    await hand.press('Control+k');
    await assertAccessible(page, 'commands');
    assert.deepEqual(troubles, []);
  });

  await t.test('theme and zone are chosen, kept, and there before the first paint', async () => {
    const { page, hand } = await visit(t, `${url}/status`, { theme: 'dark' });
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const dark = await background();
    await hand.click(page.getByRole('button', { name: 'Theme' }));
    await hand.click(page.getByRole('menuitemradio', { name: 'Light' }));
    const light = await background();
    assert.notEqual(light, dark);
    await hand.click(page.getByRole('button', { name: /^Local time/ }));
    await page.reload();
    await page.getByRole('button', { name: /^UTC/ }).waitFor();
    assert.equal(await background(), light);
  });

  await t.test('a link that leads nowhere says so', async () => {
    const { page } = await visit(t, `${url}/no/such/page`);
    await page.getByText('There is no such page').waitFor();
    await page.getByRole('link', { name: 'Open the Explorer' }).click();
    await page.waitForURL('**/explore*');
  });

  await t.test('addresses that other tools know lead to the state of the Explorer', async () => {
    const known: readonly [path: string, search: RegExp][] = [
      ['/trace/abc-123', /trace=abc-123/],
      ['/patterns', /show=patterns/],
      ['/tail', /live=1/],
    ];
    for (const [path, search] of known) {
      const { page } = await visit(t, `${url}${path}`);
      await page.waitForURL(search);
      assert.equal(new URL(page.url()).pathname, '/explore');
    }
  });

  await t.test('the server goes: the page says since when, keeps what it has, and recovers by itself', async () => {
    const { page } = await visit(t, `${url}/status`);
    const services = page.getByRole('table', { name: 'Services' });
    await services.waitFor();
    await page.route('**/{v1,health}/**', (route) => route.abort('connectionrefused'));
    const note = page.getByText(/Server away since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    await note.waitFor();
    assert.ok(await services.isVisible(), 'what was there stays');
    await assertAccessible(page, 'while the server is away');
    await page.unroute('**/{v1,health}/**');
    await note.waitFor({ state: 'detached' });
    assert.ok(await services.isVisible());
  });

  await t.test('where keys are configured the page asks for one, and takes only a right one', async () => {
    await product.stop();
    await withKeys(t, async (keyed) => {
      const { page, hand } = await visit(t, `${keyed}/status`);
      const dialog = page.getByRole('dialog', { name: 'This server wants a key' });
      await dialog.waitFor();
      await assertAccessible(page, 'the question for a key');
      await hand.type('a-wrong-key-0123456789');
      await hand.press('Enter');
      await dialog.getByText('This key was not taken.').waitFor();
      await hand.type(rightKey);
      await hand.press('Enter');
      await page.getByTestId('verdict').waitFor();
    });
  });
});

const rightKey = 'reader-0123456789abcdef';

async function withKeys(t: TestContext, use: (url: string) => Promise<void>): Promise<void> {
  const directory = await temporaryDirectory('keyed');
  const config = join(directory, 'millrace.yaml');
  await writeFile(
    config,
    `access:\n  keys:\n    - name: reader\n      key: ${rightKey}\n      tenant: default\n      may_read: true\n      may_act_for_others: true\n`,
  );
  const command = [process.execPath, join(repositoryRoot, 'src/cli/main.ts'), 'serve'];
  const keyed = await Product.start({
    dataDirectory: join(directory, 'data'),
    command,
    flags: ['--config', config],
    environment: freePorts,
  });
  t.after(() => keyed.kill());
  await use(keyed.url);
}
