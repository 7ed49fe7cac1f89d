/** All in: CPU of all processes of the product for the burst's lines, until they are flushed, indexed and merges rest. */
import type { Scenario } from '../scenario.ts';

export const allInScenario: Scenario = {
  name: 'all-in',
  goals: [
    {
      id: 'all_in.cpu_seconds',
      title: 'CPU until flushed, indexed, merges at rest',
      unit: 'CPU s',
      limit: 7,
      direction: 'at_most',
      relativeTo: 'insertCpuSeconds',
    },
  ],
  async run(context) {
    const { cpuSeconds, cpuSecondsUntilFound, lines, threads } = await context.burstRun();
    return {
      measurements: [{ goal: 'all_in.cpu_seconds', value: cpuSeconds }],
      wrong: [],
      notes: [
        `CPU of living threads, start included: ${threads.map(({ process, thread, count, cpuSeconds: seconds }) => `${process} ${thread}${count > 1 ? ` ×${count}` : ''} ${seconds.toFixed(1)} s`).join(', ')}`,
      ],
      details: { lines, cpuSecondsUntilFound, perMillionLines: (cpuSeconds * 1e6) / lines, threads },
    };
  },
};
