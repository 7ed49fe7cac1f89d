/**
 * Chromium for the tests of the interface: Debian's, with an empty profile, and no network but the product. Where it is missing,
 * tests are skipped and say so; with REQUIRE_CHROMIUM, as CI sets it, they fail.
 *
 * A page is used through a `Hand`, which counts actions as docs/design/interface.md counts them.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after } from 'node:test';
import type { TestContext } from 'node:test';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { repositoryRoot } from '../support/product.ts';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = [process.env.CHROMIUM ?? '', ...executables].find((path) => path !== '' && existsSync(path));

/** Why no browser test can run here; to be given to `test` as `skip`. */
export const skipWithoutChromium: string | false =
  executablePath === undefined && !process.env.REQUIRE_CHROMIUM ? `no Chromium at ${executables.join(', ')}` : false;

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** One for all tests of a file; each visit has a profile of its own, which is empty. */
let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

export type Theme = 'light' | 'dark';
export type Size = 'desktop' | 'phone';
const viewports = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

export interface OpenOptions {
  readonly theme?: Theme;
  readonly size?: Size;
}

export interface Visitor {
  readonly page: Page;
  readonly hand: Hand;
  readonly context: BrowserContext;
  /** What went wrong in the page: exceptions, breaches of its policy, requests to anywhere else. */
  readonly troubles: readonly string[];
}

/** Opens a page of the product, and waits until it has been drawn. */
export async function visit(t: TestContext, url: string, { theme = 'dark', size = 'desktop' }: OpenOptions = {}): Promise<Visitor> {
  browser ??= chromium.launch({ executablePath, headless: true, args: flags, timeout: 120_000 });
  const context = await (await browser).newContext({
    viewport: viewports[size],
    hasTouch: size === 'phone',
    colorScheme: theme,
    timezoneId: 'Europe/Berlin',
    // colours are looked at, and a part that is half faded in has none of its own
    reducedMotion: 'reduce',
  });
  t.after(() => context.close());
  // for machines that have much else to do
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const troubles: string[] = [];
  const origin = new URL(url).origin;
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (/Content.Security.Policy|Refused to/i.test(message.text())) troubles.push(message.text());
  });
  page.on('request', (request) => {
    if (/^(?:https?|wss?):/.test(request.url()) && !request.url().startsWith(origin)) troubles.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  await page.locator('main').waitFor();
  return { page, hand: new Hand(page), context, troubles };
}

/** What a person does: each of these is one action. Waiting, hovering and scrolling are none. */
export class Hand {
  readonly #page: Page;
  actions = 0;
  readonly #startedMs = performance.now();

  constructor(page: Page) {
    this.#page = page;
  }

  /** Since the first page was there. */
  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedMs);
  }

  async click(target: Locator): Promise<void> {
    this.actions += 1;
    await target.click();
  }

  /** A choice of a native list: it is opened, and an entry pressed. */
  async choose(target: Locator, value: string): Promise<void> {
    this.actions += 2;
    await target.selectOption(value);
  }

  async press(keys: string): Promise<void> {
    this.actions += 1;
    await this.#page.keyboard.press(keys);
  }

  /** A text typed or pasted where the focus is. */
  async type(text: string): Promise<void> {
    this.actions += 1;
    await this.#page.keyboard.type(text);
  }

  async drag(target: Locator, fromShare: number, toShare: number): Promise<void> {
    this.actions += 1;
    const box = await target.boundingBox();
    assert.ok(box, 'what is dragged on can be seen');
    const y = box.y + box.height / 2;
    await this.#page.mouse.move(box.x + box.width * fromShare, y);
    await this.#page.mouse.down();
    await this.#page.mouse.move(box.x + box.width * toShare, y, { steps: 8 });
    await this.#page.mouse.up();
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing that axe-core calls serious or critical. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axeSource);
  const found = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.slice(0, 4).map(({ html, failureSummary }) => html.slice(0, 160) + ' — ' + failureSummary) })))",
  )) as { impact: string }[];
  assert.deepEqual(
    found.filter(({ impact }) => impact === 'serious' || impact === 'critical'),
    [],
    what,
  );
}

/** Keeps a picture in docs/images, only where MILLRACE_SCREENSHOTS is set. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!process.env.MILLRACE_SCREENSHOTS) return;
  const directory = join(repositoryRoot, 'docs', 'images');
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
