/** What people do in the shop, as the lines that the services write about it. Each journey is one trace. */
import { Trace } from './trace.ts';
import type { World } from './world.ts';

const categories = ['lamps', 'chairs', 'desks', 'shelves', 'rugs', 'kitchen', 'garden', 'outdoor', 'toys', 'books', 'café tables'];
const searchTerms = [
  'oak desk',
  'led strip',
  'garden chair',
  'blue rug',
  'bookshelf',
  'standing lamp',
  'kids table',
  'lounge chair',
  'crème brûlée set',
];
const currencies = ['EUR', 'EUR', 'EUR', 'USD', 'GBP', 'CHF'];
const clients = ['web', 'web', 'web', 'ios', 'android'];

function sku(trace: Trace): string {
  return `sku-${1000 + Math.floor(9000 * trace.world.random.float() ** 2)}`;
}

/** The line of the front door; every journey ends with it. */
function respond(trace: Trace, method: string, path: string, status: number): void {
  const level = status >= 500 ? 'ERROR' : status >= 400 ? 'WARN' : 'INFO';
  trace.log('edge-gateway', level, `${method} ${path} ${status} ${trace.elapsedMs}ms`, {
    method,
    path,
    status,
    latency_ms: trace.elapsedMs,
    user_id: trace.userId,
    client: trace.world.random.pick(clients),
  });
}

function readProduct(trace: Trace, product: string): boolean {
  const { random, conditions } = trace.world;
  const missed = random.chance(conditions.catalogCacheMissShare);
  if (missed) trace.log('catalog-service', 'DEBUG', `cache miss for product ${product}, reading from database`, { sku: product });
  if (random.chance(conditions.catalogTimeoutShare)) {
    const waitedMs = trace.spend(3000, 0.02);
    trace.log('catalog-service', 'ERROR', `query timeout after ${waitedMs} ms reading product ${product}`, {
      sku: product,
      latency_ms: waitedMs,
      error_code: 'QUERY_TIMEOUT',
    });
    return false;
  }
  const tookMs = trace.spend(missed ? 38 : 4);
  trace.log('catalog-service', 'INFO', `served product ${product} in ${tookMs} ms`, {
    sku: product,
    latency_ms: tookMs,
    cache: missed ? 'miss' : 'hit',
  });
  return true;
}

function recommend(trace: Trace, product: string): void {
  const { random, conditions } = trace.world;
  if (random.chance(conditions.recommendationDownShare)) {
    trace.spend(40);
    trace.log('web-storefront', 'WARN', `recommendations unavailable for ${product}, showing bestsellers instead`, {
      sku: product,
      upstream: 'recommendation-service',
      error_code: 'ECONNREFUSED',
    });
    return;
  }
  const tookMs = trace.spend(25 * conditions.recommendationSlowness);
  trace.log('recommendation-service', tookMs > 400 ? 'WARN' : 'DEBUG', `ranked ${random.integer(20, 80)} candidates in ${tookMs} ms`, {
    latency_ms: tookMs,
    model: 'als-17',
  });
}

function browse(world: World): void {
  const trace = new Trace(world);
  const product = sku(trace);
  trace.spend(3);
  trace.log('web-storefront', 'DEBUG', `rendering product page ${product}`, {
    sku: product,
    session_id: trace.sessionId,
    user_id: trace.userId,
  });
  const found = readProduct(trace, product);
  if (found) recommend(trace, product);
  if (found && world.random.chance(0.3)) {
    const bytes = world.random.integer(20_000, 900_000);
    trace.log('media-service', 'INFO', `served image ${product}/${world.random.hex(8)}.webp ${bytes} bytes`, {
      sku: product,
      bytes,
      latency_ms: trace.spend(9),
    });
  }
  respond(trace, 'GET', `/products/${product}`, found ? 200 : 504);
}

function browseCategory(world: World): void {
  const trace = new Trace(world);
  const category = world.random.pick(categories);
  const tookMs = trace.spend(14);
  trace.log('catalog-service', 'INFO', `listed ${world.random.integer(8, 48)} products of category "${category}"`, {
    category,
    latency_ms: tookMs,
  });
  respond(trace, 'GET', `/categories/${encodeURIComponent(category)}`, 200);
}

function searchProducts(world: World): void {
  const trace = new Trace(world);
  const term = world.random.pick(searchTerms);
  const tookMs = trace.spend(45);
  const found = world.random.chance(0.07) ? 0 : world.random.integer(1, 300);
  trace.log(
    'search-service',
    found === 0 ? 'WARN' : 'INFO',
    found === 0 ? `no results for "${term}"` : `found ${found} results for "${term}" in ${tookMs} ms`,
    { term, results: found, latency_ms: tookMs },
  );
  respond(trace, 'GET', '/search', 200);
}

function signIn(world: World): void {
  const trace = new Trace(world);
  trace.spend(8);
  if (world.random.chance(world.conditions.identityFailureShare)) {
    trace.log('auth-service', 'ERROR', 'call to identity provider id.shop.example failed: certificate has expired', {
      user_id: trace.userId,
      error_code: 'CERT_HAS_EXPIRED',
      upstream: 'id.shop.example',
    });
    respond(trace, 'POST', '/login', 503);
    return;
  }
  if (world.random.chance(0.06)) {
    trace.log('auth-service', 'WARN', `failed login for user ${trace.userId}: wrong password`, {
      user_id: trace.userId,
      attempt: world.random.integer(1, 4),
    });
    respond(trace, 'POST', '/login', 401);
    return;
  }
  trace.log('auth-service', 'INFO', `user ${trace.userId} signed in`, {
    user_id: trace.userId,
    session_id: trace.sessionId,
    method: world.random.pick(['password', 'passkey', 'sso']),
  });
  trace.log('session-cache', 'DEBUG', `SET session:${trace.sessionId} EX 86400`, {
    session_id: trace.sessionId,
    latency_ms: trace.spend(1),
  });
  trace.log('user-service', 'INFO', `loaded profile of ${trace.userId}`, { user_id: trace.userId, latency_ms: trace.spend(12) });
  respond(trace, 'POST', '/login', 200);
}

function addToCart(world: World): void {
  const trace = new Trace(world);
  const product = sku(trace);
  if (!readProduct(trace, product)) return respond(trace, 'POST', '/cart/items', 504);
  const left = world.random.integer(0, 40);
  trace.log(
    'inventory-service',
    left < 3 ? 'WARN' : 'DEBUG',
    left < 3 ? `stock of ${product} is low: ${left} left` : `stock of ${product}: ${left}`,
    { sku: product, stock: left, latency_ms: trace.spend(5) },
  );
  trace.log('cart-service', 'INFO', `added ${product} to cart of ${trace.userId}`, {
    sku: product,
    user_id: trace.userId,
    quantity: world.random.integer(1, 4),
  });
  respond(trace, 'POST', '/cart/items', 201);
}

/** The journey on which most incidents show: false where it broke off, after the lines that say why. */
function reserveStock(trace: Trace, orderId: string, product: string): boolean {
  const pod = trace.podOf('inventory-service');
  if (pod === trace.world.conditions.fullDiskPod) {
    trace.log('inventory-service', 'ERROR', `could not reserve ${product}: write /var/lib/inventory/journal.dat: no space left on device`, {
      order_id: orderId,
      sku: product,
      error_code: 'ENOSPC',
    });
    trace.log('checkout-service', 'ERROR', `checkout of order ${orderId} failed: stock could not be reserved`, {
      order_id: orderId,
      upstream: 'inventory-service',
      upstream_host: pod,
    });
    return false;
  }
  trace.log('inventory-service', 'INFO', `reserved ${product} for order ${orderId}`, {
    order_id: orderId,
    sku: product,
    latency_ms: trace.spend(9),
  });
  return true;
}

function charge(trace: Trace, orderId: string, amount: number, currency: string): boolean {
  const { random, conditions } = trace.world;
  const score = random.integer(0, 100);
  trace.log('fraud-service', score > 95 ? 'WARN' : 'INFO', `scored order ${orderId}: ${score}`, {
    order_id: orderId,
    score,
    latency_ms: trace.spend(30),
  });
  if (random.chance(conditions.paymentTimeoutShare)) {
    trace.atMs += conditions.paymentTimeoutMs;
    trace.log(
      'payment-service',
      'ERROR',
      `failed to charge card for order ${orderId}: provider timeout after ${conditions.paymentTimeoutMs} ms`,
      {
        order_id: orderId,
        amount,
        currency,
        error_code: 'PROVIDER_TIMEOUT',
        latency_ms: conditions.paymentTimeoutMs,
        version: trace.world.version('payment-service'),
      },
    );
    trace.log('checkout-service', 'ERROR', `checkout of order ${orderId} failed: payment was not completed`, {
      order_id: orderId,
      upstream: 'payment-service',
      user_id: trace.userId,
    });
    return false;
  }
  const tookMs = trace.spend(340);
  if (random.chance(0.03)) {
    trace.log('payment-service', 'WARN', `card declined for order ${orderId}: insufficient funds`, {
      order_id: orderId,
      amount,
      currency,
      error_code: 'CARD_DECLINED',
      latency_ms: tookMs,
    });
    return false;
  }
  trace.log('payment-service', 'INFO', `charged ${amount.toFixed(2)} ${currency} for order ${orderId}`, {
    order_id: orderId,
    amount,
    currency,
    provider: 'stripe',
    latency_ms: tookMs,
  });
  return true;
}

function storeOrder(trace: Trace, orderId: string): boolean {
  if (trace.world.random.chance(trace.world.conditions.orderPoolExhaustedShare)) {
    trace.atMs += 2000;
    trace.log('order-service', 'ERROR', 'could not acquire a database connection within 2000 ms: pool exhausted (20 of 20 in use)', {
      order_id: orderId,
      pool: 'orders-db',
      error_code: 'POOL_TIMEOUT',
    });
    trace.log('checkout-service', 'ERROR', `checkout of order ${orderId} failed: order could not be stored, payment will be refunded`, {
      order_id: orderId,
      upstream: 'order-service',
    });
    return false;
  }
  trace.log('orders-db', 'DEBUG', 'INSERT INTO orders … committed', { order_id: orderId, rows: 1, latency_ms: trace.spend(6) });
  trace.log('order-service', 'INFO', `order ${orderId} placed`, { order_id: orderId, user_id: trace.userId });
  return true;
}

function checkout(world: World): void {
  const trace = new Trace(world);
  const orderId = `ord-${world.random.integer(10_000_000, 99_999_999)}`;
  const amount = Math.round(world.random.logNormal(60, 0.8) * 100) / 100;
  const product = sku(trace);
  trace.spend(6);
  trace.log('checkout-service', 'INFO', `checkout started for order ${orderId}`, {
    order_id: orderId,
    user_id: trace.userId,
    session_id: trace.sessionId,
    items: world.random.integer(1, 6),
  });
  const placed =
    reserveStock(trace, orderId, product) && charge(trace, orderId, amount, world.random.pick(currencies)) && storeOrder(trace, orderId);
  respond(trace, 'POST', '/checkout', placed ? 201 : trace.elapsedMs > 1500 ? 504 : 502);
  if (placed) deliver(trace, orderId);
}

/** What goes on behind the answer. */
function deliver(trace: Trace, orderId: string): void {
  const { random } = trace.world;
  trace.log('message-broker', 'DEBUG', `appended to topic orders.placed partition ${random.integer(0, 11)}`, {
    order_id: orderId,
    offset: random.integer(1e6, 9e6),
  });
  trace.spend(120);
  trace.log('shipping-service', 'INFO', `label created for order ${orderId} with ${random.pick(['DHL', 'UPS', 'DPD', 'Swiss Post'])}`, {
    order_id: orderId,
    latency_ms: trace.spend(210),
  });
  const bounced = random.chance(0.02);
  trace.log(
    'notification-service',
    bounced ? 'WARN' : 'INFO',
    bounced ? `confirmation of order ${orderId} bounced: mailbox full` : `confirmation of order ${orderId} sent`,
    { order_id: orderId, channel: 'email', user_id: trace.userId },
  );
}

const journeys: readonly { readonly share: number; readonly run: (world: World) => void }[] = [
  { share: 0.38, run: browse },
  { share: 0.16, run: browseCategory },
  { share: 0.14, run: searchProducts },
  { share: 0.08, run: signIn },
  { share: 0.12, run: addToCart },
  { share: 0.12, run: checkout },
];

/** Writes the lines of one journey that begins now. */
export function startJourney(world: World): void {
  let left = world.random.float();
  for (const { share, run } of journeys) {
    left -= share;
    if (left <= 0) return run(world);
  }
  browse(world);
}
