/**
 * The product with its interface and the lines of a small shop: four services, a fifth that fell silent twenty minutes ago, errors of
 * payments, slow routes, and two records that could not be taken. Fifty minutes of it, so that a slow run stays within the last
 * hour.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ensureInterface } from '../../scripts/interface-build.mjs';
import { Product, eventually, temporaryDirectory } from '../support/product.ts';

export const silentService = 'billing';
export const slowestRoute = '/reports/{id}';

const minuteMs = 60_000;
const routes = ['/cart', '/checkout', '/search', slowestRoute] as const;
const services = ['cart', 'checkout', 'payments', 'search'] as const;

interface Line {
  readonly timestamp: string;
  readonly level: string;
  readonly service: string;
  readonly host: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A line of each service every ten seconds; always the same ones, at the times before now. */
export function shopLines(nowMs: number): readonly Line[] {
  const lines: Line[] = [];
  for (let second = 3000; second >= 10; second -= 10) {
    const timestamp = new Date(nowMs - second * 1000).toISOString();
    for (const [index, service] of services.entries()) {
      const turn = second / 10 + index;
      const fails = service === 'payments' && turn % 4 === 0;
      const route = routes[turn % routes.length];
      lines.push({
        timestamp,
        level: fails ? 'ERROR' : turn % 9 === 0 ? 'WARN' : 'INFO',
        service,
        host: `${service}-${turn % 2}`,
        message: fails ? `card declined for order ord-${turn}` : `GET ${route} took a while`,
        metadata: {
          'http.route': route,
          latency_ms: route === slowestRoute ? 2000 + (turn % 50) : 20 + (turn % 30),
          customer_id: `c-${turn % 7}`,
        },
      });
    }
  }
  for (let minute = 50; minute > 20; minute--) {
    const timestamp = new Date(nowMs - minute * minuteMs).toISOString();
    lines.push({ timestamp, level: 'INFO', service: silentService, host: 'billing-0', message: 'invoice sent' });
  }
  return lines;
}

/** Ports of senders' protocols are taken as they are free, for other tests may hold the usual ones. */
const listeners = ['ELASTICSEARCH', 'OTLP_HTTP', 'OTLP_GRPC', 'FORWARD', 'BEATS', 'SYSLOG', 'GELF'];
// what asks for pictures is no setting of the product
const { MILLRACE_SCREENSHOTS: _pictures, ...environment } = process.env;
export const freePorts: NodeJS.ProcessEnv = {
  ...environment,
  ...Object.fromEntries(listeners.map((name) => [`MILLRACE_RECEIVERS_${name}_PORT`, '0'])),
};

export interface Site {
  readonly url: string;
  readonly product: Product;
  /** When the lines were sent. */
  readonly nowMs: number;
}

/** Starts it, sends the lines, and waits until they are found. */
export async function startSite(t: TestContext): Promise<Site> {
  assert.ok(await ensureInterface(() => {}), 'the interface can be built');
  const product = await Product.start({ dataDirectory: await temporaryDirectory('web'), environment: freePorts });
  t.after(() => product.kill());
  const nowMs = Date.now();
  const lines = shopLines(nowMs);
  assert.equal((await product.post('/v1/logs/ingest', { logs: lines })).status, 202);
  await product.post('/v1/logs/ingest', {
    logs: [
      { timestamp: 'the day after tomorrow', message: 'when?' },
      { timestamp: {}, message: 'what?' },
    ],
  });
  await eventually(
    () => product.search({ filters: { time_range: { last: '2h' } }, limit: 1 }),
    ({ total }) => total >= lines.length,
  );
  return { url: product.url, product, nowMs };
}
