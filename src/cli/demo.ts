/**
 * `millrace demo`: feeds a server the logs of an invented shop until it is stopped, with releases, a rhythm of day and
 * night, and an incident now and then whose cause can be found. On its first start it fills the last hour, so that
 * charts have something to show. Lines are made when they are sent, so a server that is away for a while gets them
 * afterwards, with their right times.
 */
import { AppError } from '#base/errors.ts';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import { connectionRefused, Delivery } from './demo/delivery.ts';
import type { DeliveryCounts } from './demo/delivery.ts';
import { Simulation, toRecord } from './demo/simulation.ts';
import type { DemoLine } from './demo/simulation.ts';
import { grouped, StatusLine } from './demo/status-line.ts';
import type { Output } from './demo/status-line.ts';

export interface DemoOptions {
  /** Address of the server, such as `http://127.0.0.1:4880`. */
  readonly url: string;
  readonly apiKey?: string;
  /** Lines a second, mean over a day of the shop (24 minutes). */
  readonly rate?: number;
  /** The same seed tells the same story. */
  readonly seed?: number;
  /** How far back the first start fills, milliseconds; 0 for not at all. */
  readonly backfillMs?: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly output?: Output;
  readonly fetch?: typeof fetch;
}

const defaultRate = 200;
const hourMs = 3_600_000;
const tickMs = 250;
const maxBatchLines = 2000;
const readyTimeoutMs = 30_000;

/**
 * Runs until the signal aborts, and resolves to what became of the lines. Rejects with AppError where no server
 * answers, or one that does not let the demo in.
 */
export async function runDemo(options: DemoOptions): Promise<DeliveryCounts> {
  const { signal, clock = systemClock, rate = defaultRate } = options;
  const url = options.url.replace(/\/+$/, '');
  const status = new StatusLine(options.output ?? process.stdout);
  const delivery = new Delivery({
    url,
    apiKey: options.apiKey,
    clock,
    signal,
    fetch: options.fetch ?? fetch,
    onRetry: () => status.show(clock.monotonicMs(), () => `demo: ${summary(delivery.counts)} · ${delivery.problem}`),
  });
  const demo = new Demo({ ...options, url, clock, rate }, delivery, status);
  await demo.awaitServer();
  if (!signal.aborted) await demo.run();
  status.say(`demo stopped: ${summary(delivery.counts)}`);
  return delivery.counts;
}

function summary({ ingested, failed, retries, possiblyTwice }: DeliveryCounts): string {
  const parts = [`${grouped(ingested)} lines taken`, `${grouped(failed)} refused`];
  if (retries > 0) parts.push(`${grouped(retries)} retries`);
  if (possiblyTwice > 0) parts.push(`${grouped(possiblyTwice)} possibly stored twice`);
  return parts.join(' · ');
}

interface Settled extends DemoOptions {
  readonly clock: Clock;
  readonly rate: number;
}

class Demo {
  readonly #options: Settled;
  readonly #delivery: Delivery;
  readonly #status: StatusLine;
  readonly #fetch: typeof fetch;
  #incident = '';
  #lastTaken = 0;
  #lastTakenMs = 0;

  constructor(options: Settled, delivery: Delivery, status: StatusLine) {
    this.#options = options;
    this.#delivery = delivery;
    this.#status = status;
    this.#fetch = options.fetch ?? fetch;
  }

  /** Resolves when the server is ready; one that is just starting gets half a minute. */
  async awaitServer(): Promise<void> {
    const { url, clock, signal } = this.#options;
    const deadlineMs = clock.monotonicMs() + readyTimeoutMs;
    while (!signal.aborted) {
      const found = await this.#fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5000) }).then(
        (response) => ({ ready: response.ok, problem: `it answers ${response.status} to /health/ready` }),
        (error: unknown) => ({ ready: false, problem: connectionRefused(error) ? 'refused' : String(error) }),
      );
      if (found.ready) return;
      if (found.problem === 'refused') {
        throw new AppError('not_found', `no Millrace server answers at ${url}; start one with "npm start", or name another with --url`);
      }
      if (clock.monotonicMs() > deadlineMs) throw new AppError('not_found', `the server at ${url} is not ready: ${found.problem}`);
      await clock.sleep(500, signal);
    }
  }

  async run(): Promise<void> {
    const { clock, signal, rate, url, backfillMs = hourMs } = this.#options;
    const nowMs = clock.nowMs();
    const startMs = backfillMs > 0 ? await this.#firstMissingMs(nowMs, backfillMs) : nowMs;
    this.#status.say(
      startMs < nowMs - 5000
        ? `demo: filling the last ${Math.ceil((nowMs - startMs) / 60_000)} min, then about ${rate} lines/s to ${url} (Ctrl-C stops)`
        : `demo: about ${rate} lines/s to ${url} (Ctrl-C stops)`,
    );
    this.#lastTakenMs = clock.monotonicMs();
    let simulation = this.#simulate(startMs);
    let reachedMs = startMs;
    while (!signal.aborted) {
      const untilMs = clock.nowMs();
      if (untilMs - reachedMs > backfillMs + hourMs || untilMs < reachedMs - hourMs) {
        this.#status.say('demo: the clock jumped or the server was away for long, going on from now');
        simulation = this.#simulate(untilMs);
      }
      reachedMs = untilMs;
      await this.#sendUntil(simulation, untilMs);
      this.#report(simulation);
      await clock.sleep(tickMs, signal);
    }
  }

  #simulate(startMs: number): Simulation {
    // Another start tells another story, unless the seed is given.
    return new Simulation({ seed: this.#options.seed ?? Math.floor(startMs / 1000), startMs, linesPerSecond: this.#options.rate });
  }

  async #sendUntil(simulation: Simulation, untilMs: number): Promise<void> {
    let records: unknown[] = [];
    for (const line of simulation.advance(untilMs)) {
      this.#noteIncident(simulation, line);
      records.push(toRecord(line));
      if (records.length < maxBatchLines) continue;
      if (!(await this.#delivery.send(records))) return;
      records = [];
      this.#report(simulation);
    }
    if (records.length > 0) await this.#delivery.send(records);
  }

  /** Says once that something broke, at which time, and how to find out why. */
  #noteIncident(simulation: Simulation, line: DemoLine): void {
    const title = simulation.incident?.title ?? '';
    if (title === this.#incident) return;
    this.#incident = title;
    if (simulation.incident === undefined) return;
    this.#status.say(`demo: ${new Date(line.atMs).toISOString().slice(11, 19)}Z ${title}; why? ${simulation.incident.clue}`);
  }

  #report(simulation: Simulation): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#status.show(nowMs, () => {
      const { counts, problem } = this.#delivery;
      const taken = counts.ingested + counts.failed;
      const perSecond = (1000 * (taken - this.#lastTaken)) / Math.max(1, nowMs - this.#lastTakenMs);
      this.#lastTaken = taken;
      this.#lastTakenMs = nowMs;
      const state = problem !== '' ? problem : (simulation.incident?.title ?? 'all is well');
      return `demo: ${summary(counts)} · ${grouped(perSecond)}/s · ${state}`;
    });
  }

  /**
   * Where to begin: behind the newest line of an earlier run if there is one in the window, else at its start. The
   * front door writes in every second of a running demo.
   */
  async #firstMissingMs(nowMs: number, backfillMs: number): Promise<number> {
    const fromMs = nowMs - backfillMs;
    const time_range = { from: new Date(fromMs).toISOString(), to: new Date(nowMs).toISOString() };
    try {
      const response = await this.#fetch(`${this.#options.url}/v1/logs/search`, {
        method: 'POST',
        headers: this.#delivery.headers(),
        signal: AbortSignal.timeout(10_000),
        body: JSON.stringify({ query: '', filters: { service: 'edge-gateway', time_range }, sort: 'timestamp:desc', limit: 1 }),
      });
      if (!response.ok) throw new Error(`search answers ${response.status}`);
      const { hits } = (await response.json()) as { hits: { timestamp: string }[] };
      const newestMs = hits.length === 0 ? Number.NaN : Date.parse(hits[0].timestamp);
      return Number.isNaN(newestMs) ? fromMs : Math.min(nowMs, Math.max(fromMs, newestMs + 1000));
    } catch (error) {
      this.#status.say(
        `demo: could not ask what is there already (${error instanceof Error ? error.message : String(error)}), so the past is left as it is`,
      );
      return nowMs;
    }
  }
}
