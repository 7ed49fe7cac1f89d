/** The most frequent patterns of a day through HTTP: counts, levels, buckets and an example of each. Warm, median of the repeats. */
import { withProduct } from '../harness.ts';
import { Latencies } from '../harness/latencies.ts';
import { wholeRange } from '../harness/oracle.ts';
import type { Scenario } from '../scenario.ts';
import { fill } from './queries.ts';

const dayMs = 86_400_000;
const warmUps = 3;

export const patternsScenario: Scenario = {
  name: 'patterns',
  goals: [{ id: 'patterns.top_of_day', title: 'top patterns of a day, median', unit: 'ms', limit: 50, direction: 'at_most' }],
  run: (context) =>
    withProduct(
      context.freshDirectory('patterns'),
      async (product) => {
        const facts = await fill(context, product, context.sizes.lines, dayMs);
        const latencies = new Latencies();
        const wrong = new Set<string>();
        let patterns = 0;
        for (let turn = 0; turn < warmUps + context.sizes.repeats; turn++) {
          const answer = await product.client.patterns(wholeRange(facts));
          if (turn >= warmUps) latencies.add(answer.tookMs);
          if (answer.total_lines !== facts.lines) wrong.add(`patterns: ${answer.total_lines} lines instead of ${facts.lines}`);
          if (answer.patterns.some(({ text }) => text === null)) wrong.add('patterns: lines without a pattern');
          patterns = answer.total_patterns;
        }
        return {
          measurements: [{ goal: 'patterns.top_of_day', value: latencies.percentile(50) }],
          wrong: [...wrong],
          details: { patterns, latencies: latencies.summary() },
        };
      },
      ['--patterns.enabled=true'],
    ),
};
