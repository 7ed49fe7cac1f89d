/** The parts of the page Explorer, each as a person uses it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import { eventually } from '../support/product.ts';
import { skipWithoutChromium, visit } from './browser.ts';
import { ExplorerHand } from './investigations/explorer-hand.ts';
import { newFailure, orderLines, startShop } from './investigations/release.ts';

const parameter = (page: Page, name: string): string[] => new URL(page.url()).searchParams.getAll(name);
const rows = (page: Page) => page.locator('[role=row][data-index]');

test('the Explorer', { skip: skipWithoutChromium, timeout: 900_000 }, async (t) => {
  const shop = await startShop(t);
  const at = (path: string): string => `${shop.url}${path}`;

  await t.test('fields and values are completed by the selection', async (t) => {
    const visitor = await visit(t, at('/explore?last=1h'));
    const { page } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    await page.keyboard.press('/');
    await page.keyboard.type('level:ERROR custo');
    await page.locator('.cm-tooltip-autocomplete').getByText('customer_id').waitFor();
    await page.keyboard.press('Tab');
    const first = page.locator('.cm-tooltip-autocomplete li').first();
    await first.getByText('c-7').waitFor();
    await first.click();
    await page.keyboard.press('Enter');
    await page.waitForURL(/customer_id:c-7/);
    await page.getByText(/\d+ shown/).waitFor();
    assert.deepEqual(parameter(page, 'q'), ['level:ERROR customer_id:c-7']);
  });

  await t.test('a filter is a pill that its cross takes out; the rail includes and excludes', async (t) => {
    const visitor = await visit(t, at('/explore?last=1h&q=level:ERROR+service:payments'));
    const { page, hand } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    await hand.click(page.getByRole('button', { name: 'Remove the filter level:ERROR' }));
    await page.waitForURL((url) => url.searchParams.get('q') === 'service:payments');
    const rail = page.getByRole('region', { name: 'Fields' });
    await rail.getByRole('button', { name: 'Also service gateway' }).click();
    await page.waitForURL((url) => url.searchParams.get('q') === 'service:(payments OR gateway)');
    await rail.getByRole('button', { name: 'Exclude level ERROR' }).click();
    await page.waitForURL(/-level:ERROR/);
    await page.getByText(/\d+ shown/).waitFor();
    for (const text of await rows(page).allInnerTexts()) assert.match(text, /INFO\s+(payments|gateway)/);
  });

  await t.test('a drag zooms, Esc goes back, and the address holds all of it', async (t) => {
    const visitor = await visit(t, at('/explore?last=1h'));
    const { page, hand } = visitor;
    const explorer = new ExplorerHand(visitor, 'desktop');
    await explorer.settled();
    await hand.drag(explorer.bars, 0.5, 0.6);
    await page.waitForURL(/from=/);
    await explorer.settled();
    const [from, to] = [Date.parse(parameter(page, 'from')[0]), Date.parse(parameter(page, 'to')[0])];
    assert.ok(Math.abs(to - from - 360_000) < 20_000, `a tenth of an hour: ${to - from} ms`);
    const seen = await rows(page).allInnerTexts();
    await page.reload();
    await explorer.settled();
    await eventually(
      () => rows(page).allInnerTexts(),
      (texts) => isDeepStrictEqual(texts, seen),
    );
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has('from'));
    await explorer.settled();
    await hand.drag(explorer.bars, 0.2, 0.3);
    await page.waitForURL(/from=/);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('from'));
  });

  await t.test('a typed range is read in the zone of the page', async (t) => {
    const visitor = await visit(t, at('/explore'));
    const { page } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    await page.keyboard.press('d');
    await page.keyboard.type('2026-01-02 14:00 - 14:10');
    await page.getByText('2026-01-02 14:00:00 – 2026-01-02 14:10:00').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=/);
    assert.deepEqual([...parameter(page, 'from'), ...parameter(page, 'to')], ['2026-01-02T13:00:00.000Z', '2026-01-02T13:10:00.000Z']);
  });

  await t.test('columns are added, moved and removed, and are in the address', async (t) => {
    const visitor = await visit(t, at('/explore?last=1h&q=service:payments'));
    const { page, hand } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    await page.getByRole('button', { name: 'Actions for customer_id' }).click();
    await hand.click(page.getByRole('menuitem', { name: 'Add column' }));
    await page.getByRole('columnheader', { name: 'customer_id' }).waitFor();
    await page.waitForURL((url) => url.searchParams.getAll('col').join() === 'service,customer_id,message');
    assert.match((await rows(page).first().innerText()).replaceAll('\n', ' '), /payments c-\d+ \S/);
    await page.getByRole('button', { name: 'Column customer_id' }).click();
    await hand.click(page.getByRole('menuitem', { name: 'Move left' }));
    await page.waitForURL((url) => url.searchParams.getAll('col').join() === 'customer_id,service,message');
    await page.getByRole('button', { name: 'Column service' }).click();
    await hand.click(page.getByRole('menuitem', { name: 'Remove column' }));
    await page.waitForURL((url) => url.searchParams.getAll('col').join() === 'customer_id,message');
  });

  await t.test('everything by keyboard: lines, a line, its context, its trace, and one step back at a time', async (t) => {
    const visitor = await visit(t, at('/explore?last=1h&q=level:ERROR'));
    const { page } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    for (const key of ['j', 'j', 'k', 'Enter']) await page.keyboard.press(key);
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('tab', { name: 'Line', selected: true }).waitFor();
    await page.waitForURL(/line=/);
    const firstLine = parameter(page, 'line')[0];
    await page.keyboard.press('j');
    await page.waitForURL((url) => url.searchParams.get('line') !== firstLine);
    for (const [key, tab] of [
      ['c', 'Context'],
      ['t', 'Trace'],
      ['p', 'Pattern'],
    ]) {
      await page.keyboard.press(key);
      await details.getByRole('tab', { name: new RegExp(tab), selected: true }).waitFor();
    }
    await page.keyboard.press('Escape');
    await details.getByRole('tab', { name: 'Line', selected: true }).waitFor();
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Shortcuts' }).getByText('Lines around it').waitFor();
  });

  await t.test('context goes on in both directions', async (t) => {
    const visitor = await visit(t, at('/explore?last=1h&q=declined'));
    const { page, hand } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    await hand.click(rows(page).nth(4));
    await hand.press('c');
    const around = page.getByRole('group', { name: 'Lines around the line' });
    const lines = around.locator('li');
    await around.locator('[aria-current=true]').waitFor();
    await hand.click(page.getByRole('complementary').getByRole('button', { name: 'Anything' }));
    await eventually(
      () => around.innerText(),
      (text) => /checkout started/.test(text) && /reserved sku/.test(text),
    );
    const before = await lines.count();
    await around.evaluate('(element) => element.scrollTo(0, 0)');
    await around.hover();
    await eventually(
      async () => {
        await page.mouse.wheel(0, -20_000);
        return lines.count();
      },
      (count) => count > before,
    );
    const further = await lines.count();
    await eventually(
      async () => {
        await page.mouse.wheel(0, 200_000);
        return lines.count();
      },
      (count) => count > further,
    );
  });

  await t.test('a query with pipes makes a table, whose values lead to their lines', async (t) => {
    const query = 'level:ERROR | stats count() as lines by service, error_code | sort lines desc';
    const visitor = await visit(t, at(`/explore?last=1h&q=${encodeURIComponent(query)}`));
    const { page, hand } = visitor;
    const table = page.getByRole('region', { name: 'Table' }).getByRole('table');
    await table.getByRole('row').nth(2).waitFor();
    assert.deepEqual(await table.getByRole('columnheader').allInnerTexts(), ['service', 'error_code', 'lines']);
    await hand.click(table.getByRole('button', { name: 'PROVIDER_TIMEOUT' }));
    await page.waitForURL((url) => url.searchParams.get('q') === 'level:ERROR error_code:PROVIDER_TIMEOUT');
    await page.getByText(/\d+ shown/).waitFor();
    assert.match(await rows(page).first().innerText(), new RegExp(newFailure));
  });

  await t.test('a search is kept under a name and comes back with its columns', async (t) => {
    const visitor = await visit(t, at('/explore?last=4h&q=declined&col=customer_id&col=message'));
    const { page, hand } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    await hand.click(page.getByRole('button', { name: 'Saved searches' }));
    await hand.type('Declined cards');
    await hand.press('Enter');
    await page.getByRole('dialog', { name: 'Saved searches' }).getByText('Declined cards').waitFor();
    await page.goto(at('/explore'));
    await hand.click(page.getByRole('button', { name: 'Saved searches' }));
    await hand.click(page.getByRole('dialog', { name: 'Saved searches' }).getByText('Declined cards'));
    await page.waitForURL(/declined/);
    assert.deepEqual([...parameter(page, 'last'), ...parameter(page, 'col')], ['4h', 'customer_id', 'message']);
  });

  await t.test('live: paused it counts, resumed it goes on, and highlights show', async (t) => {
    const visitor = await visit(t, at('/explore?live=1&q=service:payments'));
    const { page, hand } = visitor;
    await hand.click(page.getByRole('button', { name: 'Pause', exact: true }));
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    const send = (turn: number): Promise<Response> => shop.product.post('/v1/logs/ingest', { logs: orderLines(turn, Date.now(), true) });
    // until the tail is there, lines come too early for it
    await eventually(
      async () => {
        await send(700_000 + Math.floor(Math.random() * 1e6) * 2);
        return page.getByRole('button', { name: /^\d+ new$/ }).count();
      },
      (count) => count === 1,
    );
    const turn = 800_000;
    await send(turn);
    assert.equal(
      await rows(page)
        .filter({ hasText: `ord-${1_000_000 + turn}` })
        .count(),
      0,
      'nothing moves while it is paused',
    );
    await hand.click(page.getByRole('button', { name: /^\d+ new$/ }));
    await rows(page)
      .filter({ hasText: `ord-${1_000_000 + turn}` })
      .waitFor();
    await hand.click(page.getByRole('button', { name: 'Columns and look' }));
    await hand.click(page.getByRole('menuitem', { name: 'Highlight …' }));
    await hand.type('provider timeout');
    await hand.press('Enter');
    await rows(page).locator('mark', { hasText: 'provider timeout' }).first().waitFor();
  });

  await t.test('links to a line and to a trace open them', async (t) => {
    const { hits } = await shop.product.search({ query: 'declined', filters: { time_range: { last: '2h' } }, limit: 1 });
    const { page } = await visit(t, at(`/logs/${hits[0].id}`));
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText(hits[0].message).waitFor();
    await rows(page).filter({ hasText: hits[0].message }).waitFor();
    const traceId = (hits[0] as unknown as { trace_id: string }).trace_id;
    await page.goto(at(`/trace/${traceId}`));
    await details.getByText('4 lines of 4 services').waitFor();
  });

  await t.test('of a hundred thousand fields any is found by its name', async (t) => {
    for (let batch = 0; batch < 10; batch++) {
      const logs = Array.from({ length: 100 }, (_, line) => ({
        // a service has a hundred names of its own
        service: `wide-${batch}-${line}`,
        message: 'many fields',
        metadata: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field_${batch}_${line}_${i}`, `value ${i}`])),
      }));
      assert.equal((await shop.product.post('/v1/logs/ingest', { logs })).status, 202);
    }
    await eventually(
      () => shop.product.search({ query: 'field_9_99_7:*', filters: { time_range: { last: '1h' } }, limit: 1 }),
      ({ total }) => total === 1,
    );
    const visitor = await visit(t, at('/explore?last=1h&q=many'));
    const { page } = visitor;
    await new ExplorerHand(visitor, 'desktop').settled();
    const rail = page.getByRole('region', { name: 'Fields' });
    await rail.getByText('There are more fields; find them by name.').waitFor();
    assert.ok((await rail.getByRole('button', { expanded: false }).count()) < 400, 'the rail stays small');
    await page.getByRole('searchbox', { name: 'Find a field' }).fill('field_9_99_77');
    await rail
      .getByRole('button', { name: /^field_9_99_77\b/ })
      .first()
      .waitFor();
    await rail.getByText('value 77').waitFor();
  });
});
