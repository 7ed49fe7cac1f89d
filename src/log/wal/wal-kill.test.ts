/** kill -9 of a real process that appends: every acknowledged frame is read afterwards, and none twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeFiles } from '#platform/files.ts';
import { readAll } from '../durable-log.contract.ts';
import { openTestWal } from './wal-log.fake.ts';

const program = fileURLToPath(new URL('./appending-process.fake.ts', import.meta.url));
const roundCount = 4;

/** Lets the process acknowledge some hundred frames, kills it, and gives back what it said. */
async function appendUntilKilled(directory: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, directory, String(round * 1_000_000)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const enough = 200 + round * 37;
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > enough) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL');
  return said.split('\n').slice(0, -1);
}

test(`${roundCount} times kill -9 under load: what was acknowledged is read once`, async (t) => {
  const parent = await mkdtemp(`${tmpdir()}/millrace-kill-`);
  t.after(() => rm(parent, { recursive: true }));
  const directory = `${parent}/log`;
  const acknowledged: string[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    acknowledged.push(...(await appendUntilKilled(directory, round)));
    const wal = await openTestWal({ files: nodeFiles, directory });
    const read: string[] = [];
    for (const { shard } of wal.log.shards()) {
      const reader = await wal.log.openReader(shard, 0);
      for (const frame of await readAll(reader))
        read.push(`${shard} ${frame.sequence} ${frame.payload.toString('latin1').split(' ', 1)[0]}`);
      assert.equal(reader.damagedFrames, 0);
      await reader.close();
    }
    await wal.close();
    assert.equal(new Set(read).size, read.length);
    assert.equal(new Set(read.map((line) => line.split(' ')[2])).size, read.length, 'no frame is read twice');
    const found = new Set(read);
    assert.deepEqual(
      acknowledged.filter((line) => !found.has(line)),
      [],
    );
  }
  t.diagnostic(`${acknowledged.length} acknowledged frames`);
});
