/** Bytes a line on disk: the active parts of the table, with its text indexes and without them. */
import type { Scenario } from '../scenario.ts';

export const diskScenario: Scenario = {
  name: 'disk',
  goals: [
    {
      id: 'disk.with_text_indexes',
      title: 'disk, with text indexes',
      unit: 'B/line',
      limit: 1.6,
      direction: 'at_most',
      relativeTo: 'bytesPerLine',
    },
    {
      id: 'disk.without_text_indexes',
      title: 'disk, without text indexes',
      unit: 'B/line',
      limit: 1.05,
      direction: 'at_most',
      relativeTo: 'bytesPerLine',
    },
  ],
  async run(context) {
    const { disk } = await context.burstRun();
    return {
      measurements: [
        { goal: 'disk.with_text_indexes', value: disk.bytes / disk.rows },
        { goal: 'disk.without_text_indexes', value: (disk.bytes - disk.textIndexBytes) / disk.rows },
      ],
      wrong: [],
      details: { ...disk },
    };
  },
};
