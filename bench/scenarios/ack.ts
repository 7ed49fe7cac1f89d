/**
 * Ack latency at 20 K lines/s in batches of 500 (40 requests a second), fsync on. The memtable fills and is flushed by
 * itself meanwhile, or because it is asked to where it was not by then; each ack counts to "during a flush" where it
 * overlaps a flush that `/v1/status` told of.
 */
import { LineGenerator } from '../generator.ts';
import { sleep, withProduct } from '../harness.ts';
import { ApiClient } from '../harness/api-client.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendPaced } from '../harness/load.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const linesPerSecond = 20_000;
const batchLines = 500;
const statusEveryMs = 100;
const warmUpMs = 3000;
/** Long enough that the memtable reaches its bound of lines or of age at least once. */
const longerBy = 3;
/** Share of the run after which a flush is asked for where none came by itself. */
const askForFlushAt = 0.6;

interface Ack {
  readonly sentMs: number;
  readonly ackMs: number;
}
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Polls whether a flush runs; `stop` gives the spans in which one did, widened by one poll before. */
class FlushWatch {
  readonly #client: ApiClient;
  readonly #spans: Span[] = [];
  readonly #watching: Promise<void>;
  #stopped = false;

  constructor(port: number) {
    this.#client = new ApiClient(port);
    this.#watching = this.#watch();
    // A failure is thrown where the spans are asked for.
    this.#watching.catch(() => {});
  }

  /** Whether a flush was seen so far. */
  get seen(): boolean {
    return this.#spans.length > 0;
  }

  async stop(): Promise<readonly Span[]> {
    this.#stopped = true;
    await this.#watching;
    return this.#spans;
  }

  async #watch(): Promise<void> {
    let startMs = Number.NaN;
    while (!this.#stopped) {
      const { flushing } = await this.#client.storeState();
      const nowMs = performance.now();
      if (flushing && Number.isNaN(startMs)) startMs = nowMs - statusEveryMs;
      if (!flushing && !Number.isNaN(startMs)) {
        this.#spans.push({ startMs, endMs: nowMs });
        startMs = Number.NaN;
      }
      await sleep(statusEveryMs);
    }
    if (!Number.isNaN(startMs)) this.#spans.push({ startMs, endMs: performance.now() });
    this.#client.close();
  }
}

async function run(context: BenchContext) {
  const lines = Math.round((linesPerSecond * longerBy * context.sizes.latencyMs) / 1000);
  return withProduct(context.freshDirectory('ack'), async (product) => {
    const batches = [
      ...new LineGenerator({
        lines,
        batchLines,
        endMs: Date.now() + longerBy * context.sizes.latencyMs,
        rangeMs: longerBy * context.sizes.latencyMs,
      }).batches(),
    ];
    const flushes = new FlushWatch(product.port);
    const acks: Ack[] = [];
    const startMs = performance.now();
    const flushing = sleep(askForFlushAt * longerBy * context.sizes.latencyMs).then(() =>
      flushes.seen ? undefined : product.client.flush(),
    );
    const sending = sendPaced({ port: product.port, batches, linesPerSecond, onAck: (_, sentMs, ackMs) => acks.push({ sentMs, ackMs }) });
    await Promise.all([sending, flushing]);
    const spans = await flushes.stop();
    const quiet = new Latencies();
    const busy = new Latencies();
    for (const { sentMs, ackMs } of acks) {
      if (sentMs < startMs + warmUpMs) continue;
      const during = spans.some((span) => sentMs < span.endMs && ackMs > span.startMs);
      (during ? busy : quiet).add(ackMs - sentMs);
    }
    return {
      measurements: [
        { goal: 'ack.quiet_p99', value: quiet.percentile(99) },
        { goal: 'ack.flush_p99', value: busy.percentile(99) },
      ],
      wrong: [],
      details: {
        batchLines,
        flushes: spans.map((span) => Math.round(span.endMs - span.startMs)),
        quiet: quiet.summary(),
        flushing: busy.summary(),
      },
    };
  });
}

export const ackScenario: Scenario = {
  name: 'ack',
  goals: [
    { id: 'ack.quiet_p99', title: 'ack at 20 K lines/s, p99, no flush', unit: 'ms', limit: 5, direction: 'at_most' },
    { id: 'ack.flush_p99', title: 'ack at 20 K lines/s, p99, during a flush', unit: 'ms', limit: 20, direction: 'at_most' },
  ],
  run,
};
