/**
 * What a gateway worker counts, and how the main thread adds it up. Workers send the difference since their last
 * message, so a crashed worker's numbers stay counted.
 */
import { addOutcomes, zeroOutcomes } from '#log/outcomes.ts';
import type { MutableOutcomeCounts } from '#log/outcomes.ts';
import type { OutcomeCounts } from '#log/durable-log.ts';

/** Upper bounds of the acknowledgement histogram, milliseconds; the last bucket is open. Finer around the goal of 5 ms. */
export const ackBoundsMs: readonly number[] = [0.25, 0.5, 1, 2, 3, 4, 5, 7.5, 10, 15, 20, 50, 100, 250, 1000, 5000];

/** Lines of one service and what a parser did with them. */
export interface ParsedCounts {
  parsed: number;
  failed: number;
  overBudget: number;
}

/** Plain data: crosses threads as a message. */
export interface GatewayCounts {
  /** `path status` → requests that a worker answers itself. */
  requests: Record<string, number>;
  /** `receiver event` → how often, such as `syslog refused_network`. */
  events: Record<string, number>;
  /** Rule → lines that it took out. */
  policies: Record<string, number>;
  /** `parser service` → lines. */
  parsers: Record<string, ParsedCounts>;
  proxiedRequests: number;
  droppedConnections: number;
  /** Body bytes as sent, and after decompression. */
  bodyBytes: number;
  decompressedBytes: number;
  outcomesByTenant: Record<string, MutableOutcomeCounts>;
  ackCounts: number[];
  ackSumMs: number;
}

/** Where tenants beyond the bound are counted. */
export const otherTenants = '_other';

export function zeroCounts(): GatewayCounts {
  return {
    requests: {},
    events: {},
    policies: {},
    parsers: {},
    proxiedRequests: 0,
    droppedConnections: 0,
    bodyBytes: 0,
    decompressedBytes: 0,
    outcomesByTenant: Object.create(null) as Record<string, MutableOutcomeCounts>,
    ackCounts: new Array<number>(ackBoundsMs.length + 1).fill(0),
    ackSumMs: 0,
  };
}

export function countOutcomes(counts: GatewayCounts, tenant: string, outcomes: OutcomeCounts, maxTenants: number): void {
  const byTenant = counts.outcomesByTenant;
  const known = byTenant[tenant] !== undefined;
  const name = known || Object.keys(byTenant).length < maxTenants ? tenant : otherTenants;
  byTenant[name] ??= zeroOutcomes();
  addOutcomes(byTenant[name], outcomes);
}

export function countRequest(counts: GatewayCounts, path: string, status: number): void {
  const key = `${path} ${status}`;
  counts.requests[key] = (counts.requests[key] ?? 0) + 1;
}

export function countEvent(counts: GatewayCounts, receiver: string, event: string, amount: number): void {
  const key = `${receiver} ${event}`;
  counts.events[key] = (counts.events[key] ?? 0) + amount;
}

export function countPolicy(counts: GatewayCounts, rule: string, lines: number): void {
  counts.policies[rule] = (counts.policies[rule] ?? 0) + lines;
}

/** Adds what the parser did since it was last told; `told` remembers that. */
export function countParsed(
  counts: GatewayCounts,
  { parser, service, parsed, failed, overBudget }: ParsedCounts & { readonly parser: string; readonly service: string },
  told: Map<string, ParsedCounts>,
): void {
  const key = `${parser} ${service}`;
  const before = told.get(key) ?? { parsed: 0, failed: 0, overBudget: 0 };
  if (parsed + failed + overBudget === before.parsed + before.failed + before.overBudget) return;
  addParsed(counts, key, {
    parsed: parsed - before.parsed,
    failed: failed - before.failed,
    overBudget: overBudget - before.overBudget,
  });
  told.set(key, { parsed, failed, overBudget });
}

function addParsed(counts: GatewayCounts, key: string, { parsed, failed, overBudget }: ParsedCounts): void {
  const total = (counts.parsers[key] ??= { parsed: 0, failed: 0, overBudget: 0 });
  total.parsed += parsed;
  total.failed += failed;
  total.overBudget += overBudget;
}

/** What parsers did, by parser and service. */
export function parserCounts({
  parsers,
}: GatewayCounts): readonly (ParsedCounts & { readonly parser: string; readonly service: string })[] {
  return Object.entries(parsers).map(([key, counts]) => {
    // names of parsers have no blanks, those of services may
    const blank = key.indexOf(' ');
    return { parser: key.slice(0, blank), service: key.slice(blank + 1), ...counts };
  });
}

export function observeAck(counts: GatewayCounts, durationMs: number): void {
  let bucket = 0;
  while (bucket < ackBoundsMs.length && durationMs > ackBoundsMs[bucket]) bucket += 1;
  counts.ackCounts[bucket] += 1;
  counts.ackSumMs += durationMs;
}

/** Adds a worker's message to the sum. */
export function addCounts(total: GatewayCounts, part: GatewayCounts, maxTenants: number): void {
  for (const [key, count] of Object.entries(part.requests)) total.requests[key] = (total.requests[key] ?? 0) + count;
  for (const [key, count] of Object.entries(part.events)) total.events[key] = (total.events[key] ?? 0) + count;
  for (const [rule, lines] of Object.entries(part.policies)) countPolicy(total, rule, lines);
  for (const [key, counted] of Object.entries(part.parsers)) addParsed(total, key, counted);
  total.proxiedRequests += part.proxiedRequests;
  total.droppedConnections += part.droppedConnections;
  total.bodyBytes += part.bodyBytes;
  total.decompressedBytes += part.decompressedBytes;
  for (const [tenant, outcomes] of Object.entries(part.outcomesByTenant)) countOutcomes(total, tenant, outcomes, maxTenants);
  part.ackCounts.forEach((count, bucket) => (total.ackCounts[bucket] += count));
  total.ackSumMs += part.ackSumMs;
}
