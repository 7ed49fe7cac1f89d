/**
 * What is known of all lines of one tenant, whatever rules look at: when lines came last, whether they came again after a
 * time in which nobody sent, and since when each service is known. Conditions about silence need it: a source is silent
 * when others send and it does not, and not when the server was down.
 *
 * Deterministic like the conditions. The evaluator has one of each tenant, and gives it each batch before the conditions
 * and each tick before they are judged.
 */
import type { BatchView } from '#model/batch-view.ts';
import { UsualPause } from './conditions/usual-pause.ts';
import type { SavedPause } from './conditions/usual-pause.ts';
import type { StreamKnowledge } from './condition-state.ts';

/** Ticks and arrivals further apart: nobody was listening. Ticks come each half second, while catching up each few seconds. */
const longestBreakMs = 30_000;
/** A shorter pause of all is never one to be told. */
const minQuietMs = 60_000;
/** So many times the usual pause of the tenant. At least one source's own is as long, and a rule allows it several of them. */
const quietFactor = 2;
/** Services of a tenant whose first line is remembered; of further ones conditions go by what they see themselves. */
const maxServices = 10_000;

interface SavedStream {
  readonly arrival: number | null;
  readonly resumed: number | null;
  readonly listening: number | null;
  readonly heard: number | null;
  readonly past: number | null;
  readonly pause: SavedPause;
  readonly services: readonly (readonly [string, number])[];
}

export class TenantStream implements StreamKnowledge {
  lastArrivalMs = Number.NEGATIVE_INFINITY;
  resumedMs = Number.NEGATIVE_INFINITY;
  listeningMs = Number.NEGATIVE_INFINITY;
  heardMs = Number.NEGATIVE_INFINITY;
  /** What was the present when the evaluator was behind. */
  #pastUntilMs = Number.NEGATIVE_INFINITY;
  #pause = new UsualPause();
  readonly #services = new Map<string, number>();

  /** A batch came. */
  take(view: BatchView, receivedMs: number): void {
    this.#hear(receivedMs);
    const pauseMs = receivedMs - this.lastArrivalMs;
    if (pauseMs > 0 && Number.isFinite(pauseMs)) {
      if (pauseMs > Math.max(minQuietMs, quietFactor * this.#pause.usualMs)) this.resumedMs = receivedMs;
      this.#pause.record(pauseMs, receivedMs);
    }
    if (pauseMs > 0) this.lastArrivalMs = receivedMs;
    // a clock that was set back: times that lie ahead would hold for ever
    if (pauseMs < -minQuietMs) this.lastArrivalMs = this.resumedMs = receivedMs;
    for (const service of view.dictionary('service').values) {
      if (!this.#services.has(service) && this.#services.size < maxServices) this.#services.set(service, receivedMs);
    }
  }

  /**
   * A time up to which all lines were taken. Of a time that was past already nobody knows whether the server was up then:
   * only lines show that it was. `lateMs`: how far the tick is behind the present, 0 where that is little.
   */
  tick(tickMs: number, lateMs = 0): void {
    if (lateMs > 0) this.#pastUntilMs = tickMs + lateMs;
    if (tickMs > this.#pastUntilMs) this.#hear(tickMs);
  }

  serviceSinceMs(service: string): number | undefined {
    return this.#services.get(service);
  }

  /** Bytes held, about. */
  get bytes(): number {
    return 300 + this.#pause.bytes + this.#services.size * 100;
  }

  /** As JSON. */
  save(): unknown {
    const saved: SavedStream = {
      arrival: finiteOrNull(this.lastArrivalMs),
      resumed: finiteOrNull(this.resumedMs),
      listening: finiteOrNull(this.listeningMs),
      heard: finiteOrNull(this.heardMs),
      past: finiteOrNull(this.#pastUntilMs),
      pause: this.#pause.save(),
      services: [...this.#services],
    };
    return saved;
  }

  restore(state: unknown): void {
    const { arrival, resumed, listening, heard, past, pause, services } = state as SavedStream;
    this.lastArrivalMs = arrival ?? Number.NEGATIVE_INFINITY;
    this.resumedMs = resumed ?? Number.NEGATIVE_INFINITY;
    this.listeningMs = listening ?? Number.NEGATIVE_INFINITY;
    this.heardMs = heard ?? Number.NEGATIVE_INFINITY;
    this.#pastUntilMs = past ?? Number.NEGATIVE_INFINITY;
    this.#pause = UsualPause.restore(pause);
    this.#services.clear();
    for (const [service, sinceMs] of services) this.#services.set(service, sinceMs);
  }

  #hear(atMs: number): void {
    if (atMs - this.heardMs > longestBreakMs || this.heardMs - atMs > longestBreakMs) this.listeningMs = this.heardMs = atMs;
    else if (atMs > this.heardMs) this.heardMs = atMs;
  }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
