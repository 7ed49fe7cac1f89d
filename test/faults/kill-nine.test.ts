/** kill -9 of the running product and of its engine, under load: nothing acknowledged is lost, nothing is there twice. */
import test from 'node:test';
import { KillRun, smallFlushes } from './kill-nine.ts';

test('kill -9 loses nothing that was acknowledged', { timeout: 420_000 }, async (t) => {
  const run = await KillRun.start(t, smallFlushes);
  await run.carryOut({ victim: 'product', moment: 'after an ack' });
  await run.carryOut({ victim: 'engine', moment: 'while flushing' });
  await run.carryOut({ victim: 'engine', moment: 'in a pause' });
  await run.carryOut({ victim: 'product', moment: 'after a flush' });
  await run.carryOut({ victim: 'starting product', afterMs: 1500 });
  await run.works();
  await run.compare();
});
