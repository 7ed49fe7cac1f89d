/**
 * Which patterns each service is known to have, for a condition of kind new_pattern. Bounded over all services.
 *
 * It begins with what the catalogue of patterns knew before the rule began. Where the catalogue lists as many services of
 * a pattern as it ever keeps, the pattern counts as known in all.
 */
import type { KnownBefore } from '../condition-state.ts';
import { PatternSet } from './pattern-set.ts';

/** What the catalogue keeps of one pattern (patterns/pattern-catalogue.ts); from there on it does not know who else has it. */
const servicesOfWidespread = 100;

export interface KnownService {
  /** When its first line came, as far as known. */
  sinceMs: number;
  readonly patterns: PatternSet;
}

type SavedKnown = readonly [widespread: string, ...(readonly [service: string, sinceMs: number, patterns: string])[]];

export class KnownPatterns {
  readonly #maxPatterns: number;
  readonly #services = new Map<string, KnownService>();
  #widespread = new PatternSet();
  #size = 0;

  constructor(maxPatterns: number) {
    this.#maxPatterns = maxPatterns;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.#maxPatterns;
  }

  /** Takes the catalogue in; a service is as old as the first of its patterns. */
  seed(patterns: Iterable<KnownBefore>): void {
    for (const { id, services, firstSeenMs } of patterns) {
      if (services.length >= servicesOfWidespread && !this.isFull && this.#widespread.addId(id)) this.#size++;
      for (const name of services) {
        const service = this.service(name, firstSeenMs);
        service.sinceMs = Math.min(service.sinceMs, firstSeenMs);
        if (!this.isFull && service.patterns.addId(id)) this.#size++;
      }
    }
  }

  service(name: string, sinceMs: number): KnownService {
    let service = this.#services.get(name);
    if (service === undefined) {
      service = { sinceMs, patterns: new PatternSet() };
      this.#services.set(name, service);
    }
    return service;
  }

  /** True where the service did not have it before. The bound must not be reached. */
  add(service: KnownService, low: number, high: number): boolean {
    if (!service.patterns.add(low, high)) return false;
    this.#size++;
    return !this.#widespread.has(low, high);
  }

  get bytes(): number {
    let bytes = this.#widespread.bytes;
    for (const { patterns } of this.#services.values()) bytes += 150 + patterns.bytes;
    return bytes;
  }

  save(): unknown {
    const services = [...this.#services].map(([name, { sinceMs, patterns }]) => [name, sinceMs, patterns.save()] as const);
    const saved: SavedKnown = [this.#widespread.save(), ...services];
    return saved;
  }

  restore(state: unknown): void {
    const [widespread, ...services] = state as SavedKnown;
    this.#services.clear();
    this.#widespread = PatternSet.restore(widespread);
    this.#size = this.#widespread.size;
    for (const [name, sinceMs, saved] of services) {
      const patterns = PatternSet.restore(saved);
      this.#services.set(name, { sinceMs, patterns });
      this.#size += patterns.size;
    }
  }
}
