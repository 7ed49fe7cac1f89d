/** Lines like those of real services, from a fixed seed: for the bench and the tests of the native decoder. */

/** A small seeded generator (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const levels = ['INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'DEBUG', 'WARN', 'ERROR'];
const services = [
  'payment-service',
  'checkout',
  'cart-api',
  'inventory',
  'search-frontend',
  'auth',
  'mailer',
  'recommendations',
  'ledger',
  'gateway',
  'shipping',
  'fraud-check',
];
const templates: readonly ((number: () => number) => string)[] = [
  (n) => `Failed to process payment for order ord-${n()}: card network answered TIMEOUT after ${n() % 9000} ms, attempt ${n() % 5}`,
  (n) => `GET /api/v2/items/${n()} 200 in ${n() % 800} ms, ${n() % 90000} bytes, cache miss`,
  (n) => `Accepted connection from 10.${n() % 256}.${n() % 256}.${n() % 256}:${n() % 65536}, tls handshake took ${n() % 300} ms`,
  (n) => `Retrying message ${n()} on topic orders-${n() % 12}, offset ${n()}, previous error was connection reset by peer`,
  (n) => `User session ${n()} refreshed, ${n() % 30} items in cart, total ${n() % 1000}.${n() % 100}`,
  (n) =>
    `Query took ${n() % 5000} ms: SELECT * FROM orders WHERE customer_id = ${n()} AND state IN (1, 2, ${n() % 9}) ORDER BY created_at DESC LIMIT 50`,
  (n) => `Worker ${n() % 64} finished job ${n()} of queue thumbnails`,
  (n) => `Circuit breaker for inventory opened after ${n() % 50} failures in the last ${n() % 60} seconds; next probe at ${n()}`,
];

class LineSource {
  readonly random: () => number;
  #ms = Date.parse('2025-07-15T10:00:00Z');

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)];
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits)
      text += Math.floor(this.random() * 0x10000)
        .toString(16)
        .padStart(4, '0');
    return text.slice(0, digits);
  }

  base(service: string): Record<string, unknown> {
    this.#ms += Math.floor(this.random() * 5);
    return {
      timestamp: new Date(this.#ms).toISOString(),
      level: this.pick(levels),
      service,
      host: `prod-${service.slice(0, 4)}-${Math.floor(this.random() * 40)}`,
      trace_id: this.hex(32),
      span_id: this.hex(16),
      message: this.pick(templates)(() => Math.floor(this.random() * 10_000_000)),
    };
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-${this.hex(4)}-${this.hex(4)}-${this.hex(12)}`;
  }
}

/** Lines of about 440 B that all have the same keys in the same order. */
export function similarLines(count: number): string[] {
  const source = new LineSource(1);
  return Array.from({ length: count }, () => {
    const { random } = source;
    return JSON.stringify({
      ...source.base(source.pick(services)),
      metadata: {
        user_id: `u-${source.hex(10)}`,
        request_id: source.uuid(),
        latency_ms: Math.floor(random() * 1e6) / 100,
        status: 200 + Math.floor(random() * 300),
        region: source.pick(['eu-central-1', 'us-east-1', 'ap-south-1']),
      },
    });
  });
}

/** Lines whose keys depend on the service and vary from line to line. */
export function mixedLines(count: number): string[] {
  const source = new LineSource(2);
  return Array.from({ length: count }, () => {
    const { random } = source;
    const service = Math.floor(random() * services.length);
    const metadata: Record<string, unknown> = { request_id: source.uuid(), [`${services[service].slice(0, 5)}_id`]: source.hex(12) };
    for (let key = 0; key < 4; key++)
      if (random() < 0.7) metadata[`field_${service % 4}_${key}`] = random() < 0.5 ? source.hex(8) : Math.floor(random() * 1e5);
    if (random() < 0.3) metadata['http'] = { method: 'GET', status: 200 + service, route: '/api/v1/things/{id}' };
    if (random() < 0.1) metadata['retry'] = random() < 0.5;
    return JSON.stringify({ ...source.base(services[service]), metadata });
  });
}
