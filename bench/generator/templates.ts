/**
 * The message templates of the independent set: about six hundred, made of the vocabulary of 22 services and the
 * sentences below. Levels have the shares of a healthy production system.
 */

export const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type Level = (typeof levels)[number];

const levelShares: Readonly<Record<Level, number>> = { DEBUG: 0.16, INFO: 0.7, WARN: 0.095, ERROR: 0.043, FATAL: 0.002 };

/** What a slot is filled with, for every line anew. */
export const slotKinds = ['n', 'ms', 'small', 'id', 'user', 'req', 'order', 'ip', 'path'] as const;
export type SlotKind = (typeof slotKinds)[number];

export interface Template {
  readonly service: string;
  readonly level: Level;
  /** Texts around the slots, escaped for JSON; one more than slots. */
  readonly texts: readonly string[];
  readonly slots: readonly SlotKind[];
  /** Words of the message in lower case, a slot being `0`: what an oracle counts. */
  readonly tokens: readonly string[];
}

const services: readonly (readonly [name: string, objects: readonly string[], dependency: string, store: string])[] = [
  ['api-gateway', ['route', 'upstream'], 'auth-api', 'config store'],
  ['auth-api', ['session', 'token'], 'directory', 'redis'],
  ['account-api', ['profile', 'address'], 'auth-api', 'postgres'],
  ['billing-api', ['invoice', 'credit note'], 'ledger', 'postgres'],
  ['cart-api', ['basket', 'basket line'], 'catalog-api', 'redis'],
  ['catalog-api', ['product', 'category'], 'search-api', 'elasticsearch'],
  ['checkout-api', ['order', 'voucher'], 'payment-api', 'postgres'],
  ['payment-api', ['charge', 'refund'], 'acquirer', 'postgres'],
  ['ledger', ['booking', 'balance'], 'billing-api', 'cockroach'],
  ['inventory-api', ['stock item', 'reservation'], 'warehouse-sync', 'mysql'],
  ['warehouse-sync', ['pallet', 'shipment file'], 'inventory-api', 'sftp share'],
  ['shipping-api', ['parcel', 'label'], 'carrier-proxy', 'postgres'],
  ['carrier-proxy', ['tracking event', 'manifest'], 'carrier', 'redis'],
  ['search-api', ['search index', 'suggestion'], 'catalog-api', 'elasticsearch'],
  ['recommender', ['feature vector', 'ranking'], 'catalog-api', 'feature store'],
  ['notification-hub', ['mail', 'push message'], 'smtp relay', 'rabbitmq'],
  ['media-store', ['image', 'thumbnail'], 'cdn', 's3'],
  ['fraud-check', ['risk score', 'device print'], 'payment-api', 'cassandra'],
  ['event-stream', ['partition', 'consumer group'], 'broker', 'kafka'],
  ['report-worker', ['export', 'report'], 'warehouse-sync', 's3'],
  ['cron-runner', ['job', 'lease'], 'event-stream', 'etcd'],
  ['session-store', ['cache entry', 'replica'], 'sentinel', 'redis'],
];

const sentences: readonly (readonly [level: Level, weight: number, text: string])[] = [
  ['DEBUG', 4, 'lookup of {object} {id} answered from {store} in {n} us, {small} keys touched'],
  ['DEBUG', 3, 'serialised {object} with {n} bytes for request {req}, compression took {n} us'],
  ['DEBUG', 2, 'acquired lease {id} on {object} shard {small}, renewing in {ms} ms'],
  ['DEBUG', 2, 'checked health of {dependency}: {small} of 12 replicas ready, slowest answered in {ms} ms'],
  ['INFO', 9, 'Completed update of {object} {id} for user {user} in {ms} ms'],
  ['INFO', 8, 'GET /v2/{path}/{id} 200 {n} bytes in {ms} ms from {ip}'],
  ['INFO', 7, 'Request {req} from {ip} handled by {service} after {ms} ms, {n} bytes sent to the client'],
  ['INFO', 5, 'Loaded {n} {object} records from {store}, {n} of them were fresh, took {ms} ms'],
  ['INFO', 5, 'Order {order} moved to state {object} accepted, version {n}, by user {user}'],
  ['INFO', 4, 'Published {object} event {id} to partition {small} at offset {n} of topic {path}'],
  ['INFO', 3, 'Opened connection {n} to {dependency} at {ip} after {ms} ms, pool holds {small} of 64'],
  ['INFO', 3, 'Scheduled job refresh-{path} finished: {n} rows read, {n} rows written, {ms} ms'],
  ['INFO', 1, 'Benutzer {user} hat {object} {id} geändert, Prüfung über {dependency} nach {ms} ms abgeschlossen'],
  ['INFO', 1, 'User {user} renamed {object} to "{path} {n}" in folder C:\\shares\\{path}'],
  ['WARN', 5, 'Slow query on {store}: {ms} ms for {object} {id}, threshold is 250 ms'],
  ['WARN', 4, 'Retrying call to {dependency}, attempt {small} of 5: connection reset by peer {ip}'],
  ['WARN', 3, 'Queue for {object} holds {n} entries, consumer lags by {ms} ms behind {dependency}'],
  ['WARN', 2, 'Deprecated parameter "{path}" used by client {ip} in request {req}'],
  ['WARN', 2, 'Rate limit reached for user {user}: {n} requests in 60 s, answering 429'],
  ['ERROR', 5, 'Failed to store {object} {id}: timeout after {ms} ms waiting for {dependency}'],
  ['ERROR', 3, 'Unhandled exception in {service} handler for order {order}: connection reset by peer {ip}'],
  ['ERROR', 2, 'Could not write {object} {id} to {store}: deadlock detected, transaction {n} rolled back'],
  ['ERROR', 2, 'Upstream {dependency} answered 503 to request {req}, circuit breaker opens for {ms} ms'],
  ['ERROR', 1, 'Validation of {object} failed at line {n}: unexpected field "{path}" for user {user}'],
  ['FATAL', 1, 'Out of memory in worker {small} of {service}: requested {n} bytes, heap limit reached'],
  ['FATAL', 1, 'Lost quorum of {store}: {small} of 5 members reachable from {ip}, shutting down'],
];

/** Splits as the text index does: ASCII letters and digits and everything beyond ASCII are word characters. */
export function tokensOf(message: string): string[] {
  return message
    .toLowerCase()
    .split(/[^a-z0-9\u0080-\u{10ffff}]+/u)
    .filter((token) => token !== '');
}

function compile(service: string, level: Level, sentence: string, words: Readonly<Record<string, string>>): Template {
  const filled = sentence.replace(/\{(\w+)\}/g, (slot, name: string) => words[name] ?? slot);
  const parts = filled.split(/\{(\w+)\}/);
  const plain = parts.filter((_, index) => index % 2 === 0);
  return {
    service,
    level,
    texts: plain.map((text) => JSON.stringify(text).slice(1, -1)),
    slots: parts.filter((_, index) => index % 2 === 1) as SlotKind[],
    tokens: tokensOf(plain.join('0')),
  };
}

export interface WeightedTemplate {
  readonly template: Template;
  /** Share of all lines. */
  readonly share: number;
}

/** All templates; the shares add up to 1. Busy services write more: the n-th has weight 1 / n^0.6. */
export function buildTemplates(): WeightedTemplate[] {
  const weighted: { template: Template; weight: number }[] = [];
  for (const [index, [service, objects, dependency, store]] of services.entries()) {
    for (const [level, weight, sentence] of sentences) {
      const variants = sentence.includes('{object}') ? objects : [objects[0]];
      for (const object of variants) {
        const template = compile(service, level, sentence, { object, dependency, store, service });
        weighted.push({ template, weight: weight / variants.length / (index + 1) ** 0.6 });
      }
    }
  }
  const totals = new Map<Level, number>();
  for (const { template, weight } of weighted) totals.set(template.level, (totals.get(template.level) ?? 0) + weight);
  return weighted.map(({ template, weight }) => ({
    template,
    share: (weight / (totals.get(template.level) as number)) * levelShares[template.level],
  }));
}
