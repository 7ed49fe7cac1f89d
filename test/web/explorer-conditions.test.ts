/** The page Explorer under bad conditions: hostile lines, a slow or partial search, a server that is away, a wrong clock. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { ensureInterface } from '../../scripts/interface-build.mjs';
import { Product, eventually, temporaryDirectory } from '../support/product.ts';
import { assertAccessible, skipWithoutChromium, visit } from './browser.ts';
import { freePorts } from './site.ts';

/** Every way of getting code into a page that is known from cross-site scripting collections; each sets `window.hacked` if it runs. */
const hostileTexts: readonly string[] = [
  '<script>window.hacked=1</script>',
  '<img src=x onerror="window.hacked=1">',
  '<svg onload=window.hacked=1>',
  '<svg><script>window.hacked=1</script></svg>',
  '<iframe srcdoc="<script>parent.hacked=1</script>">',
  '<a href="javascript:window.hacked=1">x</a>',
  '<details open ontoggle=window.hacked=1>',
  '<input autofocus onfocus=window.hacked=1>',
  '<math><mtext></mtext><mglyph><style><img src=x onerror=window.hacked=1></style></math>',
  '"><script>window.hacked=1</script>',
  "';window.hacked=1;//",
  '</script><script>window.hacked=1</script>',
  '{{constructor.constructor("window.hacked=1")()}}',
  '${window.hacked=1}',
  '<style>*{display:none}</style>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<object data="javascript:window.hacked=1">',
  '&lt;script&gt;window.hacked=1&lt;/script&gt;',
  '<b onmouseover=window.hacked=1>bold</b>',
];
const deceivingText = 'invoice\u202Efdp.exe\u0000end \u001b[31mred\u001b[0m zero\u200bwidth שלום עולם';
const megabyteChars = 1_000_000;

function hostileLines(nowMs: number): object[] {
  const line = (index: number, message: string, more: object = {}): object => ({
    timestamp: new Date(nowMs - 60_000 + index).toISOString(),
    level: 'INFO',
    service: 'hostile',
    message,
    ...more,
  });
  return [
    ...hostileTexts.map((text, index) =>
      line(index, text, {
        service: text.slice(0, 200),
        host: text,
        metadata: { [`field ${text}`]: text, nested: { [text]: [text] }, json: JSON.stringify({ [text]: text }) },
      }),
    ),
    line(100, deceivingText, { service: 'deceiving', metadata: { 'name\u202Eeman': deceivingText } }),
    line(101, `begin ${'long '.repeat(megabyteChars / 5)}end`, { service: 'long' }),
    line(102, `boom\n${Array.from({ length: 40 }, (_, i) => `\tat a.b.C.d${i}(C.java:${i})`).join('\n')}\nCaused by: y`, {
      service: 'trace',
    }),
    line(103, 'numbers', { service: 'numbers', metadata: { large: 0, text: '1.50' } }),
  ];
}

/** As sent: JSON.stringify would write other digits. */
const exactDigits = '12345678901234567890';

async function startHostile(t: TestContext): Promise<Product> {
  assert.ok(await ensureInterface(() => {}));
  const product = await Product.start({ dataDirectory: await temporaryDirectory('hostile'), environment: freePorts });
  t.after(() => product.kill());
  const body = JSON.stringify({ logs: hostileLines(Date.now()) }).replace('"large":0', `"large":${exactDigits}`);
  assert.equal((await product.post('/v1/logs/ingest', body)).status, 202);
  await eventually(
    () => product.search({ filters: { time_range: { last: '1h' } }, limit: 1 }),
    ({ total }) => total >= hostileTexts.length + 4,
  );
  return product;
}

/** The search has ended, with every line that was sent. */
const allShown = `${hostileTexts.length + 4} shown, `;
const rows = (page: Page) => page.locator('[role=row][data-index]');
const hacked = (page: Page): Promise<unknown> => page.evaluate('window.hacked');

test('the Explorer under bad conditions', { skip: skipWithoutChromium, timeout: 600_000 }, async (t) => {
  const product = await startHostile(t);
  const { url } = product;

  await t.test('HTML and script in lines are text, in every view', async (t) => {
    const { page, troubles } = await visit(t, `${url}/explore?last=1h&col=service&col=host&col=message`);
    await page.getByText(allShown).waitFor();
    const missing = async (): Promise<string[]> => {
      const shown = (await rows(page).allInnerTexts()).join('\n');
      return hostileTexts.filter((text) => !shown.includes(text));
    };
    await eventually(missing, ({ length }) => length === 0);
    const count = await rows(page).count();
    for (let index = 0; index < count; index += 3) {
      await rows(page).nth(index).click();
      await page.getByRole('complementary', { name: 'Details' }).getByRole('table').waitFor();
      for (const key of ['c', 'Escape']) await page.keyboard.press(key);
    }
    for (const view of ['Patterns', 'Compare', 'Lines']) await page.getByRole('tab', { name: view }).click();
    const rail = page.getByRole('region', { name: 'Fields' });
    await rail
      .getByRole('button', { name: /^nested/ })
      .first()
      .click();
    await page.getByRole('searchbox', { name: 'Find a field' }).fill('<img');
    await page.getByRole('button', { name: 'Columns and look' }).click();
    assert.equal(await hacked(page), undefined);
    assert.equal(await page.locator('main iframe, main object, main base, main script, main [onerror], main [onload]').count(), 0);
    assert.deepEqual(troubles, []);
  });

  await t.test('filters made from hostile values ask for exactly them', async (t) => {
    const { page, troubles } = await visit(t, `${url}/explore?last=1h`);
    await rows(page).filter({ hasText: '<base href' }).click();
    await page.getByRole('button', { name: /^Only host <base/ }).click();
    await page.waitForURL(/q=/);
    await page.getByText('1 shown').waitFor();
    assert.equal(await rows(page).count(), 1);
    assert.equal(await hacked(page), undefined);
    assert.deepEqual(troubles, []);
  });

  await t.test('what cannot be seen is named, and nothing turns the line around', async (t) => {
    const { page } = await visit(t, `${url}/explore?last=1h&q=service:deceiving`);
    const row = rows(page).first();
    await row.waitFor();
    const text = await row.innerText();
    for (const name of ['RLO', '␀', 'ZWSP', 'שלום']) assert.ok(text.includes(name), `${name} in ${text}`);
    assert.doesNotMatch(text, /[\u202e\u0000\u200b]/);
    await row.click();
    await page.getByRole('rowheader', { name: 'name⟨RLO⟩eman' }).waitFor();
  });

  await t.test('a line of a megabyte is cut, with the rest at hand; a stack trace is folded', async (t) => {
    const { page } = await visit(t, `${url}/explore?last=1h&q=service:long`);
    const row = rows(page).first();
    await row.waitFor();
    assert.ok((await row.innerText()).length < 1000);
    await row.click();
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('button', { name: 'Show all (1 MB)' }).click();
    await eventually(
      async () => (await details.locator('pre').first().innerText()).length,
      (length) => length > megabyteChars,
    );
    await page.goto(`${url}/explore?last=1h&q=service:trace`);
    await rows(page).first().getByText('+41 lines').waitFor();
    await rows(page).first().click();
    await details.getByRole('button', { name: '36 more frames' }).click();
    await details.getByText('C.java:39').waitFor();
  });

  await t.test('numbers keep their digits, in the panel and in filters', async (t) => {
    const { page } = await visit(t, `${url}/explore?last=1h&q=service:numbers`);
    await rows(page).first().click();
    await page.getByRole('button', { name: `Only large ${exactDigits}` }).click();
    await page.waitForURL(new RegExp(`large:${exactDigits}`));
    await page.getByText('1 shown').waitFor();
  });

  await t.test('a query that is wrong is told at its character, and asked nowhere', async (t) => {
    const { page } = await visit(t, `${url}/explore?last=1h`);
    await rows(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('level:ERROR "open');
    await page.keyboard.press('Enter');
    await page.getByText('this quote is not closed').waitFor();
    assert.equal(await page.locator('.query-error').innerText(), '"');
    assert.doesNotMatch(page.url(), /open/);
  });

  await t.test('a slow search shows how far it is, and keeps what came when it is stopped', async (t) => {
    const { page } = await visit(t, `${url}/explore?last=1h`);
    await page.getByText(allShown).waitFor();
    await slowSearch(page);
    await page.keyboard.press('r');
    await page.getByText(/40 %, down to/).waitFor();
    await eventually(
      () => rows(page).count(),
      (count) => count === 2,
    );
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('stopped', { exact: false }).first().waitFor();
    assert.equal(await rows(page).count(), 2);
    await page.getByRole('button', { name: 'Go on' }).first().waitFor();
  });

  await t.test('a partial answer says which range it covers', async (t) => {
    const { page } = await visit(t, `${url}/explore?last=1h`);
    await page.getByText(allShown).waitFor();
    await slowSearch(page, true);
    await page.keyboard.press('r');
    await page.getByText(/not complete: covers (?:\d{4}-\d\d-\d\d )?\d\d:\d\d/).waitFor();
    await page.getByText('The server stopped here: it took too long.').waitFor();
  });

  await t.test('a server that is away is said so; what is shown stays; its return is noticed', async (t) => {
    const { page, context } = await visit(t, `${url}/explore?last=1h`);
    await page.getByText(allShown).waitFor();
    const before = await rows(page).count();
    await context.setOffline(true);
    await page.keyboard.press('r');
    await page.getByText(/Server away since/).waitFor();
    assert.equal(await rows(page).count(), before, 'the lines from before');
    await context.setOffline(false);
    await page.getByText(/Server away since/).waitFor({ state: 'detached' });
    await page.getByText(allShown).waitFor();
  });

  await t.test('the clock of the server counts, not that of the browser', async (t) => {
    const { page } = await visit(t, `${url}/status`);
    await page.clock.install({ time: new Date(Date.now() + 3 * 86_400_000) });
    await page.goto(`${url}/explore?last=1h`);
    await rows(page).filter({ hasText: 'numbers' }).waitFor();
  });

  await t.test('where there is no line, it says what to do', async (t) => {
    const { page, hand } = await visit(t, `${url}/explore?q=nowhere-to-be-found&last=15m`);
    await page.getByText('No line of this query in the last 15 minutes').waitFor();
    await hand.click(page.getByRole('button', { name: 'Clear the query' }).last());
    await rows(page).first().waitFor();
  });

  for (const theme of ['dark', 'light'] as const) {
    for (const size of ['desktop', 'phone'] as const) {
      await t.test(`${theme}, ${size}: nothing serious for axe-core, nothing beside the window`, async (t) => {
        const { page, troubles } = await visit(t, `${url}/explore?last=1h`, { theme, size });
        await page.getByText(allShown).waitFor();
        await assertAccessible(page, 'list');
        await rows(page).nth(3).click();
        await page.getByRole('complementary', { name: 'Details' }).getByRole('table').waitFor();
        await assertAccessible(page, 'line');
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page does not scroll sideways');
        assert.deepEqual(troubles, []);
      });
    }
  }
});

/** From now on searches give two lines and 40 %, and then nothing more; or end early and say so. */
async function slowSearch(page: Page, endsEarly = false): Promise<void> {
  await page.evaluate(`{
    const original = window.fetch;
    window.fetch = async (input, init) => {
      if (!String(input).includes('/search/stream')) return original(input, init);
      const now = Date.now();
      const line = (i) => JSON.stringify({ id: '0000000' + i, timestamp: new Date(now - i * 1000).toISOString(), level: 'INFO', service: 's', host: 'h', trace_id: '', span_id: '', message: 'line ' + i, metadata: {}, receive_ts: new Date(now).toISOString() });
      const progress = JSON.stringify({ progress: { searched_to: new Date(now - 60000).toISOString(), share: 0.4, found: 2, scanned: 100 } });
      const end = JSON.stringify({ end: { complete: false, reason: 'it took too long', found: 2, next_cursor: 'x', covered_range: { from: new Date(now - 60000).toISOString(), to: new Date(now).toISOString() }, took_ms: 5, scanned: 100 } });
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode([line(1), line(2), progress, ...(${endsEarly} ? [end] : []), ''].join('\\n')));
          if (${endsEarly}) controller.close();
          init.signal.addEventListener('abort', () => controller.error(init.signal.reason));
        },
      });
      return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
    };
  }`);
}
