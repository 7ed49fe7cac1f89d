import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutcomeCounts } from '#log/durable-log.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import type { QuarantineTotals } from '#consumers/quarantined-records.ts';
import { audit } from './audit.ts';

const noTotals: QuarantineTotals = { taken: 0, waiting: 0, replaying: 0, replayed: 0, expired: 0 };

interface Facts {
  readonly counts: Partial<OutcomeCounts>;
  /** Accepted while the lines are counted. */
  readonly arriving?: number;
  readonly found: number;
  readonly totals?: Partial<QuarantineTotals>;
}

async function problemsOf({ counts, arriving = 0, found, totals }: Facts): Promise<readonly string[]> {
  const ledger = { ...zeroOutcomes(), ...counts };
  const report = await audit(
    {
      ledger: () => new Map([['t', { ...ledger }]]),
      countLines: async () => {
        ledger.accepted += arriving;
        return found;
      },
      quarantine: {
        totals: () => new Map([['t', { ...noTotals, ...totals }]]),
        find: () => assert.fail(),
        replay: () => assert.fail(),
      },
      indexed: async () => undefined,
    },
    new AbortController().signal,
  );
  assert.equal(report.consistent, report.tenants['t'].problems.length === 0);
  return report.tenants['t'].problems;
}

const cases: readonly [name: string, facts: Facts, problems: readonly RegExp[]][] = [
  ['all is there', { counts: { accepted: 5 }, found: 5 }, []],
  ['lines that arrive meanwhile may be counted or not', { counts: { accepted: 5 }, arriving: 3, found: 7 }, []],
  ['lines are missing', { counts: { accepted: 5 }, found: 3 }, [/2 accepted lines are not found/]],
  ['lines are there twice', { counts: { accepted: 5 }, arriving: 1, found: 8 }, [/2 lines are there that were never accepted/]],
  [
    'quarantined records are accounted for',
    { counts: { quarantined: 6 }, found: 0, totals: { taken: 6, waiting: 1, replayed: 2, expired: 3 } },
    [],
  ],
  [
    'records did not reach the quarantine',
    { counts: { quarantined: 6 }, found: 0, totals: { taken: 4, waiting: 4 } },
    [/2 quarantined records were not taken over/],
  ],
  [
    'records vanished from the quarantine',
    { counts: { quarantined: 4 }, found: 0, totals: { taken: 4, waiting: 3 } },
    [/1 quarantined records are neither/],
  ],
];

for (const [name, facts, expected] of cases) {
  test(name, async () => {
    const problems = await problemsOf(facts);
    assert.equal(problems.length, expected.length, problems.join('; '));
    for (const [index, pattern] of expected.entries()) assert.match(problems[index], pattern);
  });
}
