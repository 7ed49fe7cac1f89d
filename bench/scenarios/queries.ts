/**
 * Query latencies through HTTP: named queries over 1 M flushed lines with a live memtable beside them, and some of them over
 * 10 M lines of five days. Warm, median of the repeats; every answer is compared with the oracle.
 *
 * No question is asked twice: ids, words, services and the beginning of the range differ from turn to turn, so that no kept
 * answer serves. What a kept answer takes is told apart, in the notes.
 */
import type { Facts } from '../generator.ts';
import { LineGenerator } from '../generator.ts';
import { withProduct } from '../harness.ts';
import type { Product } from '../harness.ts';
import type { ApiClient, Range } from '../harness/api-client.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendAll } from '../harness/load.ts';
import { wholeRange } from '../harness/oracle.ts';
import type { BenchContext, Goal, Measurement, Scenario } from '../scenario.ts';
import { minutesByService, pipeQueries } from './pipe-queries.ts';

/** For regular expressions and infix wildcards, which are written for them. */
const word = 'timeout';
const phrase = 'connection reset by peer';
const memtableLines = 50_000;
const dayMs = 86_400_000;
const warmUps = 3;
const keptRepeats = 5;

const nth = <T>(items: Iterable<T>, turn: number): T => {
  const all = [...items];
  return all[turn % all.length];
};

/** All lines, beginning a little earlier each turn. */
function rangeOfTurn(facts: Facts, turn: number): Range {
  const { fromMs, toMs } = wholeRange(facts);
  return { fromMs: fromMs - turn, toMs };
}

export interface NamedQuery {
  readonly name: string;
  readonly title: string;
  readonly goalMs: number;
  /** Asks; resolves to its time and to the sentence of what is wrong, if anything. `turn` chooses among known ids. */
  ask(client: ApiClient, facts: Facts, range: Range, turn: number): Promise<{ readonly tookMs: number; readonly wrong?: string }>;
}

interface Asked {
  readonly query?: string;
  readonly filters?: Record<string, unknown>;
  /** Lines that match. */
  readonly expected: number;
}

function newest(name: string, title: string, goalMs: number, asked: (facts: Facts, turn: number) => Asked): NamedQuery {
  return {
    name,
    title,
    goalMs,
    async ask(client, facts, range, turn) {
      const { expected, ...request } = asked(facts, turn);
      const { hits, tookMs } = await client.search({ ...request, range, limit: 100 });
      const wanted = Math.min(100, expected);
      const times = hits.map(({ timestamp }) => Date.parse(timestamp));
      const falling = times.every((atMs, index) => index === 0 || atMs <= times[index - 1]);
      const wrong = hits.length !== wanted ? `${hits.length} lines instead of ${wanted}` : falling ? undefined : 'not newest first';
      return { tookMs, wrong };
    },
  };
}

function count(name: string, title: string, goalMs: number, asked: (facts: Facts, turn: number) => Asked): NamedQuery {
  return {
    name,
    title,
    goalMs,
    async ask(client, facts, range, turn) {
      const { expected, ...request } = asked(facts, turn);
      const { buckets, tookMs } = await client.aggregate({ ...request, range });
      const found = buckets[0]?.value ?? 0;
      return { tookMs, wrong: found === expected ? undefined : `${found} instead of ${expected}` };
    },
  };
}

const wordOf = ({ words }: Facts, turn: number): Asked => {
  const [query, expected] = nth(words, turn);
  return { query, expected };
};

const phraseOf = ({ phrases }: Facts, turn: number): Asked => {
  const [query, expected] = nth(phrases, turn);
  return { query: `"${query}"`, expected };
};

const errorsOf = ({ byService, byServiceAndLevel }: Facts, turn: number): Asked => {
  const service = nth(byService.keys(), turn);
  return { filters: { service, level: ['ERROR'] }, expected: byServiceAndLevel.get(`${service} ERROR`) ?? 0 };
};

export const namedQueries: readonly NamedQuery[] = [
  {
    name: 'trace_id',
    title: 'trace id',
    goalMs: 15,
    async ask(client, { traces }, range, turn) {
      const { traceId, lines } = traces[turn % traces.length];
      const { hits, tookMs } = await client.search({ query: `trace_id:${traceId}`, range });
      return {
        tookMs,
        wrong:
          hits.length === lines && hits.every(({ trace_id }) => trace_id === traceId)
            ? undefined
            : `${hits.length} lines instead of ${lines}`,
      };
    },
  },
  {
    name: 'any_id',
    title: 'id in any attribute',
    goalMs: 15,
    async ask(client, { orderIds }, range, turn) {
      const { id, lines } = orderIds[turn % orderIds.length];
      const { hits, tookMs } = await client.search({ query: id, range });
      return { tookMs, wrong: hits.length === lines ? undefined : `${hits.length} lines of ${id} instead of ${lines}` };
    },
  },
  count('count_word', 'count of a word', 20, wordOf),
  count('count_phrase', 'count of a phrase', 100, phraseOf),
  count('count_regex', 'count of a regular expression with words in it', 400, ({ phrases }, turn) => ({
    query: `/(?i)connection\\W+reset\\W+by\\W+peer(?:#${turn})?/`,
    expected: phrases.get(phrase) ?? 0,
  })),
  // this one has no literal that an index could look up: every message is looked at
  count('count_regex_scan', 'count of a regular expression without words', 400, ({ words }, turn) => ({
    query: `/(?i)(?:^|[^0-9a-z])t[a-z]me[a-z]ut(?:[^0-9a-z]|$)(?:#${turn})?/`,
    expected: words.get(word) ?? 0,
  })),
  count('count_infix', 'count of an infix wildcard', 400, ({ words }, turn) => ({
    query: `*imeou* -absent${turn}`,
    expected: words.get(word) ?? 0,
  })),
  {
    name: 'count_range',
    title: 'count of a numeric range of an attribute',
    goalMs: 60,
    async ask(client, { lines }, range, turn) {
      const { buckets, tookMs } = await client.aggregate({ query: `latency_ms>100.${turn + 1}`, range });
      // the same log-normal: 14.6 % are above 100
      const share = (buckets[0]?.value ?? 0) / lines;
      return { tookMs, wrong: share > 0.14 && share < 0.152 ? undefined : `${share} of the lines` };
    },
  },
  newest('newest', 'newest 100', 20, ({ lines }) => ({ expected: lines })),
  newest('newest_word', 'newest 100 of a word', 35, wordOf),
  newest('newest_phrase', 'newest 100 of a phrase', 40, phraseOf),
  newest('newest_errors', 'newest 100 of ERROR in one service', 20, errorsOf),
  {
    name: 'minute_level',
    title: 'count by minute and level',
    goalMs: 20,
    async ask(client, facts, range, turn) {
      // steps of a range are kept one by one, so another range alone would not do
      const { buckets, tookMs } = await client.aggregate({
        query: `-environment:absent${turn}`,
        range,
        groupBy: ['level'],
        interval: '1m',
      });
      const total = buckets.reduce((sum, { value }) => sum + (value ?? 0), 0);
      return { tookMs, wrong: total === facts.lines ? undefined : `${total} instead of ${facts.lines}` };
    },
  },
  {
    name: 'p99_by_service',
    title: 'p99 of an attribute by service',
    goalMs: 120,
    async ask(client, facts, range) {
      const { buckets, tookMs } = await client.aggregate({ range, groupBy: ['service'], metric: 'p99(latency_ms)' });
      // The attribute is log-normal with median 35 and spread 1 in every service: its p99 is near 358.
      const strange = buckets.find(({ value }) => value === null || value < 280 || value > 440);
      const wrong =
        buckets.length !== facts.byService.size
          ? `${buckets.length} services instead of ${facts.byService.size}`
          : strange && `p99 ${strange.value} of ${strange.group.service}`;
      return { tookMs, wrong };
    },
  },
];

const goalOf =
  (prefix: string, suffix: string, factor: number) =>
  ({ name, title, goalMs }: NamedQuery): Goal => ({
    id: `${prefix}.${name}`,
    title: `${title}, ${suffix}`,
    unit: 'ms',
    limit: goalMs * factor,
    direction: 'at_most',
  });

async function askAll(product: Product, queries: readonly NamedQuery[], facts: Facts, repeats: number, prefix: string) {
  const measurements: Measurement[] = [];
  const wrong: string[] = [];
  const details: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const { name, ask } of queries) {
    const [latencies, kept] = [new Latencies(), new Latencies()];
    for (let turn = 0; turn < warmUps + repeats + keptRepeats; turn++) {
      const asked = Math.min(turn, warmUps + repeats - 1);
      const answer = await ask(product.client, facts, rangeOfTurn(facts, asked), asked);
      if (turn !== asked) kept.add(answer.tookMs);
      else if (turn >= warmUps) latencies.add(answer.tookMs);
      if (answer.wrong !== undefined) wrong.push(`${prefix}.${name}: ${answer.wrong}`);
    }
    measurements.push({ goal: `${prefix}.${name}`, value: latencies.percentile(50) });
    details[name] = { ...latencies.summary(), askedAgain: kept.summary() };
    notes.push(`${name} ${kept.percentile(50).toFixed(1)}`);
  }
  return { measurements, wrong: [...new Set(wrong)], details, notes: [`asked again, median in ms: ${notes.join(', ')}`] };
}

/** Lines in the store, flushed and at rest but for the last `memtableLines`. */
export async function fill(context: BenchContext, product: Product, lines: number, rangeMs: number): Promise<Facts> {
  const generator = new LineGenerator({ lines: lines + memtableLines, endMs: Date.now(), rangeMs });
  const batches = generator.batches();
  await sendAll(product.port, take(batches, lines));
  await product.client.flush();
  await product.awaitRest();
  await sendAll(product.port, batches);
  await product.awaitFound(lines + memtableLines, wholeRange(generator.facts));
  context.say(`${lines} lines flushed, ${(await product.client.storeState()).memtableRows} in the memtable`);
  return generator.facts;
}

/** The first batches up to a number of lines; leaves the rest in the iterator. */
function* take<T extends { readonly lineCount: number }>(batches: Iterator<T>, lines: number): Generator<T> {
  for (let taken = 0; taken < lines; ) {
    const { value, done } = batches.next();
    if (done) return;
    taken += value.lineCount;
    yield value;
  }
}

export const queriesScenario: Scenario = {
  name: 'queries',
  goals: [...namedQueries, ...pipeQueries].map(goalOf('queries', '1 M lines, median', 1)),
  run: (context) =>
    withProduct(context.freshDirectory('queries'), async (product) => {
      const facts = await fill(context, product, context.sizes.lines, 3_600_000);
      return askAll(product, [...namedQueries, ...pipeQueries], facts, context.sizes.repeats, 'queries');
    }),
};

/** At any time, as the page of a trace asks for it. */
const wholeTrace: NamedQuery = {
  name: 'trace',
  title: 'a whole trace, at any time',
  goalMs: 20,
  async ask({ connection }, { traces }, _, turn) {
    const { traceId, lines } = nth(traces, turn);
    const { status, body, tookMs } = await connection.request('GET', `/v1/traces/${traceId}`);
    const total = status === 200 ? (JSON.parse(body.toString()) as { total: number }).total : 0;
    return { tookMs, wrong: total === lines ? undefined : `${total} lines instead of ${lines}` };
  },
};

/** Of five days with lines, out of the 30 that are asked for. */
const histogram: NamedQuery = {
  name: 'histogram',
  title: 'histogram of 30 days by level',
  goalMs: 25,
  async ask(client, { lines }, { toMs }, turn) {
    const range = { fromMs: toMs - 30 * dayMs, toMs };
    const { buckets, tookMs } = await client.aggregate({ query: `-environment:absent${turn}`, range, groupBy: ['level'], interval: '6h' });
    const total = buckets.reduce((sum, { value }) => sum + (value ?? 0), 0);
    return { tookMs, wrong: total === lines ? undefined : `${total} instead of ${lines}` };
  },
};

const manyQueries = [
  ...namedQueries.filter(({ name }) => ['trace_id', 'any_id', 'newest'].includes(name)),
  wholeTrace,
  histogram,
  minutesByService,
];

export const manyQueriesScenario: Scenario = {
  name: 'queries-10m',
  goals: manyQueries.map(goalOf('queries_10m', '10 M lines, median', 2)),
  run: (context) =>
    withProduct(context.freshDirectory('queries-10m'), async (product) => {
      const facts = await fill(context, product, context.sizes.manyLines, 5 * dayMs);
      return askAll(product, manyQueries, facts, context.sizes.repeats, 'queries_10m');
    }),
};
