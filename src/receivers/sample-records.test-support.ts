/** Records like the lines of native/sample-lines.test-support.ts (443 B as JSON), as parts: for benches of other encodings. */

export interface SampleRecord {
  readonly timeMs: number;
  readonly severity: number;
  readonly service: string;
  readonly host: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string | number>>;
}

const services = ['payment-service', 'checkout', 'cart-api', 'inventory', 'search-frontend', 'auth', 'mailer', 'ledger'];
const templates: readonly ((n: number) => string)[] = [
  (n) => `Failed to process payment for order ord-${n}: card network answered TIMEOUT after ${n % 9000} ms, attempt ${n % 5}`,
  (n) => `GET /api/v2/items/${n} 200 in ${n % 800} ms, ${n % 90_000} bytes, cache miss`,
  (n) => `Retrying message ${n} on topic orders-${n % 12}, offset ${n * 7}, previous error was connection reset by peer`,
  (n) => `Query took ${n % 5000} ms: SELECT * FROM orders WHERE customer_id = ${n} AND state IN (1, 2, ${n % 9}) ORDER BY created_at DESC`,
];

/** Hexadecimal digits that differ from record to record. */
const hex = (digits: number, seed: number): string =>
  Array.from({ length: Math.ceil(digits / 8) }, (_, i) => (Math.imul(seed + i * 7919, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0'))
    .join('')
    .slice(0, digits);

export function sampleRecord(i: number): SampleRecord {
  const service = services[i % services.length];
  const host = `prod-${service.slice(0, 4)}-${i % 40}`;
  return {
    timeMs: 1_750_000_000_000 + i * 3,
    severity: i % 20 === 0 ? 17 : 9,
    service,
    host,
    traceId: hex(32, i),
    spanId: hex(16, i + 5),
    message: templates[i % templates.length](Math.imul(i, 2_654_435) >>> 8),
    metadata: {
      user_id: `u-${hex(10, i)}`,
      request_id: `${hex(8, i)}-${hex(4, i)}-4${hex(3, i)}-8${hex(3, i)}-${hex(12, i + 1)}`,
      latency_ms: (i % 1e6) / 100,
      status: 200 + (i % 300),
      region: ['eu-central-1', 'us-east-1', 'ap-south-1'][i % 3],
    },
  };
}

/** Least CPU time of nine runs on a machine that may be shared: ns a record. */
export function leastNs(records: number, run: () => void): number {
  let bestUs = Infinity;
  for (let round = 0; round < 9; round++) {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    bestUs = Math.min(bestUs, user + system);
  }
  return (bestUs * 1000) / records;
}

export function printRate(name: string, ns: number): void {
  console.log(`${name.padEnd(44)} ${ns.toFixed(0).padStart(6)} ns/line ${(1e6 / ns).toFixed(0).padStart(6)} K lines/s`);
}

export function measureRate(name: string, records: number, run: () => void): void {
  printRate(name, leastNs(records, run));
}
