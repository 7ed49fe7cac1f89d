/**
 * A flood of 50 clients that ask expensive questions without pause: how much slower lines are acknowledged meanwhile, and
 * whether all of them are found afterwards. Rounds without and with the flood take turns in one product.
 */
import { LineGenerator } from '../generator.ts';
import type { Batch } from '../generator.ts';
import { sleep, withProduct } from '../harness.ts';
import type { Product } from '../harness.ts';
import { ApiClient } from '../harness/api-client.ts';
import { sendAll } from '../harness/load.ts';
import { wholeRange } from '../harness/oracle.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const floodClients = 50;
const rounds = 3;
/** Lines that the flood searches, in shares of the scenario's size; each round sends half as many. */
const roundShare = 0.5;
const hourMs = 3_600_000;

/** What reads everything and groups it, differently each time so that no answer can be kept. */
const expensive = (turn: number) => ({
  query: turn % 2 === 0 ? '' : `-host:none-${turn}`,
  time_range: { from: Date.now() - 2 * hourMs - turn, to: Date.now() + 1000 },
  group_by: ['host', 'level'],
  metric: turn % 3 === 0 ? 'p99(latency_ms)' : 'distinct(user_id)',
});

/** Asks until it is stopped; resolves to the statuses of the answers. */
async function flood(product: Product, stopped: () => boolean): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const askOn = async (first: number): Promise<void> => {
    const client = new ApiClient(product.port);
    for (let turn = first; !stopped(); turn += floodClients) {
      const body = Buffer.from(JSON.stringify(expensive(turn)));
      const { status } = await client.connection.request('POST', '/v1/logs/aggregate', { 'content-type': 'application/json' }, body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 429) await sleep(1000);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: floodClients }, (_, index) => askOn(index)));
  return statuses;
}

interface Round {
  readonly linesPerSecond: number;
  readonly ackP99Ms: number;
}

async function measureRound(product: Product, batches: readonly Batch[]): Promise<Round> {
  const { lines, tookMs, acks } = await sendAll(product.port, batches);
  return { linesPerSecond: (1000 * lines) / tookMs, ackP99Ms: acks.percentile(99) };
}

async function measure(context: BenchContext, product: Product) {
  const { lines } = context.sizes;
  const roundLines = Math.round(lines * roundShare);
  const generator = new LineGenerator({ lines: lines + (2 * rounds + 1) * roundLines, endMs: Date.now(), rangeMs: hourMs });
  const batches = [...generator.batches()];
  const take = (wanted: number): Batch[] => {
    const taken: Batch[] = [];
    for (let count = 0; count < wanted && batches.length > 0; ) {
      const batch = batches.shift() as Batch;
      taken.push(batch);
      count += batch.lineCount;
    }
    return taken;
  };
  await sendAll(product.port, take(lines));
  await product.client.flush();
  // The first round after the start is not like the others.
  await measureRound(product, take(roundLines));
  const alone: Round[] = [];
  const flooded: Round[] = [];
  const statuses = new Map<number, number>();
  for (let round = 0; round < rounds; round++) {
    await product.client.flush();
    alone.push(await measureRound(product, take(roundLines)));
    await product.client.flush();
    let isOver = false;
    const flooding = flood(product, () => isOver);
    await sleep(1000);
    flooded.push(await measureRound(product, take(roundLines)));
    isOver = true;
    for (const [status, count] of await flooding) statuses.set(status, (statuses.get(status) ?? 0) + count);
  }
  await sendAll(product.port, batches);
  await product.awaitFound(generator.facts.lines, wholeRange(generator.facts));
  return { alone, flooded, statuses };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

export const searchFloodScenario: Scenario = {
  name: 'search-flood',
  goals: [
    {
      id: 'search_flood.slower_percent',
      title: 'acknowledging under 50 expensive searches: slower by',
      unit: '%',
      limit: 15,
      direction: 'at_most',
    },
  ],
  run: (context) =>
    withProduct(context.freshDirectory('search-flood'), async (product) => {
      const { alone, flooded, statuses } = await measure(context, product);
      const rate = (of: readonly Round[]): number => median(of.map(({ linesPerSecond }) => linesPerSecond));
      const answered = statuses.get(200) ?? 0;
      return {
        measurements: [{ goal: 'search_flood.slower_percent', value: 100 * (1 - rate(flooded) / rate(alone)) }],
        wrong: answered === 0 ? ['no search of the flood was answered'] : [],
        details: { alone, flooded, statuses: Object.fromEntries(statuses) },
      };
    }),
};
