/** One request on its way through the services: a trace id, a span and a pod for each service, and a time that goes on. */
import type { Level, Metadata, ServiceName, World } from './world.ts';

interface Hop {
  readonly spanId: string;
  readonly pod: string;
}

export class Trace {
  readonly world: World;
  readonly traceId: string;
  readonly requestId: string;
  readonly userId: string;
  readonly sessionId: string;
  atMs: number;
  readonly #startMs: number;
  readonly #hops = new Map<ServiceName, Hop>();

  constructor(world: World) {
    const { random } = world;
    this.world = world;
    this.traceId = random.hex(32);
    this.requestId = `req_${random.token(14)}`;
    // Few users do much and many do little.
    this.userId = `u-${Math.floor(100_000 * random.float() ** 3)}`;
    this.sessionId = `s_${random.token(12)}`;
    this.atMs = world.nowMs;
    this.#startMs = world.nowMs;
  }

  get elapsedMs(): number {
    return Math.round(this.atMs - this.#startMs);
  }

  podOf(service: ServiceName): string {
    return this.#hop(service).pod;
  }

  /** Lets about so many milliseconds pass; returns them, rounded as a service would log them. */
  spend(medianMs: number, spread = 0.5): number {
    const spentMs = Math.max(1, Math.round(this.world.random.logNormal(medianMs, spread)));
    this.atMs += spentMs;
    return spentMs;
  }

  log(service: ServiceName, level: Level, message: string, metadata: Metadata = {}): void {
    const { spanId, pod } = this.#hop(service);
    this.atMs += 0.2;
    this.world.write({
      atMs: this.atMs,
      level,
      service,
      host: pod,
      traceId: this.traceId,
      spanId,
      message,
      metadata: { request_id: this.requestId, ...metadata },
    });
  }

  #hop(service: ServiceName): Hop {
    let hop = this.#hops.get(service);
    if (hop === undefined) {
      hop = { spanId: this.world.random.hex(16), pod: this.world.pod(service) };
      this.#hops.set(service, hop);
    }
    return hop;
  }
}
