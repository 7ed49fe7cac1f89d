/** 200 tail subscribers with 50 different queries: how much slower the burst becomes. Both kinds take turns. */
import { withProduct } from '../harness.ts';
import { burst, makeBodies } from '../harness/burst-run.ts';
import { TailClient } from '../harness/tail-client.ts';
import type { BenchContext, Scenario } from '../scenario.ts';
import { buildTemplates } from '../generator/templates.ts';

const subscriberCount = 200;
const queryCount = 50;
const rounds = 2;

/** What people watch: a service, its errors, a word, a host. */
export function tailQueries(): string[] {
  const services = [...new Set(buildTemplates().map(({ template }) => template.service))];
  const words = ['deadlock', 'quorum', '"circuit breaker"', '"out of memory"', 'user_id:u-42', 'host:prod-db-002'];
  return [
    ...services.map((service) => `service:${service} level>=ERROR`),
    ...services.map((service) => `service:${service} AND timeout`),
    ...words,
  ].slice(0, queryCount);
}

async function measure(context: BenchContext, subscribed: boolean, round: number) {
  return withProduct(context.freshDirectory(`subscribers-${subscribed}-${round}`), async (product) => {
    const bodies = makeBodies(context.sizes.lines);
    const queries = tailQueries();
    const tails: TailClient[] = [];
    const count = subscribed ? subscriberCount : 0;
    for (let i = 0; i < count; i++) tails.push(await TailClient.open({ port: product.port, query: queries[i % queries.length] }));
    const { tookMs } = await burst(product, bodies);
    for (const tail of tails) tail.close();
    return {
      tookMs,
      frames: tails.reduce((sum, { counts }) => sum + counts.frames, 0),
      bytes: tails.reduce((sum, { counts }) => sum + counts.bytes, 0),
    };
  });
}

export const subscribersScenario: Scenario = {
  name: 'subscribers',
  goals: [
    { id: 'subscribers.slower_percent', title: 'burst with 200 tail subscribers: slower by', unit: '%', limit: 10, direction: 'at_most' },
  ],
  async run(context) {
    const alone: number[] = [];
    const watched: number[] = [];
    let frames = 0;
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      alone.push((await measure(context, false, round)).tookMs);
      const result = await measure(context, true, round);
      watched.push(result.tookMs);
      frames += result.frames;
      bytes += result.bytes;
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const slowerPercent = 100 * (mean(watched) / mean(alone) - 1);
    const wrong = frames === 0 ? ['no subscriber got any frame'] : [];
    return {
      measurements: [{ goal: 'subscribers.slower_percent', value: slowerPercent }],
      wrong,
      details: { aloneMs: alone, watchedMs: watched, frames, bytes },
    };
  },
};
