/** The evaluation of alerts over a log in memory: what it records, what it goes on with after a crash, and what it does when it is late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRule, AlertBed, alertDirectory } from './alert-bed.ts';
import type { KillPoint } from './alert-bed.ts';

const rule = alertRule('errors');

test('a rule fires when its lines are there and resolves when they have left its window, each group once', async (t) => {
  const bed = await AlertBed.open(t);
  const evaluation = await bed.begin([rule]);
  await bed.errors(4, 'quiet');
  await bed.errors(5, 'loud');
  await bed.pass(1000);
  assert.deepEqual(await bed.history(), ['errors loud fired']);
  assert.equal(bed.recordedTimes, 1);
  await bed.errors(7, 'loud');
  await bed.pass(30_000);
  assert.deepEqual(await bed.history(), ['errors loud fired']);
  await bed.pass(45_000);
  assert.deepEqual(await bed.history(), ['errors loud fired resolved']);
  assert.deepEqual([evaluation.status().state, evaluation.status().openIncidents, evaluation.status().rows], ['running', 0, 16]);
  await bed.stop();
});

test('a restart in peace goes on where it was', async (t) => {
  const bed = await AlertBed.open(t);
  await bed.begin([rule]);
  await bed.errors(3);
  await bed.pass(5000);
  await bed.stop();
  await bed.begin([rule]);
  await bed.errors(2);
  await bed.pass(1000);
  assert.deepEqual(await bed.history(), ['errors shop fired'], 'lines of before and after count together');
  await bed.stop();
  await bed.pass(90_000);
  await bed.begin([rule]);
  await bed.pass(5000);
  assert.deepEqual(await bed.history(), ['errors shop fired resolved']);
  await bed.stop();
});

/** The same lines at the same times whatever happens: groups that fire and resolve one after the other. */
async function storm(bed: AlertBed, onPause: () => Promise<void>): Promise<void> {
  for (let round = 0; round < 14; round += 1) {
    await bed.errors(3, `s${round}`);
    await bed.pass(3000);
    await onPause();
    await bed.write(
      Array.from({ length: 3 }, () => ({ service: `s${round}` })),
      { shard: 1 },
    );
    await bed.pass(7000);
    await onPause();
  }
  await bed.pass(120_000);
  await onPause();
}

const stormRules = [rule, alertRule('held', { for_ms: 10_000 }), alertRule('all', { group_by: [] })];

test('killed at any of its points it fires the same incidents, once each, as without', async (t) => {
  const calm = await AlertBed.open(t, { checkpoint_interval: 15_000 });
  await calm.begin(stormRules);
  await storm(calm, async () => undefined);
  await calm.stop();
  const expected = (await calm.history()).toSorted();
  assert.equal(expected.length, 14 + 14 + 1, expected.join('\n'));
  const points: KillPoint[] = ['before record', 'after record', 'in checkpoint', 'before rename', 'after rename', 'in reading'];
  for (const point of points) {
    for (const nth of [1, 3]) {
      const bed = await AlertBed.open(t, { checkpoint_interval: 15_000 });
      let deaths = 0;
      const isLast = (): boolean => deaths >= 4;
      await bed.begin(stormRules, { point, nth: nth + 1 });
      await storm(bed, async () => {
        if (!bed.isDead) return;
        deaths += 1;
        await bed.begin(stormRules, isLast() ? undefined : { point, nth });
      });
      while (bed.isDead) {
        await bed.begin(stormRules);
        await bed.pass(120_000);
      }
      await bed.stop();
      assert.ok(deaths > 0, `it died ${point}`);
      assert.deepEqual((await bed.history()).toSorted(), expected, `killed ${point}, ${nth}`);
    }
  }
});

test('without a usable checkpoint what fires goes on, and fires no second time', async (t) => {
  for (const damage of ['removed', 'torn', 'of another version']) {
    const bed = await AlertBed.open(t);
    await bed.begin([rule]);
    await bed.errors(5, 'ends');
    await bed.pass(40_000);
    await bed.errors(5, 'goes on');
    await bed.pass(10_000);
    await bed.stop();
    const files = bed.files.process();
    const path = `${alertDirectory}/checkpoint`;
    if (damage === 'removed') await files.remove(path);
    else {
      const file = await files.open(path, 'write');
      if (damage === 'torn') await file.truncate((await file.size()) - 10);
      else await file.writev([Buffer.from('millrace alerts 9 ')], 0);
      await file.datasync();
    }
    await bed.pass(15_000);
    await bed.begin([rule]);
    await bed.pass(2000);
    assert.deepEqual(await bed.history(), ['errors ends fired resolved', 'errors goes on fired'], damage);
    await bed.pass(60_000);
    assert.deepEqual(await bed.history(), ['errors ends fired resolved', 'errors goes on fired resolved'], damage);
    await bed.stop();
  }
});

test('a new rule sees the lines of its window; what was over before it is told to nobody', async (t) => {
  const bed = await AlertBed.open(t);
  const evaluation = await bed.begin([]);
  await bed.errors(5, 'over');
  await bed.pass(70_000);
  const metMs = bed.clock.nowMs();
  await bed.errors(5, 'open');
  await bed.pass(20_000);
  evaluation.setRules([rule]);
  await bed.pass(2000);
  assert.deepEqual(await bed.history(), ['errors open fired']);
  const [incident] = await bed.records.open();
  assert.ok(Math.abs(incident.beganMs - metMs) <= bed.config.catch_up_tick, 'it began when its lines came');
  await bed.pass(60_000);
  assert.deepEqual(await bed.history(), ['errors open fired resolved']);
  await bed.stop();
});

test('a rule that changes does not fire again for what it fired for; one that goes takes its incidents along', async (t) => {
  const bed = await AlertBed.open(t);
  const evaluation = await bed.begin([rule]);
  await bed.errors(9);
  await bed.pass(5000);
  const condition = { kind: 'count', window_ms: 60_000, operator: '>=', threshold: 7 } as const;
  evaluation.setRules([alertRule('errors', { condition }, { version: 2 })]);
  await bed.pass(5000);
  assert.deepEqual(await bed.history(), ['errors shop fired']);
  evaluation.setRules([]);
  await bed.pass(5000);
  assert.deepEqual(await bed.history(), ['errors shop fired resolved']);
  await bed.stop();
});

test('a change of rules is not forgotten by a crash right behind it', async (t) => {
  const bed = await AlertBed.open(t);
  const evaluation = await bed.begin([rule]);
  await bed.errors(5, 'first');
  await bed.pass(2000);
  const second = alertRule('second', { filter: 'level:ERROR service:second' });
  evaluation.setRules([rule, second]);
  await bed.errors(5, 'second');
  await bed.pass(2000);
  bed.kill();
  await bed.begin([rule, second]);
  await bed.pass(2000);
  assert.deepEqual((await bed.history()).toSorted(), ['errors first fired', 'errors second fired', 'second second fired']);
  await bed.stop();
});

test('incidents of rules that went while nothing ran end at the next start, with a checkpoint and without', async (t) => {
  for (const hasCheckpoint of [true, false]) {
    for (const rules of [[], [alertRule('errors', { enabled: false }, { version: 2 })]]) {
      const bed = await AlertBed.open(t);
      await bed.begin([rule]);
      await bed.errors(5);
      await bed.pass(2000);
      await bed.stop();
      if (!hasCheckpoint) await bed.files.process().remove(`${alertDirectory}/checkpoint`);
      await bed.begin(rules);
      await bed.pass(2000);
      assert.deepEqual(await bed.history(), ['errors shop fired resolved']);
      await bed.stop();
    }
  }
});

test('behind by long, it says so, fires with a mark, and tells one incident a group', async (t) => {
  const bed = await AlertBed.open(t);
  await bed.begin([rule]);
  await bed.pass(1000);
  await bed.stop();
  for (let round = 0; round < 6; round += 1) {
    await bed.errors(5);
    await bed.pass(120_000, 60_000);
  }
  await bed.begin([rule]);
  await bed.pass(10_000);
  assert.deepEqual(await bed.history(), ['errors shop fired resolved'], 'six times met, told once');
  const [incident] = await bed.records.list({ tenant: 'default', limit: 1 });
  assert.ok(incident.lateMs > 100_000, `late by ${incident.lateMs}`);
  await bed.stop();
});

test('lines that were trimmed before they were read are counted, and what needs them ends when it was not found again', async (t) => {
  const bed = await AlertBed.open(t);
  await bed.begin([rule]);
  await bed.errors(5, 'known');
  await bed.pass(2000);
  bed.kill();
  await bed.errors(5, 'lost');
  bed.clock.advance(4 * 3_600_000);
  await bed.log.trim();
  await bed.errors(5, 'kept');
  const evaluation = await bed.begin([rule]);
  await bed.settle(5000);
  await bed.pass(10_000);
  assert.deepEqual((await bed.history()).toSorted(), ['errors kept fired', 'errors known fired resolved']);
  assert.equal(evaluation.status().missedFrames, 2, 'the lost one, and the known one, which was to be read again');
  await bed.stop();
});

test('a clock that is set back or ahead neither stops the evaluation nor makes it tell twice', async (t) => {
  const bed = await AlertBed.open(t);
  const evaluation = await bed.begin([rule]);
  await bed.errors(5, 'before');
  await bed.pass(2000);
  bed.clock.jump(-3_600_000);
  await bed.pass(2000);
  const { tickMs } = evaluation.status();
  await bed.pass(2000);
  assert.ok(evaluation.status().tickMs > tickMs, 'ticks go on');
  bed.clock.jump(2 * 3_600_000);
  await bed.pass(1000);
  await bed.settle(5000);
  await bed.pass(2000);
  await bed.errors(5, 'after');
  await bed.pass(2000);
  assert.deepEqual(await bed.history(), ['errors before fired resolved', 'errors after fired']);
  await bed.stop();
});

test('a database that cannot be written holds the evaluation up, which says so and then goes on', async (t) => {
  const bed = await AlertBed.open(t);
  const { record } = bed.records;
  let failing = true;
  bed.records.record = (transitions, ticks) =>
    failing ? Promise.reject(new Error('database or disk is full')) : record.call(bed.records, transitions, ticks);
  const evaluation = await bed.begin([rule]);
  await bed.errors(5);
  await bed.pass(20_000);
  assert.match(evaluation.status().problem ?? '', /disk is full/);
  failing = false;
  await bed.pass(20_000);
  assert.equal(evaluation.status().problem, undefined);
  assert.deepEqual(await bed.history(), ['errors shop fired']);
  await bed.stop();
});

test('a disk that cannot hold a checkpoint is said, and evaluation goes on', async (t) => {
  const bed = await AlertBed.open(t, { checkpoint_interval: 5000 });
  const evaluation = await bed.begin([rule]);
  bed.files.fault = (operation) => (operation === 'create' ? { code: 'ENOSPC' } : undefined);
  await bed.pass(6000);
  assert.match(evaluation.status().problem ?? '', /checkpoint cannot be written/);
  await bed.errors(5);
  await bed.pass(1000);
  assert.deepEqual(await bed.history(), ['errors shop fired']);
  bed.files.fault = undefined;
  await bed.pass(6000);
  assert.equal(evaluation.status().problem, undefined);
  await bed.stop();
});

test('tenants are kept apart', async (t) => {
  const bed = await AlertBed.open(t);
  await bed.begin([rule, alertRule('errors', {}, { tenant: 'other' })]);
  await bed.write(
    Array.from({ length: 5 }, () => ({})),
    { tenant: 'other' },
  );
  await bed.pass(1000);
  assert.deepEqual([await bed.history(), await bed.history('other')], [[], ['errors shop fired']]);
  await bed.stop();
});
