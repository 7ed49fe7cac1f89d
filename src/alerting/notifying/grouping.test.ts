import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NotificationGroup } from './grouping.ts';
import type { GroupMessage, GroupState } from './grouping.ts';
import type { RoutePlan } from './routing.ts';

const plan: RoutePlan = {
  path: '/',
  name: 'all',
  identity: '',
  channels: ['chat'],
  groupBy: [],
  groupWaitMs: 10,
  groupIntervalMs: 100,
  repeatIntervalMs: 1000,
  escalation: [
    { after_ms: 300, channels: ['boss'] },
    { after_ms: 700, channels: ['boss', 'chief'] },
  ],
};

const fresh: GroupState = { id: 'g', tenant: 't', round: '1', plan, labels: {}, members: [], messageCount: 0, toldChannels: [] };
const member = (incidentId: string, isSuppressed = false) => ({ incidentId, severity: 'warning', firedMs: 0, isSuppressed }) as const;
const shown = (messages: readonly GroupMessage[]): string[] =>
  messages.map(({ kind, channels, news }) => `${kind} ${news.join('+')} to ${channels.join('+')}`);

test('a group waits, tells, keeps its interval, repeats and goes up the chain', () => {
  const group = new NotificationGroup(fresh);
  group.fire(member('a'), plan, 0);
  assert.equal(group.dueMs(), 10);
  assert.deepEqual(group.flush(9), []);
  group.fire(member('b'), plan, 9);
  assert.deepEqual(shown(group.flush(10)), ['fired a+b to chat']);
  group.fire(member('c'), plan, 20);
  assert.equal(group.dueMs(), 110);
  assert.deepEqual(shown(group.flush(110)), ['fired c to chat']);
  assert.equal(group.dueMs(), 310);
  assert.deepEqual(shown(group.flush(310)), ['escalated  to boss']);
  assert.deepEqual(shown(group.flush(710)), ['escalated  to boss+chief']);
  assert.equal(group.dueMs(), 1710);
  assert.deepEqual(shown(group.flush(1710)), ['repeated  to chat+boss+chief']);
  for (const id of ['a', 'b', 'c']) group.resolve(id, 1720, 1720);
  assert.deepEqual(shown(group.flush(1720)), ['resolved a+b+c to chat+boss+chief']);
  assert.ok(group.isOver);
});

test('steps that were missed are one message; a repeat in the same moment is none', () => {
  const group = new NotificationGroup(fresh);
  group.fire(member('a'), plan, 0);
  group.flush(10);
  assert.deepEqual(shown(group.flush(50_000)), ['escalated  to boss+chief']);
});

test('an acknowledgement is told at once and ends the chain; a further incident begins it again', () => {
  const group = new NotificationGroup(fresh);
  group.fire(member('a'), plan, 0);
  group.flush(10);
  group.acknowledge('a', 'ann', 20);
  assert.equal(group.dueMs(), 20);
  assert.deepEqual(shown(group.flush(20)), ['acknowledged a to chat']);
  assert.equal(group.dueMs(), undefined);
  group.fire(member('b'), plan, 500);
  assert.deepEqual(shown(group.flush(500)), ['fired b to chat']);
  assert.equal(group.dueMs(), 800);
});

test('an incident that was acknowledged before it was told is told, and escalates to nobody', () => {
  const group = new NotificationGroup(fresh);
  group.fire(member('a'), plan, 0);
  group.acknowledge('a', 'ann', 5);
  assert.deepEqual(shown(group.flush(10)), ['fired a to chat']);
  assert.equal(group.dueMs(), undefined);
});

test('what ends within the wait is told as one message, what was suppressed all along is not told', () => {
  const group = new NotificationGroup(fresh);
  group.fire(member('a'), plan, 0);
  group.fire(member('b', true), plan, 0);
  group.resolve('a', 5, 5);
  group.resolve('b', 5, 5);
  assert.deepEqual(shown(group.flush(10)), ['resolved a to chat']);
  assert.ok(group.isOver);
});

test('a clock that is set back keeps nobody waiting', () => {
  const group = new NotificationGroup(fresh);
  group.fire(member('a'), plan, 1_000_000);
  group.heedClock(500);
  assert.equal(group.dueMs(), 510);
  group.flush(510);
  group.heedClock(100);
  assert.equal(group.dueMs(), 400);
});

type Step =
  | { readonly do: 'fire' | 'resolve' | 'acknowledge' | 'silence' | 'speak'; readonly id: string }
  | { readonly do: 'flush'; readonly afterMs: number }
  | { readonly do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('fire', 'resolve', 'acknowledge', 'silence', 'speak'),
      id: fc.constantFrom('a', 'b', 'c', 'd'),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('flush' as const), afterMs: fc.integer({ min: 0, max: 400 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

test('whatever happens: fired and resolved are told once each, in this order, and changes keep their interval', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let group = new NotificationGroup(fresh);
      const [fired, resolved, firing, everFired] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
      let [nowMs, lastChangeMs] = [0, Number.NEGATIVE_INFINITY];
      const heed = (messages: readonly GroupMessage[]): void => {
        for (const message of messages) {
          const isChange = message.news.length > 0 && message.kind !== 'acknowledged';
          if (isChange) {
            assert.ok(nowMs - lastChangeMs >= plan.groupIntervalMs, 'changes came too close');
            lastChangeMs = nowMs;
          }
          for (const id of message.resolved) {
            assert.ok(!resolved.has(id) && everFired.has(id), `${id} was resolved already, or never fired`);
            resolved.add(id);
          }
          if (!isChange) continue;
          for (const id of message.news.filter((one) => message.firing.includes(one))) {
            // an acknowledgement that comes with a change is news too
            if (message.kind === 'fired' && !fired.has(id)) fired.add(id);
          }
          for (const id of message.firing) assert.ok(firing.has(id), `${id} is not firing`);
        }
      };
      let counter = 0;
      const names = new Map<string, string>();
      for (const one of steps) {
        if (one.do === 'restart') group = new NotificationGroup(JSON.parse(JSON.stringify(group.state)) as GroupState);
        else if (one.do === 'flush') heed(group.flush((nowMs += one.afterMs)));
        else if (one.do === 'fire') {
          // an incident that is over never fires again: the next one has another id
          const id = firing.has(names.get(one.id) ?? '') ? (names.get(one.id) ?? '') : `${one.id}${counter++}`;
          names.set(one.id, id);
          firing.add(id);
          everFired.add(id);
          group.fire(member(id), plan, nowMs);
        } else {
          const id = names.get(one.id) ?? '';
          if (one.do === 'resolve') {
            firing.delete(id);
            group.resolve(id, nowMs, nowMs);
          } else if (one.do === 'acknowledge') group.acknowledge(id, 'ann', nowMs);
          else group.suppress(id, one.do === 'silence', nowMs);
        }
      }
      for (const id of firing) group.suppress(id, false, nowMs);
      heed(group.flush((nowMs += plan.groupIntervalMs + plan.groupWaitMs)));
      for (const id of firing) assert.ok(fired.has(id), `${id} was never told`);
      for (const id of firing) group.resolve(id, nowMs, nowMs);
      for (const id of [...firing]) firing.delete(id);
      heed(group.flush((nowMs += plan.groupIntervalMs)));
      for (const id of fired) assert.ok(resolved.has(id), `${id} was never told as resolved`);
      assert.ok(group.isOver);
      assert.equal(group.dueMs(), undefined);
    }),
    { numRuns: 2000 },
  );
});
