/**
 * The evaluation of alerts where times cannot be trusted: clocks of senders that lie, the server's own clock that jumps, and an
 * evaluation that is behind by hours. Nothing may be told that is not so, what is so is told once, and it says when it was late.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { alertRule, AlertBed } from '../consumers/alert-bed.ts';
import type { Line } from '../consumers/alert-bed.ts';
import { seededRandom } from '../faults/seeded-random.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;

const count = alertRule('count');
const absence = alertRule('absence', { filter: '', condition: { kind: 'absence', window_ms: 30 * secondMs } });
const silent = alertRule('silent', {
  filter: '',
  group_by: [],
  condition: { kind: 'silent_source', source: 'service', learn_ms: 0, minimum_silence_ms: 30 * secondMs, factor: 2 },
});
const budget = alertRule('budget', { filter: '', condition: { kind: 'budget', unit: 'lines', period: 'day', threshold: 100 } });
const orders = alertRule('orders', {
  filter: '',
  group_by: [],
  condition: {
    kind: 'sequence',
    first: 'message:begun',
    then: 'message:done',
    key: 'service',
    within_ms: 20 * secondMs,
    expect: 'missing',
    window_ms: minuteMs,
    operator: '>',
    threshold: 0,
  },
});
const rules = [count, absence, silent, budget, orders];

const calm = (service: string): Line => ({ service, level: 'INFO', message: 'all is well' });

/** Lines of the services each five seconds. */
async function traffic(
  bed: AlertBed,
  durationMs: number,
  services: readonly string[],
  change: (line: Line) => Line = (line) => line,
): Promise<void> {
  for (let passed = 0; passed < durationMs; passed += 5 * secondMs) {
    if (services.length > 0) await bed.write(services.map((service) => change(calm(service))));
    await bed.pass(5 * secondMs, 500);
  }
}

/** Ahead by much, it has much to tick through. */
async function caughtUp(bed: AlertBed): Promise<void> {
  for (let turn = 0; turn < 100_000 && bed.evaluation.status().lagMs > bed.config.late_after; turn++) await bed.settle(1);
}

const sorted = async (bed: AlertBed): Promise<string[]> => (await bed.history()).toSorted();

test('lines from the far future and the far past count when they come, and move nothing else', async (t) => {
  const course = async (timeOf: (nowMs: number, line: number) => number): Promise<string[]> => {
    const bed = await AlertBed.open(t);
    await bed.begin(rules);
    let line = 0;
    const wrong = (one: Line): Line => ({ ...one, atMs: timeOf(bed.clock.nowMs(), line++) });
    await traffic(bed, minuteMs, ['a', 'b'], wrong);
    await bed.write(Array.from({ length: 5 }, () => wrong({ service: 'a', level: 'ERROR' })));
    await bed.write([wrong({ ...calm('b'), message: 'begun' })]);
    await traffic(bed, 2 * minuteMs, ['a', 'b'], wrong);
    await traffic(bed, 2 * minuteMs, ['a'], wrong);
    const told = await sorted(bed);
    await bed.stop();
    return told;
  };
  const right = await course((nowMs) => nowMs);
  assert.deepEqual(right, ['absence b fired', 'count a fired resolved', 'orders fired resolved', 'silent b fired']);
  const times = [1, -1].flatMap((sign) => [31 * secondMs, hourMs, dayMs, 30 * yearMs].map((byMs) => sign * byMs));
  for (const byMs of times) assert.deepEqual(await course((nowMs) => nowMs + byMs), right, `${byMs} ms off`);
  const mixed = [0, -10 * secondMs, 40 * yearMs, -40 * yearMs, 5 * secondMs, -29 * secondMs];
  assert.deepEqual(await course((nowMs, line) => nowMs + mixed[line % mixed.length]), right);
});

for (const jumps of [[yearMs], [-yearMs], [hourMs, -hourMs], [-20 * secondMs, 20 * secondMs], [-hourMs, 2 * hourMs, -dayMs]]) {
  test(`the clock of the server jumps by ${jumps.map((byMs) => byMs / 1000).join(', ')} s: nobody is called silent, and who stops is`, async (t) => {
    const bed = await AlertBed.open(t);
    const evaluation = await bed.begin(rules);
    await traffic(bed, minuteMs, ['a', 'b']);
    for (const byMs of jumps) {
      bed.clock.jump(byMs);
      await traffic(bed, 20 * secondMs, ['a', 'b']);
      await caughtUp(bed);
      await traffic(bed, minuteMs, ['a', 'b']);
    }
    assert.deepEqual(await bed.history(), []);
    const { tickMs } = evaluation.status();
    await bed.write(Array.from({ length: 5 }, () => ({ service: 'a' })));
    await traffic(bed, 2 * minuteMs, ['a']);
    assert.ok(evaluation.status().tickMs >= tickMs + 100 * secondMs, 'ticks go on');
    assert.equal(evaluation.status().state, 'running');
    assert.deepEqual(await sorted(bed), ['absence b fired', 'count a fired resolved', 'silent b fired']);
    await bed.stop();
  });
}

test('under clocks that jump at random nothing is told of senders that send, and memory stays bounded', async (t) => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    const bed = await AlertBed.open(t);
    const evaluation = await bed.begin([count, absence, silent, orders]);
    await traffic(bed, minuteMs, ['a', 'b']);
    const { bytes } = evaluation.status();
    for (let turn = 0; turn < 20; turn++) {
      const byMs = Math.round((random() - 0.5) * 2 * 10 ** random.pick([2, 4, 6, 8, 10]));
      bed.clock.jump(byMs);
      await bed.settle(500);
      await traffic(bed, 15 * secondMs, ['a', 'b'], (line) => ({ ...line, atMs: bed.clock.nowMs() - byMs * random() }));
    }
    await caughtUp(bed);
    assert.deepEqual(await bed.history(), [], `seed ${seed}`);
    assert.ok(evaluation.status().bytes < bytes + 10_000, `${evaluation.status().bytes} after ${bytes}`);
    await bed.stop();
  }
});

/** The evaluation is away while the log goes on; then it begins again. What it was seen to do until it had caught up. */
async function away(t: TestContext, config: object, course: (bed: AlertBed) => Promise<void>) {
  const bed = await AlertBed.open(t, { max_window: dayMs, ...config });
  await bed.begin(rules);
  await traffic(bed, 2 * minuteMs, ['a', 'b', 'c']);
  await bed.stop();
  await course(bed);
  const evaluation = await bed.begin(rules);
  const states = new Set<string>([evaluation.status().state]);
  let largestLagMs = 0;
  for (let turn = 0; turn < 20_000 && evaluation.status().lagMs > bed.config.late_after; turn++) {
    await bed.settle(1);
    const { state, lagMs } = evaluation.status();
    states.add(state);
    largestLagMs = Math.max(largestLagMs, lagMs);
  }
  return { bed, evaluation, states, largestLagMs };
}

test('behind by hours it says so, tells each group at most once, late and with a mark, and what is over wakes nobody again', async (t) => {
  const { bed, evaluation, states, largestLagMs } = await away(t, {}, async (late) => {
    const services = ['a', 'b', 'c', ...Array.from({ length: 30 }, (_, i) => `s${i}`)];
    for (let minute = 0; minute < 180; minute++) {
      // a fails every twenty minutes, thirty others once
      if (minute % 20 === 0) await late.errors(5, 'a');
      if (minute < 30) await late.errors(5, `s${minute}`);
      for (let step = 0; step < 6; step++) {
        const sending = services.filter((service) => service !== 'c' || minute < 60);
        await late.write(sending.map(calm));
        await late.pass(10 * secondMs, 10 * secondMs);
      }
    }
  });
  assert.ok(states.has('catching_up'), [...states].join());
  assert.ok(largestLagMs > 2 * hourMs, `${largestLagMs}`);
  const sending = ['a', 'b', ...Array.from({ length: 30 }, (_, i) => `s${i}`)];
  await traffic(bed, minuteMs, sending);
  assert.equal(evaluation.status().state, 'running');
  const history = await sorted(bed);
  const told = history.filter((one) => !one.startsWith('budget'));
  const failed = ['a', ...Array.from({ length: 30 }, (_, i) => `s${i}`)];
  assert.deepEqual(told, [...failed.map((group) => `count ${group} fired resolved`), 'absence c fired', 'silent c fired'].toSorted());
  const incidents = await bed.records.list({ tenant: 'default', limit: 1000 });
  for (const { ruleId, group, lateMs } of incidents) assert.ok(lateMs > minuteMs, `${ruleId} ${JSON.stringify(group)}: ${lateMs}`);
  assert.equal(new Set(history).size, history.length);
  await bed.stop();
});

for (const downMs of [10 * minuteMs, 3 * hourMs, 20 * dayMs]) {
  test(`the server was down for ${downMs / minuteMs} minutes: nobody is called silent but who does not come back`, async (t) => {
    const { bed } = await away(t, {}, async (down) => down.clock.advance(downMs));
    // they come back one after the other, within the time that silence has
    await traffic(bed, 10 * secondMs, []);
    await traffic(bed, 15 * secondMs, ['a']);
    assert.deepEqual(await bed.history(), []);
    await traffic(bed, 2 * minuteMs, ['a', 'b']);
    assert.deepEqual(await sorted(bed), ['absence c fired', 'silent c fired']);
    const incidents = await bed.records.open();
    assert.deepEqual(
      incidents.map(({ lateMs }) => lateMs),
      [0, 0],
    );
    await bed.stop();
  });
}
