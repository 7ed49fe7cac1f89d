/** Burst: from the first byte to all found by search, bodies ready before, two connections, zstd, batches of 5000. */
import type { Scenario } from '../scenario.ts';

export const burstScenario: Scenario = {
  name: 'burst',
  goals: [
    {
      id: 'burst.lines_per_second',
      title: 'burst, first byte to all found',
      unit: 'lines/s',
      limit: 0.45,
      direction: 'at_least',
      relativeTo: 'linesPerSecond',
    },
  ],
  async run(context) {
    const { linesPerSecond, ackedPerSecond, ackSummary, backpressure, lines, wrong } = await context.burstRun();
    return {
      measurements: [{ goal: 'burst.lines_per_second', value: linesPerSecond }],
      wrong,
      details: { lines, ackedPerSecond, acks: ackSummary, backpressure },
    };
  },
};
