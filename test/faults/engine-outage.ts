/** The engine is killed under load and stays down for a while: what goes on, what is refused, and what is found afterwards. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/product.ts';
import { KillRun, smallFlushes } from './kill-nine.ts';
import { NumberedSenders } from './numbered-lines.ts';

export async function engineOutage(t: TestContext, downMs: number): Promise<void> {
  const flags = [...smallFlushes, `--engine.min_restart_delay=${downMs}ms`, `--engine.max_restart_delay=${downMs}ms`];
  const run = await KillRun.start(t, flags, new NumberedSenders({ pauseMs: 20 }));
  await sleep(1500);
  const { engine } = await run.product.status();
  process.kill(Number(engine.pid), 'SIGKILL');
  const killedMs = performance.now();
  await eventually(
    () => run.product.status(),
    (status) => status['engine'].status !== 'ready',
  );
  const acknowledgedBefore = run.senders.acknowledgedLines;
  const search = await run.product.post('/v1/logs/search', { query: 'anything' });
  const answer = (await search.json()) as { error: { code: string; message: string } };
  assert.equal(search.status, 503);
  assert.equal(answer.error.code, 'search_unavailable');
  assert.ok(answer.error.message.length > 0);
  assert.ok(Number(search.headers.get('retry-after')) >= 1);
  await run.tails();
  await sleep(Math.max(0, downMs - 3000 - (performance.now() - killedMs)));
  const acknowledged = run.senders.acknowledgedLines;
  const { status } = (await run.product.status())['engine'];
  // a slow machine may have taken longer for all this than it stays away
  if (performance.now() - killedMs < downMs) assert.notEqual(status, 'ready', 'it is still down');
  assert.ok(acknowledged > acknowledgedBefore + 2000, 'lines are taken meanwhile');
  assert.deepEqual(run.senders.refusals, []);
  await run.works();
  await run.compare();
}
