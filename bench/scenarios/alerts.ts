/**
 * Alerts beside ingestion: the time from a line to the message at a local webhook under a steady load, what a thousand rules of
 * mixed kinds cost a burst, and what a rule's group costs in memory.
 */
import { LineGenerator } from '../generator.ts';
import { Product, sleep, withProduct } from '../harness.ts';
import { alertState, applyRules, mixedRule, tellHook } from '../harness/alert-rules.ts';
import { ApiClient } from '../harness/api-client.ts';
import { burst, makeBodies } from '../harness/burst-run.ts';
import { openHook } from '../harness/hook-server.ts';
import { Latencies } from '../harness/latencies.ts';
import { sendPaced } from '../harness/load.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const linesPerSecond = 20_000;
const probeEveryMs = 200;
const batchLines = 1000;
const lastProbeMs = 10_000;
const ruleCount = 1000;
/** Groups that one rule is given, to weigh them. */
const weighedGroups = 1000;
const weighedRules = 20;
const settleMs = 4000;
const open = ['--notifications.allow_private_addresses=true', '--canary.enabled=false'];

interface Probes {
  readonly latencies: Latencies;
  readonly wrong: string[];
}

/** Lines of services that nobody has heard of, each of which fires at once, in a stream of other lines. */
async function lineToMessage(context: BenchContext): Promise<Probes> {
  const hook = await openHook();
  const latencies = new Latencies();
  const sentMs = new Map<string, number>();
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  hook.onMessage = (body, atMs) => {
    const { kind } = JSON.parse(body) as { kind: string };
    const probe = /bench-alert-\d+/.exec(body)?.[0] ?? '';
    if (kind !== 'fired') return;
    counts.set(probe, (counts.get(probe) ?? 0) + 1);
    const startMs = sentMs.get(probe);
    if (startMs === undefined) wrong.push(`a message about nothing that was sent: ${body.slice(0, 200)}`);
    else latencies.add(atMs - startMs);
  };
  try {
    return await withProduct(
      context.freshDirectory('alerts-latency'),
      async ({ port, client }) => {
        await tellHook(client, hook.url);
        const condition = { kind: 'count', window_ms: 60_000, operator: '>=', threshold: 1 };
        const rule = { name: 'probe', filter: 'level:FATAL bench-alert', group_by: ['service'], condition };
        await applyRules(client, [rule, ...Array.from({ length: 99 }, (_, n) => mixedRule(n))]);
        await until(async () => (await alertState(client)).state === 'running', 'the evaluation runs');
        const probing = probe(port, sentMs, context.sizes.latencyMs);
        const lines = Math.ceil((linesPerSecond * context.sizes.latencyMs) / 1000);
        const generator = new LineGenerator({
          lines,
          batchLines,
          endMs: Date.now() + context.sizes.latencyMs,
          rangeMs: context.sizes.latencyMs,
        });
        await sendPaced({ port, batches: generator.batches(), linesPerSecond });
        await probing;
        await until(async () => latencies.count >= sentMs.size, 'all messages are there', lastProbeMs).catch(() => undefined);
        if (counts.size < sentMs.size) wrong.push(`${sentMs.size - counts.size} of ${sentMs.size} incidents were not told`);
        const twice = [...counts.values()].filter((count) => count > 1).length;
        if (twice > 0) wrong.push(`${twice} incidents were told more than once`);
        return { latencies, wrong };
      },
      open,
    );
  } finally {
    await hook.close();
  }
}

async function probe(port: number, sentMs: Map<string, number>, durationMs: number): Promise<void> {
  const client = new ApiClient(port);
  const endMs = performance.now() + durationMs;
  for (let n = 0; performance.now() < endMs; n += 1) {
    const service = `bench-alert-${n}`;
    const logs = [{ timestamp: new Date().toISOString(), level: 'FATAL', service, message: `bench-alert of ${service}` }];
    sentMs.set(service, performance.now());
    const body = Buffer.from(JSON.stringify({ logs }));
    await client.connection.request('POST', '/v1/logs/ingest', { 'content-type': 'application/json' }, body);
    // Not in step with the evaluator's ticks.
    await sleep(probeEveryMs * (0.5 + Math.random()));
  }
  client.close();
}

async function burstWith(
  context: BenchContext,
  rules: readonly object[],
  name: string,
): Promise<{ linesPerSecond: number; lagMs: number }> {
  return withProduct(
    context.freshDirectory(name),
    async (product) => {
      if (rules.length > 0) {
        await applyRules(product.client, rules);
        await until(async () => (await alertState(product.client)).state === 'running', 'the evaluation runs');
      }
      await sleep(settleMs);
      const { tookMs } = await burst(product, makeBodies(context.sizes.lines));
      const { lagMs, missedBatches } = await alertState(product.client);
      if (missedBatches > 0) throw new Error(`${missedBatches} batches were not evaluated`);
      return { linesPerSecond: (1000 * context.sizes.lines) / tookMs, lagMs };
    },
    ['--canary.enabled=false'],
  );
}

/** Two bursts each, in turn: the machine is not the same from minute to minute. */
async function slowdown(context: BenchContext): Promise<{ percent: number; with: number[]; without: number[]; lagMs: number }> {
  const rules = Array.from({ length: ruleCount }, (_, n) => mixedRule(n));
  const [without, withRules, lags]: number[][] = [[], [], []];
  for (let turn = 0; turn < 2; turn += 1) {
    context.say(`alerts: burst ${turn + 1} of 2, without rules and with ${ruleCount}`);
    without.push((await burstWith(context, [], `alerts-none-${turn}`)).linesPerSecond);
    const measured = await burstWith(context, rules, `alerts-many-${turn}`);
    withRules.push(measured.linesPerSecond);
    lags.push(measured.lagMs);
  }
  return { percent: 100 * (1 - Math.max(...withRules) / Math.max(...without)), with: withRules, without, lagMs: Math.max(...lags) };
}

interface Weights {
  readonly idleMb: number;
  readonly withThreadMb: number;
  readonly bytesPerGroup: number;
  readonly saidBytesPerGroup: number;
}

/** The memory of the whole product: at rest, with the thread of the alerts, and with many groups. */
async function weigh(context: BenchContext): Promise<Weights> {
  const product = await Product.start(context.freshDirectory('alerts-memory'), ['--canary.enabled=false']);
  try {
    const pss = async (): Promise<number> => {
      await sleep(2 * settleMs);
      return product.sampler.peakPssBytes(performance.now() - settleMs);
    };
    const idle = await pss();
    const condition = { kind: 'count', window_ms: 300_000, operator: '>', threshold: 1e9 };
    const rule = (n: number): object => ({ name: `groups ${n}`, filter: 'bench-groups', group_by: ['host'], condition });
    await applyRules(product.client, [rule(0)]);
    const withThread = await pss();
    await applyRules(
      product.client,
      Array.from({ length: weighedRules - 1 }, (_, n) => rule(n + 1)),
    );
    const logs = Array.from({ length: weighedGroups }, (_, n) => ({
      level: 'INFO',
      service: 's',
      host: `host-${n}`,
      message: 'bench-groups',
    }));
    const body = Buffer.from(JSON.stringify({ logs }));
    const before = await pss();
    await product.client.connection.request('POST', '/v1/logs/ingest', { 'content-type': 'application/json' }, body);
    const groups = weighedGroups * weighedRules;
    await until(async () => (await alertState(product.client)).groups >= groups, 'all groups are there');
    const after = await pss();
    const { stateBytes } = await alertState(product.client);
    const bytesPerGroup = (after - before) / groups;
    return { idleMb: idle / 1e6, withThreadMb: withThread / 1e6, bytesPerGroup, saidBytesPerGroup: stateBytes / groups };
  } finally {
    await product.stop();
  }
}

async function until(holds: () => Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await sleep(50);
  }
}

export const alertsScenario: Scenario = {
  name: 'alerts',
  goals: [
    {
      id: 'alerts.line_to_message_p99',
      title: 'alerts: line to message at a webhook, p99 at 20 K lines/s',
      unit: 'ms',
      limit: 2000,
      direction: 'at_most',
    },
    { id: 'alerts.burst_slowdown', title: 'alerts: burst slower with 1,000 mixed rules', unit: '%', limit: 10, direction: 'at_most' },
    { id: 'alerts.bytes_per_group', title: 'alerts: memory of a simple rule and group', unit: 'bytes', limit: 3072, direction: 'at_most' },
    { id: 'alerts.thread_memory', title: 'alerts: memory of the evaluating thread, one rule', unit: 'MB', limit: 60, direction: 'at_most' },
  ],
  async run(context) {
    context.say('alerts: from a line to a message');
    const { latencies, wrong } = await lineToMessage(context);
    const burstFigures = await slowdown(context);
    context.say('alerts: memory');
    const weights = await weigh(context);
    return {
      measurements: [
        { goal: 'alerts.line_to_message_p99', value: latencies.percentile(99) },
        { goal: 'alerts.burst_slowdown', value: burstFigures.percent },
        { goal: 'alerts.bytes_per_group', value: weights.bytesPerGroup },
        { goal: 'alerts.thread_memory', value: weights.withThreadMb - weights.idleMb },
      ],
      wrong,
      details: { lineToMessage: latencies.summary(), burst: burstFigures, weights },
    };
  },
};
