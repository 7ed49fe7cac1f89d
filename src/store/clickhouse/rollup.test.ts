import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '#language/parser.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { lineConditions } from './sources.ts';

const liveExtent = { fromNs: 0n, toNs: 0n };
const snapshot: Snapshot = { generation: 1, memtables: [], liveExtent, replacements: [], incompleteReason: undefined, release: () => {} };
const second = 1_000_000_000n;
const range = (from: number, to: number): { fromNs: bigint; toNs: bigint } => ({
  fromNs: BigInt(from) * second,
  toNs: BigInt(to) * second,
});
const conditions = lineConditions('acme', parseQuery(''));

/** The whole minutes in seconds, and the conditions of rows read beside them. */
function planned(asked: [number, number], lines: [number, number]): unknown {
  const plan = rollupPlan(snapshot, parseQuery(''), range(...asked), [], { extent: range(...lines) });
  if (plan === undefined) return undefined;
  const [, rows = ''] = plan.committed({ rollup: 'a', raw: 'b', groupBy: [] }, conditions);
  const edges = ['from_ns', 'end_minute_ns'].filter((name) => rows.includes(`ts >= fromUnixTimestamp64Nano({${name}`));
  return [plan.parameters['first_minute'], plan.parameters['end_minute'], edges];
}

for (const [what, asked, lines, expected] of [
  ['whole minutes', [60, 180], [0, 600], [60, 180, []]],
  ['both edges', [30, 200], [0, 600], [60, 180, ['from_ns', 'end_minute_ns']]],
  ['nothing before the first line', [30, 180], [70, 600], [60, 180, []]],
  ['the first line in the edge of the range', [30, 180], [40, 600], [0, 180, []]],
  ['the first line at the beginning of the range', [30, 180], [30, 600], [0, 180, []]],
  ['a line before the range, in its edge', [30, 180], [29, 600], [60, 180, ['from_ns']]],
  ['nothing behind the last line', [60, 500], [0, 130], [60, 180, []]],
  ['the last line just inside the range', [60, 170], [0, 170], [60, 180, []]],
  ['a line behind the range, in its edge', [60, 170], [0, 171], [60, 120, ['end_minute_ns']]],
  ['less than a minute that holds all lines', [31, 59], [35, 50], [0, 60, []]],
  ['less than a minute', [31, 59], [0, 600], undefined],
  ['no lines at all', [0, 600], [0, 0], undefined],
] as [string, [number, number], [number, number], unknown][])
  test(`${what}: ${asked.join('-')} s over lines of ${lines.join('-')} s`, () => {
    assert.deepEqual(planned(asked, lines), expected);
  });
