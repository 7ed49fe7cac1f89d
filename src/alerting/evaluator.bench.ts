/**
 * What evaluating alert rules costs in time of its thread, block decoding and ticks included, and what the rules hold in memory.
 * Run: node --expose-gc src/alerting/evaluator.bench.ts [seconds of log, default 20] [part of a case's name]
 */
import { threadCpuMs } from '#platform/clock.ts';
import { readNativeBlock } from '#model/native-block.ts';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import { blockOf, defaults, ruleOf, startMs } from './evaluator.test-support.ts';
import type { Line } from './evaluator.test-support.ts';
import { Evaluator } from './evaluator.ts';

const linesPerSecond = 20_000;
const tickMs = 500;
const distinctBatches = 64;
const minuteMs = 60_000;
const seconds = Number(process.argv[2] ?? 20);
const wanted = process.argv[3] ?? '';

let state = 12345;
function random(below: number): number {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const messages = [
  () => `Payment declined for order ${random(1e6)} by gateway stripe after ${random(900)} ms, attempt ${random(5)} of 5`,
  () => `GET /api/v1/users/${random(1e5)}/profile 200 ${random(5000)} bytes in ${random(300)}ms client=10.0.${random(256)}.${random(256)}`,
  () => `connection to 10.0.${random(256)}.${random(256)} refused: timeout while connecting upstream service checkout`,
  () => `Cache miss for key session:${random(1e9)} in region eu-west-1, falling back to primary database replica ${random(9)}`,
];

/** 500 to 1000 lines of so many services, a twentieth of them errors. */
function lineOf(services: number): Line {
  return {
    atMs: startMs,
    service: `service-${random(services)}`,
    host: `host-${random(200)}`,
    level: random(20) === 0 ? 17 : 9,
    message: messages[random(messages.length)](),
    attributes: {
      user_id: `u-${random(50_000)}`,
      latency_ms: String(random(5000)),
      status: String([200, 404, 500][random(3)]),
      region: 'eu',
    },
  };
}

const count = (more: object = {}): AlertRuleBody['condition'] => ({
  kind: 'count',
  window_ms: 5 * minuteMs,
  operator: '>',
  threshold: 1e9,
  ...more,
});

const distinctRules = (rules: number): AlertRule[] =>
  Array.from({ length: rules }, (_, i) => ruleOf(`r${i}`, { filter: `service:service-${i} level>=ERROR`, condition: count() }));
const everyLineRules = (rules: number): AlertRule[] =>
  Array.from({ length: rules }, (_, i) => ruleOf(`r${i}`, { filter: `service:service-${i}`, condition: count() }));
const wordRules = (rules: number): AlertRule[] =>
  Array.from({ length: rules }, (_, i) => ruleOf(`r${i}`, { filter: `service:service-${i} "error ${i}"`, condition: count() }));

const groupedRules = (rules: number): AlertRule[] =>
  Array.from({ length: rules }, (_, i) =>
    ruleOf(`r${i}`, { group_by: ['service'], filter: 'level>=ERROR', condition: count({ threshold: 1e9 + i }) }),
  );

/** Of ten rules four name a service; kinds by turns. */
function mixedRules(rules: number): AlertRule[] {
  const threshold = { window_ms: 5 * minuteMs, operator: '>' as const, threshold: 1e9 };
  const bodies: readonly ((i: number) => Partial<AlertRuleBody> & Pick<AlertRuleBody, 'condition'>)[] = [
    (i) => ({ filter: `service:service-${i} level>=ERROR`, condition: count() }),
    (i) => ({ filter: `service:service-${i}`, condition: { kind: 'ratio', part: 'level>=ERROR', ...threshold } }),
    (i) => ({ filter: `service:service-${i}`, condition: { kind: 'metric', attribute: 'latency_ms', aggregate: 'p99', ...threshold } }),
    (i) => ({ filter: `service:service-${i}`, condition: { kind: 'absence', window_ms: 5 * minuteMs } }),
    (i) => ({ filter: `declined ${i}`, condition: count() }),
    (i) => ({ filter: `user_id:u-${i}`, condition: { kind: 'rate', ...threshold } }),
    (i) => ({ filter: `level>=ERROR status:500 host:host-${i % 200}`, group_by: ['service'], condition: count() }),
    (i) => ({ filter: `"timeout while" service:(service-${i} OR service-${i + 1})`, condition: count() }),
    (i) => ({
      filter: `latency_ms:>${4000 + i}`,
      condition: { kind: 'change', against: 'window_before', measure: 'percent', ...threshold },
    }),
    (i) => ({ filter: `service:service-${i} level>=WARN`, group_by: ['host'], condition: { kind: 'rate', ...threshold } }),
  ];
  return Array.from({ length: rules }, (_, i) => ruleOf(`r${i}`, bodies[i % bodies.length](i)));
}

function memoryBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function timed(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

interface Case {
  readonly name: string;
  readonly services: number;
  readonly rules: () => AlertRule[];
}

function run({ name, services, rules: make }: Case): void {
  const blocks = Array.from({ length: distinctBatches }, (_, i) =>
    Buffer.from(
      blockOf(
        Array.from({ length: 500 + random(500) }, () => lineOf(services)),
        startMs,
        i,
      ),
    ),
  );
  const rowCounts = blocks.map((block) => readNativeBlock(block).rowCount);
  // the rules themselves, as they come parsed from the database, are memory too
  const texts = make().map((rule) => JSON.stringify(rule));
  const readRules = (version: number): AlertRule[] => texts.map((text, i) => ({ ...JSON.parse(text), version: i === 0 ? version : 1 }));
  const before = memoryBytes();
  const evaluator = new Evaluator({ limits: { ...defaults, max_groups_per_rule: 10_000 } });
  const setMs = timed(() => evaluator.setRules(readRules(1), startMs));
  const changeMs = timed(() => evaluator.setRules(readRules(2), startMs));
  let [nowMs, lines, takeMs, slowestTickMs, tickTotalMs] = [startMs, 0, 0, 0, 0];
  // time of this thread: what others do on the machine does not count
  const startedMs = threadCpuMs();
  for (let batch = 0; nowMs < startMs + seconds * 1000; batch++) {
    const place = batch % blocks.length;
    nowMs += (rowCounts[place] * 1000) / linesPerSecond;
    lines += rowCounts[place];
    const beganMs = performance.now();
    evaluator.take('t', readNativeBlock(blocks[place]), nowMs);
    takeMs += performance.now() - beganMs;
    if (Math.floor(nowMs / tickMs) > Math.floor((nowMs - 50) / tickMs)) {
      const tickedMs = performance.now();
      evaluator.tick(nowMs);
      slowestTickMs = Math.max(slowestTickMs, performance.now() - tickedMs);
      tickTotalMs += performance.now() - tickedMs;
    }
  }
  const tookMs = threadCpuMs() - startedMs;
  const { groups, bytes } = evaluator.counts();
  const held = memoryBytes() - before;
  let savedBytes = 0;
  const saveMs = timed(() => {
    for (const line of evaluator.save()) savedBytes += line.length;
  });
  console.log(
    `${name.padEnd(52)} ${Math.round((lines * 1000) / tookMs / 1000)
      .toString()
      .padStart(
        5,
      )} K lines/s  take ${((takeMs * 1e6) / lines).toFixed(0).padStart(5)} ns/line  ticks ${tickTotalMs.toFixed(0).padStart(5)} ms, slowest ${slowestTickMs.toFixed(1)} ms  ${groups} groups  ${(held / groups).toFixed(0)} bytes/group (told: ${(bytes / groups).toFixed(0)})  rules set in ${setMs.toFixed(0)} ms, one changed in ${changeMs.toFixed(0)} ms  saved ${(savedBytes / 1e6).toFixed(1)} MB in ${saveMs.toFixed(0)} ms`,
  );
}

const cases: readonly Case[] = [
  { name: 'no rule: decoding what any rule needs', services: 1000, rules: () => [] },
  { name: '1 rule of a service', services: 1000, rules: () => distinctRules(1) },
  { name: '1 rule of all lines', services: 1000, rules: () => [ruleOf('r', { condition: count() })] },
  { name: '10,000 rules: services, errors; 10,000 services', services: 10_000, rules: () => distinctRules(10_000) },
  { name: '10,000 rules: services, errors; 50 services', services: 50, rules: () => distinctRules(10_000) },
  { name: '10,000 rules: services, every line; 10,000 services', services: 10_000, rules: () => everyLineRules(10_000) },
  { name: '10,000 rules: services, own words; 10,000 services', services: 10_000, rules: () => wordRules(10_000) },
  { name: '10 rules grouped by service; 1,000 services', services: 1000, rules: () => groupedRules(10) },
  { name: '1,000 mixed rules; 1,000 services', services: 1000, rules: () => mixedRules(1000) },
];
for (const each of cases) if (each.name.includes(wanted)) run(each);
