/** What a matching line costs the conditions about silence, sequences, patterns and volume: nanoseconds a line. */
import { contextOf, matchedLines } from './matched-lines.test-support.ts';
import type { TestLine } from './matched-lines.test-support.ts';
import { TenantStream } from '../tenant-stream.ts';
import type { ConditionState, MatchedLines } from '../condition-state.ts';
import { createAbsence } from './absence.ts';
import { createBudget } from './budget.ts';
import { createNewPattern } from './new-pattern.ts';
import { createSequence } from './sequence.ts';
import { createSilentSource } from './silent-source.ts';

const lineCount = 5000;
const groupCount = 100;
const t0 = Date.UTC(2026, 2, 1);
const windowMs = 300_000;
const batchMs = 250;

const line = (i: number, atMs: number): TestLine => ({
  atMs: atMs - (i % 200),
  receivedMs: atMs,
  group: Math.floor(i / 5) % groupCount,
  service: `service-${i % 20}`,
  message: `request ${i} of user ${i * 7} done in ${i % 97} ms`,
  pattern: BigInt((i % 500) + 1) << 20n,
  attributes: { order_id: `order-${i}`, region: 'eu-central-1', status: '200', latency_ms: `${i % 997}` },
});

/** Batches of the same lines at rising times. */
const batches: MatchedLines[] = Array.from({ length: 8 }, (_, n) =>
  matchedLines(Array.from({ length: lineCount }, (_unused, i) => line(i, t0 + n * batchMs))),
);

function measure(name: string, state: ConditionState, take: (state: ConditionState, lines: MatchedLines, run: number) => void): void {
  let startNs = 0n;
  const [warm, runs] = [16, 64];
  for (let run = 0; run < warm + runs; run++) {
    if (run === warm) startNs = process.hrtime.bigint();
    take(state, batches[run % batches.length], run);
    const tickMs = t0 + run * batchMs;
    for (let group = 0; group < groupCount; group++) state.judge(group, tickMs, false);
  }
  const ns = Number(process.hrtime.bigint() - startNs) / runs / lineCount;
  console.log(`${name}: ${ns.toFixed(1)} ns/line, 100 groups judged each 5,000 lines; ${(state.bytes / 1024).toFixed(0)} KiB`);
}

const context = contextOf();
context.stream.lastArrivalMs = t0;
const takeAll = (state: ConditionState, lines: MatchedLines): void => state.take(0, lines);
measure('absence', createAbsence({ kind: 'absence', window_ms: windowMs }, context), takeAll);
const stream = new TenantStream();
measure('silent_source', createSilentSource({ kind: 'silent_source', source: 'host' }, { ...context, stream }), (state, lines, run) => {
  stream.take(lines.view, t0 + run * batchMs);
  state.take(0, lines);
});
measure('new_pattern', createNewPattern({ kind: 'new_pattern', window_ms: windowMs }, context), takeAll);
for (const unit of ['lines', 'bytes'] as const)
  measure(`budget of ${unit}`, createBudget({ kind: 'budget', unit, period: 'day', threshold: 1e12 }, context), takeAll);
for (const expect of ['both', 'missing'] as const) {
  const state = createSequence(
    {
      kind: 'sequence',
      first: 'message:begun',
      then: 'message:done',
      key: 'order_id',
      within_ms: 10_000,
      expect,
      window_ms: windowMs,
      operator: '>',
      threshold: 0,
    },
    { ...context, latenessMs: 1000 },
  );
  // each batch has new keys; A and B of a key come one batch apart
  measure(`sequence, ${expect}`, state, (one, lines, run) => {
    const keyed = (of: number): MatchedLines => ({
      ...lines,
      timesMs: lines.timesMs.map((_, i) => t0 + run * batchMs - (i % 200)),
      fields: { text: (row) => `key-${of}-${row}`, number: () => Number.NaN },
    });
    if (run % 2 === 0) one.take(0, keyed(run));
    else one.take(1, keyed(run - 1));
  });
}
