/** Memory of the whole tree, proportional (shared pages once): idle after the start, and the peak from burst to rest. */
import type { Scenario } from '../scenario.ts';

export const memoryScenario: Scenario = {
  name: 'memory',
  goals: [
    { id: 'memory.idle', title: 'memory, idle', unit: 'MB', limit: 400, direction: 'at_most' },
    { id: 'memory.burst', title: 'memory, peak under burst and flush', unit: 'MB', limit: 1200, direction: 'at_most' },
  ],
  async run(context) {
    const { idlePssBytes, peakPssBytes } = await context.burstRun();
    return {
      measurements: [
        { goal: 'memory.idle', value: idlePssBytes / 1e6 },
        { goal: 'memory.burst', value: peakPssBytes / 1e6 },
      ],
      wrong: [],
      details: {},
    };
  },
};
