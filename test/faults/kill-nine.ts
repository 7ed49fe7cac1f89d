/**
 * Kills the product, or its engine alone, while numbered lines are sent and counted, starts it again on the same data
 * and compares everything that is found with what was acknowledged.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';
import { CountingClient } from './counting-client.ts';
import { discrepancies, NumberedSenders, service } from './numbered-lines.ts';

/** When to kill, as it can be seen from outside. */
export type Moment = 'after an ack' | 'while flushing' | 'after a flush' | 'while trimming' | 'in a pause' | 'any time';
export type Kill =
  | { readonly victim: 'product' | 'engine'; readonly moment: Moment }
  /** Again while it starts and replays what the kill before left. */
  | { readonly victim: 'starting product'; readonly afterMs: number };

export const smallFlushes = ['--store.flush_rows=5000', '--store.flush_age=2s'];
export const smallLog = ['--log.max_bytes=16MB', '--log.keep_after_index=1s', '--log.segment_bytes=256KB'];

/** What the tests hand down to a product: not what steers the tests. */
export function productEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_') && name !== 'NODE_TEST_CONTEXT'));
}

export class KillRun {
  readonly senders: NumberedSenders;
  readonly counter: CountingClient;
  readonly dataDirectory: string;
  readonly timeRange: { readonly from: string; readonly to: string };
  product!: Product;
  readonly #t: TestContext;
  readonly #flags: readonly string[];

  private constructor(t: TestContext, dataDirectory: string, flags: readonly string[], senders: NumberedSenders) {
    this.#t = t;
    this.#flags = flags;
    this.dataDirectory = dataDirectory;
    this.senders = senders;
    this.timeRange = { from: new Date(Date.now() - 60_000).toISOString(), to: new Date(Date.now() + 3_600_000).toISOString() };
    this.counter = new CountingClient({ filters: { service: [service] }, timeRange: this.timeRange });
  }

  static async start(t: TestContext, flags: readonly string[], senders = new NumberedSenders(), dataDirectory?: string): Promise<KillRun> {
    const run = new KillRun(t, dataDirectory ?? (await temporaryDirectory('kill')), flags, senders);
    t.after(async () => {
      run.#sendTo(undefined);
      await run.senders.stop();
      await run.counter.stop().catch(() => undefined);
      await run.product?.kill();
    });
    await run.#start();
    return run;
  }

  async carryOut(kill: Kill): Promise<void> {
    if (kill.victim === 'starting product') {
      await this.#killWhole();
      await this.#killStarting(kill.afterMs);
      return this.#start();
    }
    await this.#moment(kill.moment);
    if (kill.victim === 'engine') {
      await this.#killEngine();
      return this.#sendTo(this.product);
    }
    await this.#killWhole();
    return this.#start();
  }

  /** No more lines; everything is indexed, and what is found is what was acknowledged. */
  async compare(): Promise<void> {
    await this.senders.stop();
    await this.#settled();
    const request = { filters: { service: [service], time_range: this.timeRange } };
    const hits = await this.product.searchAll(request);
    const numbers = hits.map(({ metadata }) => Number(metadata['n']));
    const wrong = discrepancies(this.senders.batches, numbers);
    if (wrong.length > 0)
      assert.fail(`${wrong.length} discrepancies: ${wrong.slice(0, 5).join('; ')}\n${await this.#situation(request, hits.length)}`);
    assert.equal(new Set(hits.map(({ id }) => id)).size, hits.length, 'ids are unique');
    const aggregate = (await (
      await this.product.post('/v1/logs/aggregate', { ...request, metric: 'count', group_by: ['level'] })
    ).json()) as {
      buckets: { value: number }[];
      complete: boolean;
    };
    assert.equal(aggregate.complete, true);
    assert.equal(
      aggregate.buckets.reduce((sum, { value }) => sum + value, 0),
      hits.length,
      'the aggregate counts what is found',
    );
    for (let sample = 0; sample < 10; sample += 1) {
      const hit = hits[Math.floor((sample * hits.length) / 10)];
      const byId = await fetch(`${this.product.url}/v1/logs/${hit.id}`);
      assert.equal(byId.status, 200, `line ${hit.id} is found by its id`);
      assert.match(await byId.text(), new RegExp(`number${String(hit.metadata['n'])}\\b`));
      const byNumber = await this.product.search({ query: `number${String(hit.metadata['n'])}`, ...request, limit: 10 });
      assert.deepEqual(
        byNumber.hits.map(({ id }) => id),
        [hit.id],
        'a line is found once by its number',
      );
    }
    await this.#audit();
    await this.counter.stop();
    const { complete, incomplete, refusals } = this.counter;
    this.#t.diagnostic(
      `${hits.length} lines found, ${this.senders.acknowledgedLines} acknowledged; counts: ${complete} complete, ${incomplete} incomplete, refused: ${JSON.stringify([...refusals])}; ingest refused: ${this.senders.refusals.length}`,
    );
  }

  /** What is wrong now may be right a moment later, or for ever: which it is, and what the product said meanwhile. */
  async #situation(request: object, found: number): Promise<string> {
    const { complete, total } = await this.product.search({ ...request, limit: 1 });
    const again = (await this.product.searchAll(request)).length;
    const { store, engine } = await this.product.status();
    const counts = `${found} lines found, ${again} when asked again, ${total} counted${complete ? '' : ' incompletely'}, ${this.senders.acknowledgedLines} acknowledged`;
    return [counts, JSON.stringify({ store, engine }), this.product.output().slice(-8000)].join('\n');
  }

  /** The ledger agrees with the store, and no bad record is forgotten. */
  async #audit(): Promise<void> {
    const report = (await (await this.product.post('/v1/admin/audit', {})).json()) as {
      consistent: boolean;
      tenants: Record<string, { quarantined: number; problems: string[] }>;
    };
    assert.ok(report.consistent, JSON.stringify(report));
    const kept = report.tenants['default'].quarantined;
    assert.ok(kept >= this.senders.acknowledgedBad, `${kept} of ${this.senders.acknowledgedBad} bad records are kept`);
  }

  /** A line sent now is taken, found, and comes through the live tail. */
  async works(): Promise<void> {
    const word = await this.tails();
    await eventually(
      () =>
        this.product
          .search({ query: word, filters: { time_range: this.timeRange } })
          .catch((error: unknown) => ({ total: 0, error: String(error) })),
      ({ total }) => total === 1,
      120_000,
    );
  }

  /** A line sent now is taken and comes through the live tail; its word. */
  async tails(): Promise<string> {
    const word = `sentinel${Date.now()}`;
    const abort = new AbortController();
    const tail = await fetch(`${this.product.url}/v1/tail?query=${word}`, {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
    });
    assert.equal(tail.status, 200);
    const body = tail.body!.getReader();
    const seen = (async () => {
      let text = '';
      while (!text.includes(word)) {
        const { value, done } = await body.read();
        if (done) break;
        text += Buffer.from(value).toString();
      }
      return text.includes(word);
    })();
    const record = { timestamp: new Date().toISOString(), service: 'sentinel', message: word };
    // A small log may still be full of what the kills left to index; that is no fault, and passes.
    await eventually(
      async () => {
        const { status } = await this.product.post('/v1/logs/ingest', { logs: [record] });
        assert.ok(status === 202 || status === 429, `the line is taken, or asked for again: ${status}`);
        return status;
      },
      (status) => status === 202,
      60_000,
    );
    assert.ok(await Promise.race([seen, sleep(60_000, false, { ref: false })]), 'the line comes through the tail');
    abort.abort();
    await seen.catch(() => undefined);
    return word;
  }

  async #settled(): Promise<void> {
    await eventually(
      () => this.product.status(),
      ({ ready, consumers }) => ready && consumers.indexer.lag_lines === 0,
      120_000,
    );
  }

  #sendTo(product: Product | undefined): void {
    this.senders.product = product;
    this.counter.product = product;
  }

  async #start(): Promise<void> {
    this.product = await Product.start({ dataDirectory: this.dataDirectory, flags: this.#flags, environment: productEnvironment() });
    this.#sendTo(this.product);
  }

  async #killWhole(): Promise<void> {
    const enginePid = Number((await this.product.status())['engine'].pid);
    await this.product.kill();
    this.#sendTo(undefined);
    await eventually(
      () => isRunning(enginePid),
      (running) => !running,
      60_000,
    );
  }

  async #killEngine(): Promise<void> {
    const { engine, consumers } = await this.product.status();
    process.kill(Number(engine.pid), 'SIGKILL');
    await eventually(
      () => this.product.status(),
      (status) =>
        status['engine'].restarts > engine.restarts &&
        status['ready'] === true &&
        status['consumers'].indexer.recoveries > consumers.indexer.recoveries,
      120_000,
    );
  }

  async #killStarting(afterMs: number): Promise<void> {
    const starting = Product.start({ dataDirectory: this.dataDirectory, flags: this.#flags, environment: productEnvironment() });
    let failure: unknown;
    const outcome = starting.catch((error: unknown) => {
      failure = error;
    });
    const { pid } = await eventually(
      () => this.#owner(),
      (owner) => owner.pid !== this.product.process.pid,
    );
    await sleep(afterMs);
    assert.equal(failure, undefined, 'it starts, until it is killed');
    process.kill(-(await groupOf(pid)), 'SIGKILL');
    await outcome;
  }

  async #owner(): Promise<{ pid: number }> {
    return JSON.parse(
      await readFile(join(this.dataDirectory, 'owner.json'), 'utf8').catch(() => JSON.stringify({ pid: this.product.process.pid })),
    ) as {
      pid: number;
    };
  }

  async #moment(moment: Moment): Promise<void> {
    const store = async (): Promise<{ flushing: boolean; generation: number }> => (await this.product.status())['store'];
    switch (moment) {
      case 'any time':
        return sleep(500 + Math.random() * 3000);
      case 'in a pause':
        // Nothing is inserted that could notice that the engine has gone.
        this.senders.product = undefined;
        return sleep(500);
      case 'after an ack':
        await sleep(Math.random() * 1500);
        return this.senders.nextAck();
      case 'while flushing':
        await sleep(500);
        return void (await eventually(store, ({ flushing }) => flushing, 60_000));
      case 'after a flush': {
        const { generation } = await store();
        return void (await eventually(store, (now) => now.generation > generation, 60_000));
      }
      case 'while trimming': {
        const trimmed = async (): Promise<number> => (await this.product.status())['log'].trimmed_bytes;
        const before = await trimmed();
        return void (await eventually(trimmed, (now) => now > before, 60_000));
      }
    }
  }
}

/** The process group: the product and what started it. */
async function groupOf(pid: number): Promise<number> {
  const [, group] = /^\d+ \(.*\) \S+ \d+ (\d+)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))!;
  return Number(group);
}

/** A process that has ended but was not yet waited for counts as ended. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/^\d+ \(.*\) [ZX]/.test(stat);
}
