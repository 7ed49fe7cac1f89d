/**
 * What an engineer does after the search, through HTTP over 1 M flushed lines with a memtable beside them: the lines around
 * a line, a trace, the fields of everything, and what is different in the errors. Warm, median of the repeats.
 */
import type { Facts } from '../generator.ts';
import { withProduct } from '../harness.ts';
import type { Product } from '../harness.ts';
import { Latencies } from '../harness/latencies.ts';
import { wholeRange } from '../harness/oracle.ts';
import type { Goal, Measurement, Scenario } from '../scenario.ts';
import { fill } from './queries.ts';

interface Step {
  readonly name: string;
  readonly title: string;
  readonly goalMs: number;
  /** Asks; resolves to the sentence of what is wrong, if anything. */
  ask(product: Product, facts: Facts, turn: number): Promise<string | undefined>;
}

const jsonHeaders = { 'content-type': 'application/json' };

async function ask<T>({ client }: Product, method: string, path: string, body?: unknown): Promise<T> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const { status, body: answer } = await client.connection.request(method, path, body === undefined ? {} : jsonHeaders, bytes);
  if (status !== 200) throw new Error(`${method} ${path} gave ${status}: ${answer.toString().slice(0, 300)}`);
  return JSON.parse(answer.toString()) as T;
}

/** All lines, beginning a little earlier each turn, so that nothing can have been kept. */
function timeRange(facts: Facts, turn = 0): { readonly from: number; readonly to: number } {
  const { fromMs, toMs } = wholeRange(facts);
  return { from: fromMs - turn, to: toMs };
}

/** Ids of lines in the midst of the others, found once. */
const anchors = new WeakMap<Facts, Promise<readonly string[]>>();
function anchorsOf(product: Product, facts: Facts): Promise<readonly string[]> {
  const ids = anchors.get(facts) ?? findAnchors(product, facts);
  anchors.set(facts, ids);
  return ids;
}

async function findAnchors(product: Product, facts: Facts): Promise<string[]> {
  const { from, to } = timeRange(facts);
  const range = { fromMs: from, toMs: Math.floor((from + to) / 2) };
  return (await product.client.search({ range, limit: 50 })).hits.map(({ id }) => id);
}

const steps: readonly Step[] = [
  {
    name: 'context',
    title: '50 lines before and after a line, same source',
    goalMs: 60,
    async ask(product, facts, turn) {
      const ids = await anchorsOf(product, facts);
      const { lines } = await ask<{ lines: unknown[] }>(product, 'GET', `/v1/logs/${ids[turn % ids.length]}/context`);
      return lines.length > 101 || lines.length < 2 ? `${lines.length} lines around a line` : undefined;
    },
  },
  {
    name: 'trace',
    title: 'a trace, at any time',
    goalMs: 40,
    async ask(product, { traces }, turn) {
      const { traceId, lines } = traces[turn % traces.length];
      const { total } = await ask<{ total: number }>(product, 'GET', `/v1/traces/${traceId}`);
      return total === lines ? undefined : `${total} lines of a trace instead of ${lines}`;
    },
  },
  {
    name: 'fields',
    title: 'statistics of all fields of all lines',
    goalMs: 500,
    async ask(product, facts, turn) {
      const body = { time_range: timeRange(facts, turn) };
      const answer = await ask<{ total_lines: number; fields: { name: string }[] }>(product, 'POST', '/v1/logs/fields', body);
      if (answer.total_lines !== facts.lines) return `fields of ${answer.total_lines} lines instead of ${facts.lines}`;
      return answer.fields.some(({ name }) => name === 'latency_ms') ? undefined : 'no field latency_ms';
    },
  },
  {
    name: 'compare',
    title: 'what is different in the errors',
    goalMs: 1000,
    async ask(product, facts, turn) {
      const body = { selection: { query: 'level:ERROR', time_range: timeRange(facts, turn) } };
      const { differences } = await ask<{ differences: { field: string }[] }>(product, 'POST', '/v1/logs/fields/compare', body);
      return differences[0]?.field === 'level' ? undefined : 'the level is not the first difference of the errors';
    },
  },
];

const goalOf = ({ name, title, goalMs }: Step): Goal => ({
  id: `investigate.${name}`,
  title: `${title}, 1 M lines, median`,
  unit: 'ms',
  limit: goalMs,
  direction: 'at_most',
});

const warmUps = 2;
export const investigateScenario: Scenario = {
  name: 'investigate',
  goals: steps.map(goalOf),
  run: (context) =>
    withProduct(context.freshDirectory('investigate'), async (product) => {
      const facts = await fill(context, product, context.sizes.lines, 3_600_000);
      const measurements: Measurement[] = [];
      const wrong = new Set<string>();
      const details: Record<string, unknown> = {};
      for (const step of steps) {
        const latencies = new Latencies();
        for (let turn = 0; turn < warmUps + context.sizes.repeats; turn++) {
          const startMs = performance.now();
          const problem = await step.ask(product, facts, turn);
          if (turn >= warmUps) latencies.add(performance.now() - startMs);
          if (problem !== undefined) wrong.add(`investigate.${step.name}: ${problem}`);
        }
        measurements.push({ goal: `investigate.${step.name}`, value: latencies.percentile(50) });
        details[step.name] = latencies.summary();
      }
      return { measurements, wrong: [...wrong], details };
    }),
};
