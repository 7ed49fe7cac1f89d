import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import { CheckpointFile } from './checkpoint-file.ts';

const directory = '/data/alerts';
const path = `${directory}/checkpoint`;
const lines = ['{"tick":1}', 'zwölf', '', 'x'.repeat(10_000)];

test('a checkpoint comes back as it was written, and replaces the one before', async () => {
  const files = new SimulatedFiles({ seed: 1 }).process();
  const checkpoint = new CheckpointFile(files, directory);
  assert.equal(await checkpoint.read(), 'missing');
  await checkpoint.write(['older', 'and longer than the next one is']);
  await checkpoint.write(lines);
  assert.deepEqual(await checkpoint.read(), { lines });
  const file = await files.open(path, 'read');
  assert.equal(checkpoint.sizeBytes, await file.size());
});

test('whatever is torn, changed or cut off is known as damaged', async () => {
  const files = new SimulatedFiles({ seed: 1 }).process();
  const checkpoint = new CheckpointFile(files, directory);
  await checkpoint.write(lines);
  const whole = await contentOf(files, path);
  const damaged = new Map<string, Buffer>([
    ['empty', Buffer.alloc(0)],
    ['only its first line', whole.subarray(0, whole.indexOf(0x0a) + 1)],
    ['without its last byte', whole.subarray(0, -1)],
    ['with a byte more', Buffer.concat([whole, Buffer.from('x')])],
    ['zeros', Buffer.alloc(whole.length)],
    ['another file', Buffer.from('SQLite format 3\0')],
  ]);
  for (let at = 0; at < whole.length; at += 97) {
    const flipped = Buffer.from(whole);
    flipped[at] ^= 1;
    damaged.set(`bit flipped at ${at}`, flipped);
  }
  for (const [what, bytes] of damaged) {
    await files.remove(path);
    const file = await files.open(path, 'create');
    await file.writev([bytes], 0);
    await file.close();
    const read = await checkpoint.read();
    assert.ok(read === 'damaged' || read === 'unknown_version', `${what}: ${JSON.stringify(read).slice(0, 100)}`);
  }
});

test('a crash while it is written leaves the older one or the new one', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const simulated = new SimulatedFiles({ seed });
    const first = new CheckpointFile(simulated.process(), directory);
    await first.write(['older']);
    let operations = seed % 12;
    simulated.fault = () => (operations-- > 0 ? undefined : { code: seed % 2 === 0 ? 'EIO' : 'ENOSPC' });
    const isWritten = await new CheckpointFile(simulated.process(), directory).write(['newer']).then(
      () => true,
      () => false,
    );
    simulated.fault = undefined;
    simulated.crash();
    const read = await new CheckpointFile(simulated.process(), directory).read();
    assert.ok(typeof read === 'object', `seed ${seed}: ${JSON.stringify(read)}`);
    assert.ok((isWritten ? ['newer'] : ['older', 'newer']).includes(read.lines[0]), `seed ${seed}`);
  }
});

type Files = ReturnType<SimulatedFiles['process']>;

async function contentOf(files: Files, at: string): Promise<Buffer> {
  const file = await files.open(at, 'read');
  const bytes = Buffer.alloc(await file.size());
  await file.read(bytes, 0);
  await file.close();
  return bytes;
}
