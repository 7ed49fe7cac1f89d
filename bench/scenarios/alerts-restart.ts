/** A restart of alerts with windows of an hour over a long log: with a checkpoint, and without one, which reads the hour again. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LineGenerator } from '../generator.ts';
import { Product, sleep } from '../harness.ts';
import { alertState, applyRules, mixedRule } from '../harness/alert-rules.ts';
import { sendAll } from '../harness/load.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const ruleCount = 100;
const windowMs = 3_600_000;
const keep = ['--log.keep_after_index=6h', '--log.max_bytes=60GB', '--canary.enabled=false'];
const waitMs = 600_000;

/** Time from the start of the process until the evaluation has read everything and is with the present. */
async function caughtUp(directory: string): Promise<{ product: Product; tookMs: number; lines: number }> {
  const startMs = performance.now();
  const product = await Product.start(directory, keep);
  for (; performance.now() < startMs + waitMs; await sleep(50)) {
    const { state, lagMs, lines } = await alertState(product.client);
    if (state === 'running' && lagMs < 2000) return { product, tookMs: performance.now() - startMs, lines };
  }
  throw new Error(`the evaluation has not caught up in ${waitMs / 1000} s: ${JSON.stringify(await alertState(product.client))}`);
}

async function fill(context: BenchContext, directory: string): Promise<void> {
  const product = await Product.start(directory, keep);
  await applyRules(
    product.client,
    Array.from({ length: ruleCount }, (_, n) => mixedRule(n, windowMs)),
  );
  const lines = 2 * context.sizes.manyLines;
  const generator = new LineGenerator({ lines, endMs: Date.now() + 60_000, rangeMs: 600_000 });
  await sendAll(product.port, generator.batches());
  for (let lagMs = Number.POSITIVE_INFINITY; lagMs > 2000; lagMs = (await alertState(product.client)).lagMs) await sleep(500);
  await product.stop();
}

export const alertsRestartScenario: Scenario = {
  name: 'alerts-restart',
  goals: [
    { id: 'alerts.restart', title: 'alerts: restart caught up, windows of 1 h', unit: 's', limit: 60, direction: 'at_most' },
    { id: 'alerts.restart_anew', title: 'alerts: the same without a checkpoint', unit: 's', limit: 60, direction: 'at_most' },
  ],
  async run(context) {
    const directory = context.freshDirectory('alerts-restart');
    try {
      context.say(`alerts: ${2 * context.sizes.manyLines} lines into the log`);
      await fill(context, directory);
      const kept = await caughtUp(directory);
      await kept.product.stop();
      await rm(join(kept.product.dataDirectory, 'alerts', 'checkpoint'));
      const anew = await caughtUp(directory);
      await anew.product.stop();
      return {
        measurements: [
          { goal: 'alerts.restart', value: kept.tookMs / 1000 },
          { goal: 'alerts.restart_anew', value: anew.tookMs / 1000 },
        ],
        wrong: anew.lines < context.sizes.manyLines ? [`only ${anew.lines} lines were read again`] : [],
        details: { lines: 2 * context.sizes.manyLines, rules: ruleCount, readAgain: anew.lines },
      };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
