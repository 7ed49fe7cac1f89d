import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownRulePrefix } from '#metadata/alert-records.ts';
import type { Incident, IncidentEvent, NewTransition } from '#metadata/alert-records.ts';
import { incidentOf } from '#metadata/alert-records.contract.ts';
import { OpenIncidents } from './open-incidents.ts';

const states = { pending: 'pending', fired: 'firing', no_data: 'no_data', resolved: 'ok', cancelled: 'ok' } as const;

function found(id: string, kind: keyof typeof states, atMs: number, facts: Partial<Incident> = {}): NewTransition {
  const state = states[kind];
  const firedMs = kind === 'fired' ? atMs : undefined;
  const incident = incidentOf(id, { state, firedMs, ...(state === 'ok' ? { resolvedMs: atMs } : {}), ...facts });
  return { key: `${id}/${kind}/${atMs}`, incident, event: { incidentId: id, tenant: 't', kind, atMs } };
}

const told = (transitions: readonly NewTransition[]): [string, IncidentEvent['kind']][] =>
  transitions.map(({ event }) => [event.incidentId, event.kind]);

test('what the evaluator finds is recorded as it is, as long as it has its state', () => {
  const incidents = new OpenIncidents();
  const all = [
    found('a', 'pending', 1),
    found('a', 'fired', 2),
    found('a', 'no_data', 3),
    found('a', 'fired', 4),
    found('a', 'resolved', 5),
  ];
  assert.deepEqual(incidents.apply(all), all);
  assert.equal(incidents.count, 0);
});

test('an incident that is open in the records goes on under its id, and does not fire again', () => {
  const incidents = new OpenIncidents();
  incidents.expect([incidentOf('old', { beganMs: 10, firedMs: 20 })], () => 1000);
  assert.deepEqual(told(incidents.apply([found('new', 'pending', 500), found('new', 'fired', 510)])), []);
  const [over] = incidents.apply([found('new', 'resolved', 900)]);
  assert.deepEqual(told([over]), [['old', 'resolved']]);
  assert.deepEqual([over.incident.id, over.incident.beganMs, over.incident.firedMs, over.incident.resolvedMs], ['old', 10, 20, 900]);
  assert.deepEqual(incidents.overdue(2000), []);
  assert.equal(incidents.count, 0);
  assert.deepEqual(told(incidents.apply([found('next', 'fired', 3000)])), [['next', 'fired']]);
});

test('one that was only pending fires under its id', () => {
  const incidents = new OpenIncidents();
  incidents.expect([incidentOf('old', { state: 'pending', firedMs: undefined, beganMs: 10 })], () => 1000);
  const [fired, ...more] = incidents.apply([found('new', 'pending', 500), found('new', 'fired', 510)]);
  assert.deepEqual(told([fired, ...more]), [['old', 'fired']]);
  assert.equal(fired.incident.firedMs, 510);
});

test('one that fired is resolved where the evaluator only had it pending', () => {
  const incidents = new OpenIncidents();
  incidents.expect([incidentOf('old')], () => 1000);
  assert.deepEqual(told(incidents.apply([found('new', 'pending', 500), found('new', 'cancelled', 510)])), [['old', 'resolved']]);
});

test('what is not found again in time ends, once', () => {
  const incidents = new OpenIncidents();
  incidents.expect([incidentOf('a'), incidentOf('b', { ruleId: 's', state: 'pending', firedMs: undefined })], () => 1000);
  assert.equal(incidents.count, 2);
  assert.deepEqual(incidents.overdue(999), []);
  assert.deepEqual(told(incidents.overdue(1000)), [
    ['a', 'resolved'],
    ['b', 'cancelled'],
  ]);
  assert.deepEqual(incidents.overdue(1001), []);
});

test('a rule that begins anew takes its open incidents along', () => {
  const incidents = new OpenIncidents();
  incidents.apply([found('before', 'fired', 100)]);
  incidents.expect([incidentOf('before')], () => 0);
  assert.equal(incidents.count, 1, 'the evaluator has it');
  assert.deepEqual(told(incidents.apply([found('after', 'fired', 90)])), []);
  assert.deepEqual(told(incidents.apply([found('before', 'resolved', 200)])), [], 'the evaluator ends what it had under the old rule');
  assert.deepEqual(told(incidents.apply([found('after', 'resolved', 300)])), [['before', 'resolved']]);
});

test('groups, rules and tenants are told apart', () => {
  const incidents = new OpenIncidents();
  incidents.expect([incidentOf('old')], () => 1000);
  const others: Partial<Incident>[] = [{ group: { service: 'other' } }, { ruleId: 's' }, { tenant: 'u' }];
  others.forEach((facts, index) => assert.equal(incidents.apply([found(`n${index}`, 'fired', 5, facts)]).length, 1));
  assert.equal(incidents.count, 4);
});

test('all of it goes on after it was saved and restored', () => {
  const first = new OpenIncidents();
  first.expect([incidentOf('old'), incidentOf('lost', { ruleId: 's' })], () => 1000);
  first.apply([found('new', 'fired', 5), found('own', 'fired', 6, { ruleId: 'x' })]);
  const second = new OpenIncidents();
  second.restore(first.save());
  assert.equal(second.count, 3);
  assert.deepEqual(told(second.apply([found('new', 'resolved', 7)])), [['old', 'resolved']]);
  assert.deepEqual(told(second.overdue(1000)), [['lost', 'resolved']]);
  assert.deepEqual(told(second.apply([found('own', 'resolved', 8, { ruleId: 'x' })])), [['own', 'resolved']]);
});

test('incidents of the notifier itself are none of the evaluator', () => {
  const incidents = new OpenIncidents();
  incidents.expect([incidentOf('dead', { ruleId: `${ownRulePrefix}pager` })], () => 0);
  assert.deepEqual([incidents.count, incidents.overdue(1000)], [0, []]);
});
