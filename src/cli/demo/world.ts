/**
 * The invented shop that the demo stream logs: its services and their pods, what is wrong with it at the moment, and the
 * lines it has yet to write. Time is virtual: whoever runs the simulation says how far it goes.
 */
import { Random } from './random.ts';

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
export type Metadata = Readonly<Record<string, string | number | boolean>>;

export interface DemoLine {
  readonly atMs: number;
  readonly level: Level;
  readonly service: string;
  readonly host: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly message: string;
  readonly metadata: Metadata;
}

/** Services that take traffic, with the number of their pods. */
export const serviceSizes = {
  'edge-gateway': 4,
  'web-storefront': 4,
  'auth-service': 3,
  'user-service': 2,
  'catalog-service': 4,
  'search-service': 3,
  'recommendation-service': 2,
  'cart-service': 3,
  'checkout-service': 3,
  'payment-service': 3,
  'order-service': 3,
  'inventory-service': 2,
  'shipping-service': 2,
  'notification-service': 2,
  'fraud-service': 2,
  'media-service': 2,
  'orders-db': 2,
  'session-cache': 2,
  'message-broker': 3,
  scheduler: 1,
  deployer: 1,
} as const;

export type ServiceName = keyof typeof serviceSizes;

interface ServiceState {
  pods: string[];
  release: number;
}

/** What is wrong at the moment; incidents turn these, journeys read them. */
export interface Conditions {
  /** Share of charges that the provider's client gives up on, and after how long. */
  paymentTimeoutShare: number;
  paymentTimeoutMs: number;
  /** Share of orders that find no free database connection. */
  orderPoolExhaustedShare: number;
  /** Share of sign-ins whose call to the identity provider fails. */
  identityFailureShare: number;
  catalogCacheMissShare: number;
  catalogTimeoutShare: number;
  /** Pod of inventory-service that cannot write any more; empty when all can. */
  fullDiskPod: string;
  /** 1 is normal. */
  recommendationSlowness: number;
  recommendationDownShare: number;
}

const healthy: Conditions = {
  paymentTimeoutShare: 0.004,
  paymentTimeoutMs: 5000,
  orderPoolExhaustedShare: 0.0005,
  identityFailureShare: 0.001,
  catalogCacheMissShare: 0.08,
  catalogTimeoutShare: 0.001,
  fullDiskPod: '',
  recommendationSlowness: 1,
  recommendationDownShare: 0.001,
};

export class World {
  readonly random: Random;
  readonly conditions: Conditions = { ...healthy };
  /** Virtual time; lines may be written for later, never for earlier. */
  nowMs: number;
  /** Lines written so far, waiting or already taken. */
  writtenCount = 0;
  readonly #services = new Map<ServiceName, ServiceState>();
  /** Binary heap by time. */
  readonly #waiting: DemoLine[] = [];

  constructor(seed: number, startMs: number) {
    this.random = new Random(seed);
    this.nowMs = startMs;
    for (const name of Object.keys(serviceSizes) as ServiceName[]) {
      this.#services.set(name, { pods: [], release: this.random.integer(20, 180) });
      this.replacePods(name);
    }
  }

  pods(service: ServiceName): readonly string[] {
    return this.#state(service).pods;
  }

  pod(service: ServiceName): string {
    return this.random.pick(this.#state(service).pods);
  }

  version(service: ServiceName): string {
    return `v2.${this.#state(service).release}.0`;
  }

  /** A new release, or back to the one before; returns its version. */
  changeRelease(service: ServiceName, step: 1 | -1): string {
    this.#state(service).release += step;
    return this.version(service);
  }

  /** Pods get new names, as after a deployment. */
  replacePods(service: ServiceName): void {
    const set = this.random.hex(8);
    this.#state(service).pods = Array.from({ length: serviceSizes[service] }, () => `${service}-${set}-${this.random.token(5)}`);
  }

  replacePod(service: ServiceName, pod: string): string {
    const state = this.#state(service);
    const fresh = `${pod.slice(0, pod.lastIndexOf('-'))}-${this.random.token(5)}`;
    state.pods = state.pods.map((name) => (name === pod ? fresh : name));
    return fresh;
  }

  restore(...names: readonly (keyof Conditions)[]): void {
    for (const name of names) Object.assign(this.conditions, { [name]: healthy[name] });
  }

  /** Writes a line for a time from now on. */
  write(line: DemoLine): void {
    this.writtenCount++;
    const heap = this.#waiting;
    let at = heap.push(line) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].atMs <= line.atMs) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = line;
  }

  /** A line outside any request. */
  say(service: ServiceName, level: Level, message: string, metadata: Metadata = {}, pod: string = this.pod(service)): void {
    this.write({ atMs: this.nowMs, level, service, host: pod, traceId: '', spanId: '', message, metadata });
  }

  /** The earliest waiting line, if it is not later than the time. */
  take(untilMs: number): DemoLine | undefined {
    const heap = this.#waiting;
    const first = heap[0];
    if (first === undefined || first.atMs > untilMs) return undefined;
    const last = heap.pop() as DemoLine;
    if (heap.length > 0) this.#siftDown(last);
    return first;
  }

  #siftDown(line: DemoLine): void {
    const heap = this.#waiting;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].atMs < heap[child].atMs) child++;
      if (heap[child].atMs >= line.atMs) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = line;
  }

  #state(service: ServiceName): ServiceState {
    return this.#services.get(service) as ServiceState;
  }
}
