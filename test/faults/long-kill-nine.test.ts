/** kill -9 again and again for `FAULT_SECONDS` (default 600), with a log so small that it is trimmed all the time. */
import test from 'node:test';
import { seededRandom } from './seeded-random.ts';
import { KillRun, smallFlushes, smallLog } from './kill-nine.ts';
import type { Kill } from './kill-nine.ts';
import { NumberedSenders } from './numbered-lines.ts';

const seconds = Number(process.env['FAULT_SECONDS'] ?? 600);
/** One product is compared after so many kills: reading everything back takes longer and longer. */
const killsPerRun = 12;

test('kill -9 at any moment, again and again, loses nothing that was acknowledged', { timeout: seconds * 1000 + 600_000 }, async (t) => {
  const seed = Date.now() % 2 ** 30;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    await t.test('a run', async (t) => {
      const run = await KillRun.start(t, [...smallFlushes, ...smallLog], new NumberedSenders({ pauseMs: 2 }));
      const kills: string[] = [];
      for (let count = 0; count < killsPerRun; count += 1) {
        const kill = randomKill(random);
        kills.push(JSON.stringify(kill));
        t.diagnostic(kills[count]);
        await run.carryOut(kill);
      }
      await run.works();
      await run.compare();
    });
  }
});

function randomKill(random: ReturnType<typeof seededRandom>): Kill {
  if (random.chance(0.25)) return { victim: 'starting product', afterMs: 100 + random.below(3000) };
  const moment = random.pick(['after an ack', 'while flushing', 'after a flush', 'while trimming', 'in a pause', 'any time'] as const);
  return { victim: random.pick(['product', 'product', 'engine'] as const), moment };
}
