/** The simulation for long: `FAULT_SECONDS` (default 600), in histories of several lengths. A failure names its seed. */
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { simulate } from './simulation.ts';

const seconds = Number(process.env['FAULT_SECONDS'] ?? 600);

for (const actionCount of [100, 300, 1500]) {
  test(`histories of ${actionCount} actions keep every acknowledged line, once`, { timeout: seconds * 1000 + 60_000 }, async (t) => {
    const firstSeed = randomInt(2 ** 30);
    const { histories, interleavings } = await simulate(firstSeed, (seconds * 1000) / 3, actionCount);
    t.diagnostic(`${histories} histories from seed ${firstSeed}, ${interleavings} interleavings`);
  });
}
