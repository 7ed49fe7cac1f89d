/** Rules with seasons in the runtime: their services' past is asked for once, survives a crash, and a drop against it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeasonCounts } from '#store/season-reads.ts';
import { alertRule, AlertBed } from './alert-bed.ts';

const rule = alertRule('season', { filter: '', group_by: undefined, condition: { kind: 'anomaly', signal: 'volume' } });
const windowMs = 300_000;
const count = 28 * 288;
/** Five seconds a tick: what is judged each five minutes needs no more. */
const config = { tick: 5000 };

function pastOf(service: string, nowMs: number): SeasonCounts {
  const none = new Float32Array(count);
  const fromMs = (Math.floor(nowMs / windowMs) - count) * windowMs;
  return { service, fromMs, lines: Float32Array.from(none, (_, at) => 42 + (at % 7)), debugs: none, warns: none, errors: none };
}

/** Lines all over a window, or none. */
async function window(bed: AlertBed, lines: number): Promise<void> {
  for (let minute = 0; minute < 5; minute++) {
    if (lines > 0) await bed.errors(lines / 5, 'shop');
    await bed.pass(60_000, 5000);
  }
}

test('a service whose past is known is missed within minutes, also after a crash', async (t) => {
  const bed = await AlertBed.open(t, config);
  const evaluation = await bed.begin([rule]);
  await bed.pass(10_000, 5000);
  assert.deepEqual(new Set(bed.wantedPast), new Set(['season']));
  evaluation.learnPast({ ruleId: 'season', services: [pastOf('shop', bed.clock.nowMs())], isLast: false });
  evaluation.learnPast({ ruleId: 'season', services: [], isLast: true });
  evaluation.learnPast({ ruleId: 'gone', services: [], isLast: true });
  await bed.pass(10_000, 5000);
  bed.kill();
  bed.wantedPast.length = 0;
  await bed.begin([rule]);
  await bed.pass(10_000, 5000);
  assert.deepEqual(bed.wantedPast, [], 'what was learned was written down');
  for (let at = 0; at < 3; at++) await window(bed, 45);
  assert.deepEqual(await bed.history(), []);
  for (let at = 0; at < 3; at++) await window(bed, 0);
  assert.deepEqual(await bed.history(), ['season shop fired']);
  for (let at = 0; at < 4; at++) await window(bed, 45);
  assert.deepEqual(await bed.history(), ['season shop fired resolved']);
  const [{ detail }] = await bed.records.list({ tenant: 'default', limit: 1 });
  assert.match(detail ?? '', /^volume \d+ lines instead of about 4\d \(-\d+ %\)$/);
  await bed.stop();
});

test('a rule that never hears of the past asks again after a restart, and learns meanwhile', async (t) => {
  const bed = await AlertBed.open(t, config);
  await bed.begin([rule]);
  await window(bed, 45);
  await bed.stop();
  bed.wantedPast.length = 0;
  await bed.begin([rule]);
  await bed.pass(10_000, 5000);
  assert.deepEqual(new Set(bed.wantedPast), new Set(['season']));
  for (let at = 0; at < 3; at++) await window(bed, 45);
  assert.deepEqual(await bed.history(), []);
  await bed.stop();
});
