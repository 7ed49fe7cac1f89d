import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LocalTimes, findTimeZone, ownZoneName, utcOfLocal } from './time-zones.ts';
import type { TimeZone } from './time-zones.ts';

const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Apia'];
const zoneOf = (name: string): TimeZone => findTimeZone(name) ?? assert.fail(name);
const seconds = (time: string): number => Date.parse(time) / 1000;

test('names of zones', () => {
  for (const name of ['UTC', 'Z', '+05:30', '-0930', ...zones, ownZoneName()]) assert.ok(findTimeZone(name), name);
  for (const name of ['', 'Mars/Base', '+5', 'local', 'yesterday']) assert.equal(findTimeZone(name), undefined, name);
  assert.equal(zoneOf('-09:30').offsetAt(0), -34_200);
  assert.equal(zoneOf('Asia/Kolkata').offsetAt(0), 19_800);
});

/** Zone, time on its clocks, instant. */
const cases: readonly (readonly [zone: string, local: string, utc: string])[] = [
  ['UTC', '2026-03-29T02:30:00Z', '2026-03-29T02:30:00Z'],
  ['Europe/Berlin', '2026-07-01T12:00:00Z', '2026-07-01T10:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:59:59Z', '2026-03-29T00:59:59Z'],
  // left out: an hour later
  ['Europe/Berlin', '2026-03-29T02:30:00Z', '2026-03-29T01:30:00Z'],
  ['America/New_York', '2026-03-08T02:30:00Z', '2026-03-08T07:30:00Z'],
  // twice: the first
  ['Europe/Berlin', '2026-10-25T02:30:00Z', '2026-10-25T00:30:00Z'],
  ['America/New_York', '2026-11-01T01:30:00Z', '2026-11-01T05:30:00Z'],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00Z', '2026-04-04T14:45:00Z'],
];
for (const [name, local, utc] of cases) {
  test(`${local.slice(0, -1)} in ${name}`, () => {
    assert.equal(utcOfLocal(zoneOf(name), seconds(local)), seconds(utc));
    assert.equal(new LocalTimes(zoneOf(name)).toUtc(seconds(local)), seconds(utc));
  });
}

test('local times of any zone come back', () => {
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 2_000_000_000 }), (name, utc) => {
      const zone = zoneOf(name);
      const local = utc + zone.offsetAt(utc);
      const found = utcOfLocal(zone, local);
      // the other of two times with the same local one may come back
      assert.equal(found + zone.offsetAt(found), local);
      assert.ok(found <= utc);
    }),
    { numRuns: 3000 },
  );
});

test('neighbours that share an offset are read as each alone', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 2_000_000_000 }),
      fc.array(fc.integer({ min: -90_000, max: 90_000 }), { maxLength: 20 }),
      (name, around, steps) => {
        const zone = zoneOf(name);
        const times = new LocalTimes(zone);
        for (const step of steps) assert.equal(times.toUtc(around + step), utcOfLocal(zone, around + step));
      },
    ),
  );
});
