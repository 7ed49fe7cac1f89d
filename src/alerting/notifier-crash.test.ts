/** The notifier dies, or its database fails, at each of the calls it makes: nobody is told twice of one thing, nor never. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createTestNotifier, idle, startMs, tenant } from './notifier.fake.ts';
import type { Notification } from './notification.ts';
import type { Routing } from './notification-rules.ts';

const routing: Routing = { route: { channels: ['chat', 'inbox'], group_by: ['...'], group_interval_ms: 0 } };

interface Fault {
  /** Calls until it happens. */
  left: number;
  /** Before or after the call did its work. */
  readonly when: 'before' | 'after';
  /** The process dies with it: no call works afterwards. */
  readonly isDeadly: boolean;
  happened: boolean;
}

/** Calls of all methods are counted; one fails. */
function failing<T extends object>(port: T, fault: Fault): T {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        if (fault.happened && fault.isDeadly) throw new Error('the process is dead');
        const isNow = !fault.happened && fault.left-- === 0;
        if (isNow) fault.happened = true;
        if (isNow && fault.when === 'before') throw new Error('fault');
        const result: unknown = await (method as (...given: unknown[]) => Promise<unknown>).apply(target, given);
        if (isNow) throw new Error('fault');
        return result;
      };
    },
  });
}

/** Two incidents fire and one ends, with the fault somewhere. */
async function run(t: TestContext, fault: Fault): Promise<{ readonly happened: boolean; readonly sends: readonly string[] }> {
  let isFirst = true;
  const site = await createTestNotifier(t, {
    routing,
    wrapRecords: (records) => (isFirst ? failing(records, fault) : records),
    wrapAlerts: (alerts) => (isFirst ? failing(alerts, fault) : alerts),
    answer: () => {
      if (fault.happened && fault.isDeadly && isFirst) throw new Error('dead');
      return { kind: 'delivered', detail: '' };
    },
  });
  const first = site.start();
  const isDead = (): boolean => fault.happened && fault.isDeadly;
  const settle = async (): Promise<void> => {
    for (let second = 0; second < 4 && !isDead(); second++) {
      site.clock.advance(1000);
      await idle(first, site, () => fault.happened && (fault.isDeadly || second < 2));
    }
  };
  await site.tell('a', 'fired');
  await site.tell('b', 'fired');
  first.wake();
  await settle();
  await site.tell('a', 'resolved', { firedMs: startMs });
  first.wake();
  await settle();
  let last = first;
  if (fault.isDeadly) {
    isFirst = false;
    await first.stop();
    const second = site.start();
    last = second;
    await idle(second, site);
    site.clock.advance(60_000);
    await idle(second, site);
  } else {
    for (let minute = 0; minute < 2; minute++) {
      site.clock.advance(10_000);
      first.wake();
      await idle(first, site);
    }
  }
  await last.stop();
  assert.deepEqual(
    (await site.records.messages({ tenant, limit: 100 })).filter(({ state }) => state === 'waiting'),
    [],
  );
  return {
    happened: fault.happened,
    sends: site.sent.map(({ channel, notification }) => `${channel} ${notification.id} ${shown(notification)}`),
  };
}

const shown = ({ kind, incidents }: Notification): string => `${kind} ${incidents.map(({ incident }) => incident.id).join('+')}`;

const expected = ['chat fired a', 'chat fired b', 'chat resolved a', 'inbox fired a', 'inbox fired b', 'inbox resolved a'];

for (const isDeadly of [true, false]) {
  for (const when of ['before', 'after'] as const) {
    test(`${isDeadly ? 'death' : 'a passing fault'} ${when} each call to the records`, async (t) => {
      let faults = 0;
      for (let left = 0; ; left++) {
        const { happened, sends } = await run(t, { left, when, isDeadly, happened: false });
        const told = [...new Set(sends)].map((send) => send.replace(/ \S+ /, ' ')).toSorted();
        // while the process was dead, a's beginning and end may have become one message
        const missing = expected.filter((one) => !told.includes(one));
        const mayMerge = isDeadly ? missing.filter((one) => !one.endsWith('fired a')) : missing;
        assert.deepEqual([mayMerge, told.filter((one) => !expected.includes(one))], [[], []], `call ${left}: ${sends.join(', ')}`);
        assert.equal(new Set(told).size, told.length, `call ${left}: told twice under two ids: ${sends.join(', ')}`);
        const most = Math.max(...[...new Set(sends)].map((send) => sends.filter((one) => one === send).length));
        assert.ok(most <= (isDeadly ? 2 : 1), `call ${left}: one message was sent ${most} times: ${sends.join(', ')}`);
        if (!happened) break;
        faults++;
      }
      assert.ok(faults > 20, `only ${faults} calls`);
    });
  }
}
