import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { QueryKiller } from './query-killer.ts';

/** A reserved session whose statements end when the test says so. */
class HeldControl {
  readonly said: string[] = [];
  readonly #waiting: (() => void)[] = [];

  async query(sql: string) {
    this.said.push(sql);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return { bytes: Buffer.alloc(0), elapsed: 0, rowsRead: 0 };
  }

  endAll(): void {
    for (const end of this.#waiting.splice(0)) end();
  }
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const open = Symbol('open');
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
};

test('a session whose query has ended is held until the kill that names it has been said: it would hit the next query', async () => {
  const control = new HeldControl();
  const killer = new QueryKiller(control as never);
  const finished = Promise.withResolvers<void>();
  const killed = killer.kill({ name: 'search-1' }, finished.promise);
  await setImmediate();
  assert.match(control.said[0], /KILL QUERY .* IN \('search-1'\) ASYNC/);

  finished.resolve();
  assert.equal(await isSettled(killed), false, 'the kill is still under way');
  control.endAll();
  await killed;
});

test('a kill said before the query was registered is said again, until the query has ended', async () => {
  const control = new HeldControl();
  const killer = new QueryKiller(control as never);
  const finished = Promise.withResolvers<void>();
  const killed = killer.kill({ name: 'search-2' }, finished.promise);
  while (control.said.length < 3) {
    control.endAll();
    await setImmediate();
  }
  finished.resolve();
  control.endAll();
  await killed;
  const said = control.said.length;
  await killer.idle();
  assert.equal(control.said.length, said, 'nothing is killed any more');
});
