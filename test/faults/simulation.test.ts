/** Random histories of faults, for a few seconds; `npm run test:faults` runs them for long. `MILLRACE_SEED` runs one again. */
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { simulate } from './simulation.ts';

const seed = process.env['MILLRACE_SEED'];

test('random histories of faults keep every acknowledged line, once', async (t) => {
  const firstSeed = seed === undefined ? randomInt(2 ** 30) : Number(seed);
  const { histories, interleavings } = await simulate(firstSeed, seed === undefined ? 12_000 : 0);
  t.diagnostic(`${histories} histories from seed ${firstSeed}, ${interleavings} interleavings`);
});
