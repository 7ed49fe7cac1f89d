/** Investigations on the page Explorer, each within its number of actions, on a desktop and a phone, light and dark. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { eventually } from '../../support/product.ts';
import { picture, skipWithoutChromium, visit } from '../browser.ts';
import type { Size, Theme, Visitor } from '../browser.ts';
import { ExplorerHand } from './explorer-hand.ts';
import { failingCustomer, newFailure, orderLines, releaseMinutesAgo, startShop } from './release.ts';
import type { Shop } from './release.ts';

interface Scene extends Visitor {
  readonly shop: Shop;
  readonly explorer: ExplorerHand;
  readonly size: Size;
}

interface Investigation {
  readonly number: number;
  readonly question: string;
  readonly mostActions: number;
  readonly path?: string;
  readonly solve: (scene: Scene) => Promise<void>;
}

/** Where the release stands in the last fifteen minutes, from 0 to 1; the page is opened a little later than the lines came. */
function releaseShare({ shop }: Scene): number {
  return 1 - (releaseMinutesAgo * 60_000 + (Date.now() - shop.nowMs)) / (15 * 60_000);
}

const investigations: readonly Investigation[] = [
  {
    number: 1,
    question: 'newest errors of a service',
    mostActions: 2,
    solve: async ({ page, explorer }) => {
      await explorer.onlyLevel('ERROR');
      await page.waitForURL(/level:ERROR/);
      await explorer.settled();
      await explorer.onlyService('payments');
      await page.waitForURL(/service:payments/);
      await explorer.settled();
      const [first] = await explorer.messages();
      assert.match(first, /ERROR\s+payments/);
      for (const text of await explorer.messages()) assert.match(text, /ERROR\s+payments/);
    },
  },
  {
    number: 2,
    question: 'an order id, its line and its trace',
    mostActions: 4,
    solve: async ({ page, hand, explorer, size, context }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.evaluate("navigator.clipboard.writeText('ord-1000031')");
      if (size === 'phone') await hand.click(page.getByRole('textbox', { name: 'Query' }));
      else await hand.press('/');
      await hand.press('Control+v');
      await page.waitForURL(/ord-1000031/);
      await explorer.settled();
      assert.equal(await explorer.rows.count(), 4);
      await hand.click(explorer.rows.first());
      if (size === 'phone') await hand.click(explorer.details.getByRole('tab', { name: 'Trace' }));
      else await hand.press('t');
      const services = explorer.details.getByRole('list', { name: 'Services of the trace' });
      for (const service of ['checkout', 'inventory', 'payments', 'gateway']) await services.getByText(service).waitFor();
      await explorer.details.getByText('4 lines of 4 services').waitFor();
    },
  },
  {
    number: 3,
    question: 'what began then',
    mostActions: 2,
    solve: async (scene) => {
      const { page, hand, explorer } = scene;
      const share = releaseShare(scene);
      await hand.drag(explorer.bars, share - 0.01, share + 0.3);
      await page.waitForURL(/from=/);
      await hand.click(page.getByRole('tab', { name: 'Patterns' }));
      const pattern = page.locator('tr[data-change=new]', { hasText: newFailure });
      await pattern.waitFor();
      const first = page.locator('tr[data-pattern]').first();
      assert.equal(await first.getAttribute('data-change'), 'new', 'what is new comes first');
    },
  },
  {
    number: 5,
    question: 'lines around an error on its host',
    mostActions: 1,
    path: '/explore?q=level:ERROR+service:payments+declined&last=1h',
    solve: async ({ page, hand, explorer, size }) => {
      const row = explorer.rows.nth(6);
      const around =
        size === 'phone'
          ? explorer.details.getByRole('region', { name: 'Lines around the line' })
          : explorer.details.getByRole('group', { name: 'Lines around the line' });
      if (size === 'phone') await hand.click(row);
      else {
        await row.hover();
        await page.mouse.move(400, 300);
        await row.hover();
        await hand.press('c');
      }
      const marked = around.locator('[aria-current=true]');
      // the lines before and after come one after the other, and the list is drawn anew with each
      await marked.filter({ hasText: 'card declined' }).waitFor();
      await around
        .getByText(/charged/)
        .first()
        .waitFor();
      assert.doesNotMatch(await around.innerText(), /checkout started|reserved/, 'lines of the host only');
    },
  },
  {
    number: 7,
    question: 'before and after a release',
    mostActions: 3,
    solve: async (scene) => {
      const { page, hand, explorer } = scene;
      await hand.click(page.getByRole('tab', { name: 'Compare' }));
      // a little before the release: the bar under the pointer begins before it
      const box = await explorer.bars.boundingBox();
      assert.ok(box);
      hand.actions++;
      await page.mouse.click(box.x + box.width * (releaseShare(scene) - 0.006), box.y + box.height * 0.9);
      await page.waitForURL(/at=/);
      const patterns = page.getByRole('region', { name: 'Patterns that changed' });
      await patterns.locator('tr[data-change=new]', { hasText: newFailure }).waitFor();
      const values = page.getByRole('region', { name: 'Values that are more frequent' });
      await values.locator('tr[data-field=error_code]', { hasText: 'PROVIDER_TIMEOUT' }).waitFor();
    },
  },
  {
    number: 8,
    question: 'a rollout live, with a filter',
    mostActions: 2,
    solve: async ({ page, hand, explorer, shop, size }) => {
      await hand.click(page.getByRole('button', { name: 'Live' }));
      await page.waitForURL(/live=1/);
      await explorer.onlyService('payments');
      await page.waitForURL(/service:payments/);
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      // until the tail is there, lines come too early for it
      let turn = 9000 + (size === 'phone' ? 1 : 0) + Math.floor(Math.random() * 100_000) * 46;
      const sent: number[] = [];
      const send = async (): Promise<void> => {
        turn += 46;
        sent.push(1_000_000 + turn);
        await shop.product.post('/v1/logs/ingest', { logs: orderLines(turn, Date.now(), true) });
      };
      await eventually(
        async () => {
          await send();
          return explorer.rows.filter({ hasText: new RegExp(`ord-(?:${sent.join('|')})`) }).count();
        },
        (count) => count > 0,
      );
      await send();
      await explorer.rows.filter({ hasText: `ord-${1_000_000 + turn}` }).waitFor();
      assert.equal(await explorer.rows.filter({ hasText: `order ord-${1_000_000 + turn}` }).count(), 1, 'of one service only');
    },
  },
  {
    number: 9,
    question: 'which customer causes the errors',
    mostActions: 2,
    path: '/explore?q=level:ERROR&last=4h',
    solve: async ({ page, hand, size, shop }) => {
      if (size === 'phone') await hand.click(page.getByRole('button', { name: 'Show fields (f)' }));
      const rail = page.getByRole('region', { name: 'Fields' });
      await hand.click(rail.getByRole('button', { name: /^customer_id/ }));
      const values = rail.getByRole('group', { name: 'Values of customer_id' });
      await values.getByRole('button', { name: new RegExp(`^${failingCustomer}\\b`) }).waitFor();
      const answer = await shop.product.post('/v1/logs/aggregate', {
        query: 'level:ERROR',
        filters: { time_range: { last: '4h' } },
        group_by: ['customer_id'],
      });
      const { buckets } = (await answer.json()) as { buckets: { group: { customer_id: string }; value: number }[] };
      const count = buckets.find(({ group }) => group.customer_id === failingCustomer)?.value ?? 0;
      const [first] = (await values.innerText()).split(/(?=c-\d)/);
      assert.match(
        first.replace(/\s+/g, ' '),
        new RegExp(`^${failingCustomer} ${count}\\b`),
        'the most frequent first, with its exact count',
      );
    },
  },
  {
    number: 10,
    question: 'share exactly what I see',
    mostActions: 1,
    path: '/explore?q=level:ERROR&col=service&col=customer_id&col=message',
    solve: async ({ page, hand, context, explorer, shop }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await explorer.settled();
      const seen = await explorer.messages();
      await hand.click(page.getByRole('button', { name: /^Share/ }));
      await page.getByText('Link to exactly this copied').waitFor();
      const link = (await page.evaluate('navigator.clipboard.readText()')) as string;
      await shop.product.post('/v1/logs/ingest', { logs: orderLines(46, Date.now(), true) });
      const other = await context.newPage();
      await other.goto(link);
      await other.waitForURL(/\/explore\?/);
      // the same lines and columns, also later
      await eventually(
        () => other.locator('[role=row][data-index]').allInnerTexts(),
        (texts) => isDeepStrictEqual(texts, seen),
      );
    },
  },
  {
    number: 11,
    question: 'a day of a service as CSV',
    mostActions: 3,
    solve: async ({ page, hand, explorer, shop }) => {
      await hand.click(page.getByRole('button', { name: '24h' }));
      await page.waitForURL(/last=24h/);
      await explorer.settled();
      await explorer.onlyService('payments');
      await page.waitForURL(/service:payments/);
      await explorer.settled();
      const download = page.waitForEvent('download');
      await hand.click(page.getByRole('button', { name: 'Export CSV' }));
      const text = await readFile(await (await download).path(), 'utf8');
      const { total } = await shop.product.search({ query: 'service:payments', filters: { time_range: { last: '24h' } }, limit: 0 });
      assert.equal(text.trimEnd().split('\r\n').length - 1, total, 'all lines, under a head');
      await page
        .getByRole('status', { name: 'Exports' })
        .getByText(/lines, .*whole/)
        .waitFor();
    },
  },
];

async function investigate(
  t: TestContext,
  shop: Shop,
  { number, question, mostActions, path = '/explore', solve }: Investigation,
  theme: Theme,
  size: Size,
): Promise<void> {
  // what the one before has sent would be found by one answer and not by the next
  await eventually(
    () => shop.product.status(),
    ({ consumers }) => consumers.indexer.lag_lines === 0,
  );
  const visitor = await visit(t, `${shop.url}${path}`, { theme, size });
  const explorer = new ExplorerHand(visitor, size);
  await explorer.settled();
  await solve({ ...visitor, shop, explorer, size });
  const { hand, page, troubles } = visitor;
  t.diagnostic(`${number} (${theme}, ${size}): ${hand.actions} actions, ${hand.elapsedMs} ms`);
  assert.ok(hand.actions <= mostActions, `${hand.actions} actions for ${question}, at most ${mostActions}`);
  assert.deepEqual(troubles, []);
  await page.mouse.move(0, 0);
  // two of the four are enough to be looked at
  if ((theme === 'dark') === (size === 'desktop')) await picture(page, `investigation-${number}-${theme}-${size}`);
}

/** All of them on a screen of this size; a file for each, so that they go side by side. */
export function investigateAll(size: Size): void {
  test(`investigations, ${size}`, { skip: skipWithoutChromium, timeout: 900_000 }, async (t) => {
    for (const theme of ['dark', 'light'] as const) {
      // each has its own release, which must be of the last minutes when it is looked for
      await t.test(theme, async (round) => {
        const shop = await startShop(round);
        for (const investigation of investigations) {
          const { number, question } = investigation;
          await round.test(`${number}: ${question}`, { timeout: 180_000 }, (own) => investigate(own, shop, investigation, theme, size));
        }
      });
    }
  });
}
