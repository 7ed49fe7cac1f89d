/** Compares what the server answers with what the generator knows. Every difference is one sentence. */
import type { Facts } from '../generator.ts';
import { levels } from '../generator.ts';
import type { AggregateAnswer, ApiClient, Range } from './api-client.ts';

const tracesToAsk = 5;
const minutesToCompare = 300;

/** The range that holds all lines of the facts. */
export function wholeRange({ earliestMs, latestMs }: Facts): Range {
  return { fromMs: earliestMs - 1000, toMs: latestMs + 1000 };
}

/** Counts by level, service, minute, word and phrase, and some traces and ids. */
export async function compareWithFacts(client: ApiClient, facts: Facts): Promise<string[]> {
  const range = wholeRange(facts);
  const wrong: string[] = [];
  const compare = (what: string, found: number, expected: number): void => {
    if (found !== expected) wrong.push(`${what}: ${found} instead of ${expected}`);
  };
  compare('all lines', await client.count({ range }), facts.lines);
  for (const [word, expected] of facts.words) compare(`word "${word}"`, await client.count({ query: word, range }), expected);
  for (const [phrase, expected] of facts.phrases)
    compare(`phrase "${phrase}"`, await client.count({ query: `"${phrase}"`, range }), expected);
  const byLevel = groupCounts(await client.aggregate({ range, groupBy: ['level'] }), ['level']);
  for (const level of levels) compare(`level ${level}`, byLevel.get(level) ?? 0, facts.byLevel[level]);
  const byService = groupCounts(await client.aggregate({ range, groupBy: ['service'] }), ['service']);
  for (const [service, expected] of facts.byService) compare(`service ${service}`, byService.get(service) ?? 0, expected);
  for (const { traceId, lines } of facts.traces.slice(0, tracesToAsk)) {
    compare(`trace ${traceId}`, (await client.search({ query: `trace_id:${traceId}`, range })).hits.length, lines);
  }
  for (const { id, lines } of facts.orderIds.slice(0, tracesToAsk))
    compare(`order ${id}`, await client.count({ filters: { order_id: id }, range }), lines);
  wrong.push(...(await compareMinutes(client, facts, range)));
  return wrong;
}

async function compareMinutes(client: ApiClient, facts: Facts, range: Range): Promise<string[]> {
  if (facts.byMinute.size > minutesToCompare) return [];
  const { buckets } = await client.aggregate({ range, groupBy: ['level'], interval: '1m' });
  const found = new Map(buckets.map(({ time, group, value }) => [`${Date.parse(time ?? '') / 60_000} ${group.level}`, value ?? 0]));
  const wrong: string[] = [];
  for (const [minute, counts] of facts.byMinute) {
    for (const [index, level] of levels.entries()) {
      const value = found.get(`${minute} ${level}`) ?? 0;
      if (value !== counts[index])
        wrong.push(`${level} in minute ${new Date(minute * 60_000).toISOString()}: ${value} instead of ${counts[index]}`);
    }
  }
  return wrong.slice(0, 10);
}

function groupCounts({ buckets }: AggregateAnswer, names: readonly string[]): Map<string, number> {
  return new Map(buckets.map(({ group, value }) => [names.map((name) => group[name]).join(' '), value ?? 0]));
}
