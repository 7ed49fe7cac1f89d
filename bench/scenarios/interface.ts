/**
 * The interface in Chromium: from the press of a key to the first line in sight, over many lines; and scrolling through a hundred
 * thousand of them. Without Chromium the scenario measures nothing and says so.
 */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { ensureInterface } from '../../scripts/interface-build.mjs';
import { withProduct } from '../harness.ts';
import { Latencies } from '../harness/latencies.ts';
import type { BenchContext, Scenario, ScenarioResult } from '../scenario.ts';
import { fill } from './queries.ts';

const executablePath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path !== '' && existsSync(path),
);

const patienceMs = 20_000;
const scrolledLines = 100_000;
/** Some 360 lines a second: faster than anyone reads, and every frame has lines that were not there before. */
const scrollPixelsPerSecond = 8000;
const scrollSeconds = 5;
/** Each is asked once, so that no answer is kept. */
const queries = [
  'level:ERROR',
  'timeout',
  'deadlock',
  'level:WARN -timeout',
  'circuit OR deadlock',
  'level:INFO request',
  'timeout level:ERROR',
];

export const interfaceScenario: Scenario = {
  name: 'interface',
  goals: [
    {
      id: 'interface.first_line',
      title: 'from Enter to the first line in sight, 10 M lines, median',
      unit: 'ms',
      limit: 300,
      direction: 'at_most',
    },
    { id: 'interface.first_line_p95', title: 'the same, 95th percentile', unit: 'ms', limit: 600, direction: 'at_most' },
    { id: 'interface.frames', title: 'scrolling through 100,000 lines', unit: 'frames/s', limit: 55, direction: 'at_least' },
  ],
  run: async (context) => {
    if (executablePath === undefined)
      return { measurements: [], wrong: [], notes: ['No Chromium here: nothing was measured.'], details: {} };
    if (!(await ensureInterface(() => {}))) throw new Error('the interface cannot be built');
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      return await measure(context, browser);
    } finally {
      await browser.close();
    }
  },
};

function measure(context: BenchContext, browser: Browser): Promise<ScenarioResult> {
  return withProduct(context.freshDirectory('interface'), async (product) => {
    await fill(context, product, context.sizes.manyLines, 24 * 3_600_000);
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`http://127.0.0.1:${product.port}/explore?last=7d`);
    await page.locator('[role=row][data-index]').first().waitFor({ timeout: 60_000 });
    const firstLine = new Latencies();
    const wrong: string[] = [];
    for (const query of queries) {
      const tookMs = await firstLineMs(page, query);
      if (tookMs > patienceMs) wrong.push(`no line of ${query} came into sight`);
      firstLine.add(tookMs);
    }
    const frames = await framesPerSecond(page, context);
    return {
      measurements: [
        { goal: 'interface.first_line', value: firstLine.percentile(50) },
        { goal: 'interface.first_line_p95', value: firstLine.percentile(95) },
        { goal: 'interface.frames', value: frames },
      ],
      wrong,
      details: { firstLine: firstLine.summary(), scrolledLines },
    };
  });
}

/** Types a query, presses Enter, and measures in the page until the frame that shows its first line has been drawn. The focus is on the list then. */
async function firstLineMs(page: Page, query: string): Promise<number> {
  await page.keyboard.press('/');
  await page.keyboard.type(query);
  // closes the proposals, then leaves the box; it is entered again for the key alone
  for (const key of ['Escape', 'Escape', '/', 'End']) await page.keyboard.press(key);
  await page.evaluate(`void (window.firstLineMs = new Promise((resolve) => {
    addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      const startMs = performance.now();
      const look = () => {
        // while the lines are still those of the query before, the list is busy
        const grid = document.querySelector('[role=grid][aria-busy=false]');
        const isNew = grid?.getAttribute('aria-label') === ${JSON.stringify(`Lines of ${query}`)} && grid.querySelector('[role=row][data-index]') !== null;
        if (isNew || performance.now() - startMs > ${patienceMs}) setTimeout(() => resolve(performance.now() - startMs));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true });
  }))`);
  await page.keyboard.press('Enter');
  return (await page.evaluate('window.firstLineMs')) as number;
}

/** Loads the lines by going to the end again and again, then scrolls through them evenly and counts the frames. */
async function framesPerSecond(page: Page, { say }: BenchContext): Promise<number> {
  await page.keyboard.press('Escape');
  await page.goto(`${page.url().split('?')[0]}?last=7d`);
  await page.locator('[role=row][data-index]').first().waitFor({ timeout: 60_000 });
  const count = (await page.evaluate(`new Promise((resolve) => {
    const grid = document.querySelector('[role=grid]');
    const startMs = performance.now();
    const look = () => {
      const lines = Number(grid.getAttribute('aria-rowcount'));
      grid.scrollTop = grid.scrollHeight;
      if (lines >= ${scrolledLines} || performance.now() - startMs > 240000) resolve(lines);
      else setTimeout(look, 20);
    };
    look();
  })`)) as number;
  say(`${count} lines in the list`);
  const grid = await page.locator('[role=grid]').boundingBox();
  if (grid === null) throw new Error('there is no list');
  await page.evaluate(`{
    const counted = (window.counted = { frames: 0, fromMs: performance.now(), toMs: 0 });
    requestAnimationFrame(function count() {
      counted.frames++;
      counted.toMs = performance.now();
      requestAnimationFrame(count);
    });
  }`);
  // the wheel of a mouse, as far and as long as a hand would turn it: the list is at its end, and goes back
  const session = await page.context().newCDPSession(page);
  await session.send('Input.synthesizeScrollGesture', {
    x: Math.round(grid.x + grid.width / 2),
    y: Math.round(grid.y + grid.height / 2),
    yDistance: scrollPixelsPerSecond * scrollSeconds,
    speed: scrollPixelsPerSecond,
    gestureSourceType: 'mouse',
  });
  return (await page.evaluate('(1000 * counted.frames) / (counted.toMs - counted.fromMs)')) as number;
}
