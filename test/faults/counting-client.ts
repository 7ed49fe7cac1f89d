/**
 * A client that counts without pause, by search and by aggregate. While answers call themselves complete their counts
 * never fall, whatever is flushed, killed or replayed meanwhile.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Product } from '../support/product.ts';

export interface CountingOptions {
  readonly filters: object;
  readonly timeRange: object;
  readonly pauseMs?: number;
}

export class CountingClient {
  /** Complete answers, and those that said that lines may be missing. */
  complete = 0;
  incomplete = 0;
  /** Answers by status and error code where there was no count. */
  readonly refusals = new Map<string, number>();
  highest = 0;
  readonly #options: CountingOptions;
  readonly #running: Promise<void>;
  #product: Product | undefined;
  #stopped = false;
  #falls: string[] = [];

  constructor(options: CountingOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  set product(product: Product | undefined) {
    this.#product = product;
  }

  /** Ends it and fails where a count fell. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    assert.deepEqual(this.#falls, []);
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopped; turn += 1) {
      const product = this.#product;
      if (product !== undefined) await this.#count(product, turn).catch(() => undefined);
      await sleep(this.#options.pauseMs ?? 20);
    }
  }

  async #count(product: Product, turn: number): Promise<void> {
    const before = this.highest;
    const { filters, timeRange } = this.#options;
    const request = { filters: { ...filters, time_range: timeRange } };
    const response =
      turn % 2 === 0
        ? await product.post('/v1/logs/search', { ...request, limit: 1 })
        : await product.post('/v1/logs/aggregate', { ...request, metric: 'count', group_by: ['service'] });
    const answer = (await response.json()) as {
      total?: number;
      total_relation?: string;
      buckets?: { value: number }[];
      complete?: boolean;
      error?: { code: string };
    };
    if (response.status !== 200) {
      const what = `${response.status} ${answer.error?.code ?? ''}`;
      this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1);
      return;
    }
    if (answer.complete !== true) {
      this.incomplete += 1;
      return;
    }
    if (turn % 2 === 0 && answer.total_relation !== 'eq') return;
    const count = turn % 2 === 0 ? answer.total! : answer.buckets!.reduce((sum, { value }) => sum + value, 0);
    this.complete += 1;
    if (count < before)
      this.#falls.push(`the ${turn % 2 === 0 ? 'total' : 'aggregate'} fell from ${before} to ${count} in an answer that says complete`);
    this.highest = Math.max(this.highest, count);
  }
}
