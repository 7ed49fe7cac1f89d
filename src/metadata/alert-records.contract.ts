/** What every adapter of `AlertRecords` must do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { AlertRecords, Incident, IncidentEvent, NewTransition } from './alert-records.ts';

export type OpenRecords = (t: TestContext) => Promise<AlertRecords>;

export function incidentOf(id: string, facts: Partial<Incident> = {}): Incident {
  return {
    id,
    tenant: 't',
    ruleId: 'r',
    ruleVersion: 1,
    ruleName: 'Errors',
    severity: 'critical',
    group: { service: 'pay' },
    labels: { team: 'money' },
    state: 'firing',
    beganMs: 1000,
    firedMs: 1000,
    value: 3,
    lateMs: 0,
    samples: [],
    suppressedBy: [],
    ...facts,
  };
}

export function transitionOf(incident: Incident, kind: IncidentEvent['kind'], atMs = incident.beganMs): NewTransition {
  const { id: incidentId, tenant, value } = incident;
  return { key: `${incidentId}/${kind}/${atMs}`, incident, event: { incidentId, tenant, kind, atMs, value } };
}

export function testAlertRecords(name: string, open: OpenRecords): void {
  const of = (what: string): string => `${name}: ${what}`;

  test(of('a transition is recorded once, however often it is found'), async (t) => {
    const records = await open(t);
    const fired = transitionOf(incidentOf('a', { samples: [sample] }), 'fired');
    assert.equal(await records.record([fired], []), 1);
    assert.equal(await records.record([fired, transitionOf(incidentOf('b'), 'fired')], []), 1);
    assert.deepEqual(await records.find('t', 'a'), incidentOf('a', { samples: [sample] }));
    assert.deepEqual(
      (await records.eventsAfter(0, 10)).map(({ incidentId, kind }) => [incidentId, kind]),
      [
        ['a', 'fired'],
        ['b', 'fired'],
      ],
    );
  });

  test(of('a later transition changes the incident and leaves what people did to it'), async (t) => {
    const records = await open(t);
    await records.record([transitionOf(incidentOf('a'), 'fired')], []);
    await records.acknowledge('t', 'a', 'me', 1500);
    await records.setSuppression('t', 'a', ['silence:s']);
    const over = incidentOf('a', { state: 'ok', resolvedMs: 2000 });
    await records.record([transitionOf(over, 'resolved', 2000)], []);
    const expected = { ...over, acknowledgedMs: 1500, acknowledgedBy: 'me', suppressedBy: ['silence:s'] };
    assert.deepEqual(await records.find('t', 'a'), expected);
    assert.deepEqual(
      (await records.eventsOf('t', 'a')).map(({ kind, detail }) => [kind, detail]),
      [
        ['fired', undefined],
        ['acknowledged', 'me'],
        ['resolved', undefined],
      ],
    );
  });

  test(of('a replayed transition does not bring an incident back'), async (t) => {
    const records = await open(t);
    const fired = transitionOf(incidentOf('a'), 'fired');
    await records.record([fired], []);
    await records.record([transitionOf(incidentOf('a', { state: 'ok', resolvedMs: 2000 }), 'resolved', 2000)], []);
    await records.record([fired], []);
    assert.equal((await records.find('t', 'a'))?.state, 'ok');
    assert.deepEqual(await records.open(), []);
  });

  test(of('tenants see their own'), async (t) => {
    const records = await open(t);
    await records.record([transitionOf(incidentOf('a'), 'fired'), transitionOf(incidentOf('b', { tenant: 'u' }), 'fired')], []);
    assert.equal(await records.find('u', 'a'), undefined);
    assert.deepEqual(await records.eventsOf('u', 'a'), []);
    assert.deepEqual(
      (await records.list({ tenant: 'u', limit: 10 })).map(({ id }) => id),
      ['b'],
    );
    await records.setSuppression('u', 'a', ['mute']);
    assert.deepEqual((await records.find('t', 'a'))?.suppressedBy, []);
    await assert.rejects(records.acknowledge('u', 'a', 'me', 1), { code: 'not_found' });
  });

  test(of('a second acknowledgement changes nothing; what is over or not there cannot be acknowledged'), async (t) => {
    const records = await open(t);
    await records.record(
      [transitionOf(incidentOf('a'), 'fired'), transitionOf(incidentOf('b', { state: 'ok', resolvedMs: 5 }), 'resolved')],
      [],
    );
    await records.acknowledge('t', 'a', 'me', 1500);
    assert.equal((await records.acknowledge('t', 'a', 'you', 1600)).acknowledgedBy, 'me');
    assert.equal((await records.eventsOf('t', 'a')).length, 2);
    await assert.rejects(records.acknowledge('t', 'b', 'me', 1), { code: 'conflict' });
    await assert.rejects(records.acknowledge('t', 'c', 'me', 1), { code: 'not_found' });
  });

  test(of('lists are newest first, page by page, and can be narrowed'), async (t) => {
    const records = await open(t);
    const all = [
      incidentOf('a', { beganMs: 1000 }),
      incidentOf('b', { beganMs: 2000, state: 'ok', resolvedMs: 2500 }),
      incidentOf('c', { beganMs: 2000, ruleId: 's' }),
      incidentOf('d', { beganMs: 3000, state: 'pending' }),
    ];
    await records.record(
      all.map((incident) => transitionOf(incident, 'fired')),
      [],
    );
    const ids = async (selection: object): Promise<string> =>
      (await records.list({ tenant: 't', limit: 10, ...selection })).map(({ id }) => id).join('');
    assert.equal(await ids({}), 'dcba');
    assert.equal(await ids({ limit: 2 }), 'dc');
    assert.equal(await ids({ limit: 2, before: 'c' }), 'ba');
    assert.equal(await ids({ before: 'nowhere' }), '');
    assert.equal(await ids({ ruleId: 's' }), 'c');
    assert.equal(await ids({ states: ['ok', 'pending'] }), 'db');
    assert.equal(await ids({ fromMs: 2600 }), 'dca');
    assert.equal(await ids({ toMs: 2000 }), 'a');
    assert.deepEqual(
      (await records.open()).map(({ id }) => id),
      ['a', 'c', 'd'],
    );
  });

  test(of('ticks are kept in order with their positions, and can be forgotten'), async (t) => {
    const records = await open(t);
    const ticks = [1000, 1500, 2000].map((tickMs) => ({
      tickMs,
      position: { 0: tickMs, 3: 7 },
      ...(tickMs > 1500 ? { lateMs: 40_000 } : {}),
    }));
    await records.record([], ticks.slice(0, 2));
    await records.record([], ticks.slice(1));
    assert.deepEqual(await records.ticksAfter(0), ticks);
    assert.deepEqual(await records.ticksAfter(1500), ticks.slice(2));
    await records.forgetTicks(1500);
    assert.deepEqual(await records.ticksAfter(0), ticks.slice(1));
  });

  test(of('numbers of events rise even when the newest was forgotten'), async (t) => {
    const records = await open(t);
    const over = incidentOf('a', { state: 'ok', resolvedMs: 2000 });
    await records.record([transitionOf(over, 'resolved', 2000)], []);
    await records.addEvent({ incidentId: 'a', tenant: 't', kind: 'notified', atMs: 2001, detail: 'mail' });
    const [last] = (await records.eventsAfter(0, 10)).slice(-1);
    assert.equal(await records.forgetResolved(2000), 0);
    assert.equal(await records.forgetResolved(2001), 1);
    assert.deepEqual(await records.eventsAfter(0, 10), []);
    await records.record([transitionOf(incidentOf('b'), 'fired')], []);
    assert.equal((await records.eventsAfter(0, 10))[0].sequence > last.sequence, true);
  });
}

const sample = {
  id: 'l',
  timestamp: '2026-01-01T00:00:00.000Z',
  level: 'ERROR',
  service: 'pay',
  host: 'h',
  message: 'boom',
  traceId: '',
  patternId: '',
};
