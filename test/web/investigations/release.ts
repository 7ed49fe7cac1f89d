/**
 * A small shop with a bad release: an hour of orders, each a trace through four services; eight minutes ago a release of payments
 * with a new timeout, since when most charges of one customer fail in a way that was not seen before.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ensureInterface } from '../../../scripts/interface-build.mjs';
import { Product, eventually, temporaryDirectory } from '../../support/product.ts';
import { freePorts } from '../site.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
export const releaseMinutesAgo = 8;
export const failingCustomer = 'c-7';
export const newFailure = 'failed to charge card for order';

export interface ShopLine {
  readonly timestamp: string;
  readonly level: string;
  readonly service: string;
  readonly host: string;
  readonly trace_id: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The lines of one order. */
export function orderLines(turn: number, atMs: number, isReleased: boolean): ShopLine[] {
  const orderId = `ord-${1_000_000 + turn}`;
  const customer = isReleased && turn % 2 === 0 ? failingCustomer : `c-${turn % 11}`;
  const fails = isReleased && customer === failingCustomer;
  const isDeclined = !fails && turn % 23 === 0;
  const line = (
    offsetMs: number,
    level: string,
    service: string,
    message: string,
    more: Readonly<Record<string, unknown>> = {},
  ): ShopLine => ({
    timestamp: new Date(atMs + offsetMs).toISOString(),
    level,
    service,
    host: `${service}-${turn % 2}`,
    trace_id: (0x1000_0000 + turn).toString(16).padStart(32, '4'),
    message,
    metadata: { order_id: orderId, customer_id: customer, ...more },
  });
  const version = isReleased ? 'v2.8.0' : 'v2.7.1';
  return [
    line(0, 'INFO', 'checkout', `checkout started for order ${orderId}`, { items: 1 + (turn % 4) }),
    line(12, 'DEBUG', 'inventory', `reserved sku-${1000 + (turn % 50)} for order ${orderId}`),
    fails
      ? line(212, 'ERROR', 'payments', `${newFailure} ${orderId}: provider timeout after 200 ms`, {
          error_code: 'PROVIDER_TIMEOUT',
          version,
        })
      : isDeclined
        ? line(80, 'ERROR', 'payments', `card declined for order ${orderId}`, { error_code: 'DECLINED', version })
        : line(80, 'INFO', 'payments', `charged ${20 + (turn % 70)}.50 EUR for order ${orderId}`, { version }),
    line(
      220,
      fails || isDeclined ? 'ERROR' : 'INFO',
      'gateway',
      `POST /checkout ${fails ? 504 : isDeclined ? 402 : 201} ${fails ? 231 : 95}ms`,
      {
        'http.route': '/checkout',
        status: fails ? 504 : isDeclined ? 402 : 201,
      },
    ),
  ];
}

/** An order every five seconds until ten seconds ago. */
export function shopLines(nowMs: number): readonly ShopLine[] {
  const lines: ShopLine[] = [];
  const releasedMs = nowMs - releaseMinutesAgo * minuteMs;
  for (let second = 3600; second >= 10; second -= 5) {
    const atMs = nowMs - second * secondMs;
    lines.push(...orderLines(second / 5, atMs, atMs >= releasedMs));
  }
  lines.push({
    timestamp: new Date(releasedMs - secondMs).toISOString(),
    level: 'INFO',
    service: 'deployer',
    host: 'deployer-0',
    trace_id: '',
    message: 'deploying payments v2.8.0 (was v2.7.1)',
    metadata: { target: 'payments', version: 'v2.8.0' },
  });
  return lines;
}

export interface Shop {
  readonly url: string;
  readonly product: Product;
  readonly lines: readonly ShopLine[];
  readonly nowMs: number;
}

/** Starts the product with patterns, sends the lines, and waits until they are found. */
export async function startShop(t: TestContext): Promise<Shop> {
  assert.ok(await ensureInterface(() => {}), 'the interface can be built');
  const environment = { ...freePorts, MILLRACE_PATTERNS_ENABLED: 'true' };
  const product = await Product.start({ dataDirectory: await temporaryDirectory('shop'), environment });
  t.after(() => product.kill());
  const nowMs = Date.now();
  const lines = shopLines(nowMs);
  assert.equal((await product.post('/v1/logs/ingest', { logs: lines })).status, 202);
  await eventually(
    () => product.search({ filters: { time_range: { last: '2h' } }, limit: 1 }),
    ({ total }) => total >= lines.length,
  );
  return { url: product.url, product, lines, nowMs };
}
