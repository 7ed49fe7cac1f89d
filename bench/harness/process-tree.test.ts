import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { treeCost } from './process-tree.ts';

/** Burns 300 ms of CPU in a grandchild that ends, says so, and waits. */
const script = `
const { spawnSync } = require('node:child_process');
spawnSync(process.execPath, ['-e', 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);']);
process.stdout.write('done');
setInterval(() => {}, 1000);
`;

test('CPU of children that ended counts, memory of those that live', async (t) => {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const cost = await treeCost(child.pid as number);
  assert.equal(cost.processes, 1);
  assert.ok(cost.cpuSeconds >= 0.3, `${cost.cpuSeconds} CPU s`);
  assert.ok(cost.pssBytes > 1e6 && cost.rssBytes >= cost.pssBytes, JSON.stringify(cost));
});

test('a process that is gone costs nothing', async () => {
  assert.deepEqual(await treeCost(2 ** 22 + 1), { processes: 0, cpuSeconds: 0, pssBytes: 0, rssBytes: 0 });
});
