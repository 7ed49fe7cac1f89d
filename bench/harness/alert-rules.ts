/** Rules as people keep them, for the scenarios of alerts: mixed kinds, over the services of the generator and many others. */
import type { ApiClient } from './api-client.ts';

const services = ['payment-api', 'checkout', 'search-api', 'auth-service', 'report-worker'];
const minuteMs = 60_000;

/** The `n`th of the mix. One in five looks at a service that the lines have. */
export function mixedRule(n: number, windowMs = 5 * minuteMs): object {
  const service = n % 5 === 0 ? services[(n / 5) % services.length] : `service-${n}`;
  const never = { operator: '>', threshold: 1e12 };
  const window = { window_ms: windowMs };
  const conditions = [
    { kind: 'count', ...window, ...never },
    { kind: 'rate', ...window, ...never },
    { kind: 'ratio', part: 'level:>=ERROR', ...window, operator: '>', threshold: 0.999, minimum_lines: 1e9 },
    { kind: 'change', ...window, against: 'window_before', measure: 'percent', ...never },
    { kind: 'metric', attribute: 'duration_ms', aggregate: 'p99', ...window, ...never },
    { kind: 'absence', window_ms: 86_400_000 },
  ];
  const filter = n % 3 === 0 ? `service:${service} level:>=WARN` : n % 3 === 1 ? `service:${service}` : `service:${service} timeout`;
  return { name: `rule ${n}`, filter, ...(n % 2 === 0 ? { group_by: ['host'] } : {}), condition: conditions[n % conditions.length] };
}

async function send(client: ApiClient, method: string, path: string, body: object): Promise<void> {
  const answer = await client.connection.request(method, path, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(body)));
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body.toString().slice(0, 500)}`);
}

export async function applyRules(client: ApiClient, rules: readonly object[]): Promise<void> {
  for (let at = 0; at < rules.length; at += 100) await send(client, 'POST', '/v1/alerts/rules/apply', { rules: rules.slice(at, at + 100) });
}

/** Every incident apart and at once to the address. */
export async function tellHook(client: ApiClient, url: string): Promise<void> {
  await send(client, 'PUT', '/v1/notifications/channels/hook', { type: 'webhook', settings: { url } });
  const route = { channels: ['hook'], group_by: ['...'], group_wait_ms: 0 };
  await send(client, 'PUT', '/v1/notifications/routing', { routing: { route } });
}

export interface AlertState {
  readonly state: string;
  readonly groups: number;
  readonly lagMs: number;
  readonly stateBytes: number;
  readonly missedBatches: number;
  readonly lines: number;
}

/** What `/v1/status` says of the evaluation. */
export async function alertState(client: ApiClient): Promise<AlertState> {
  const answer = await client.connection.request('GET', '/v1/status');
  const { alerts } = JSON.parse(answer.body.toString()) as { alerts: Record<string, number | string> };
  const number = (name: string): number => Number(alerts[name] ?? 0);
  return {
    state: String(alerts['state']),
    groups: number('groups'),
    lagMs: number('lag_ms'),
    stateBytes: number('state_bytes'),
    missedBatches: number('missed_batches'),
    lines: number('lines'),
  };
}
