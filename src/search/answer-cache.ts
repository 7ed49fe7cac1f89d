/**
 * Answers that are kept as long as they would be the same, and questions that are asked once for all who ask them.
 *
 * An answer belongs to a tenant, a question in its canonical form, and a version of the store taken before it was asked; it
 * is given again while no line of its range has changed since then, so late lines and replays make it anew. Only complete
 * answers are kept, the least used are forgotten first, and memory is bounded. Who asks what is being asked already waits
 * for that answer, as long as nothing has changed since it was begun; it is asked on until the last of them has gone.
 */
import { AppError } from '#base/errors.ts';
import type { ChangeReads } from '#store/change-reads.ts';
import type { TimeRange } from '#store/log-store.ts';
import { fingerprint } from './fingerprint.ts';

interface Kept {
  readonly value: unknown;
  readonly range: TimeRange;
  readonly tenant: string;
  readonly version: number;
  readonly bytes: number;
}

interface Flight {
  readonly result: Promise<unknown>;
  readonly abort: AbortController;
  readonly version: number;
  waiting: number;
}

export interface CacheQuestion<T> {
  readonly tenant: string;
  readonly range: TimeRange;
  /** All that makes the answer what it is, beside tenant and range. */
  readonly shape: object;
  /** The range as it was asked: by it "the last hour" is the same question for two who ask it at about the same time. */
  readonly askedRange?: unknown;
  /** Bytes that the answer takes, about; undefined for one that must not be kept. */
  readonly sizeOf: (answer: T) => number | undefined;
}

export interface CacheStatus {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly joined: number;
  readonly misses: number;
}

/** What one entry costs beside its answer. */
const entryBytes = 300;

export class AnswerCache {
  readonly #store: ChangeReads;
  readonly #maxBytes: number;
  /** Least used first. */
  readonly #kept = new Map<string, Kept>();
  readonly #flights = new Map<string, Flight>();
  #bytes = 0;
  #hits = 0;
  #joined = 0;
  #misses = 0;

  constructor(store: ChangeReads, maxBytes: number) {
    this.#store = store;
    this.#maxBytes = maxBytes;
  }

  status(): CacheStatus {
    return { entries: this.#kept.size, bytes: this.#bytes, hits: this.#hits, joined: this.#joined, misses: this.#misses };
  }

  /** The kept answer, or that of a question under way, or a new one. `cached` where nothing was asked for it. */
  async answer<T>(
    question: CacheQuestion<T>,
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly value: T; readonly cached: boolean }> {
    const { tenant, range, shape } = question;
    const key = keyOf({ tenant, shape, fromNs: range.fromNs, toNs: range.toNs });
    const kept = this.#get(key);
    if (kept !== undefined && this.#store.changedSince(tenant, kept.version, range) === undefined) {
      this.#hits++;
      return { value: kept.value as T, cached: true };
    }
    const { askedRange } = question;
    const flight = this.#flightOf(askedRange === undefined ? key : keyOf({ tenant, shape, askedRange }), key, question, ask);
    return { value: (await ridden(flight, signal)) as T, cached: false };
  }

  /** What was put under the name, with the version of then; for answers that are made of kept parts. */
  part<T>(name: object): { readonly value: T; readonly version: number } | undefined {
    return this.#get(keyOf(name)) as { readonly value: T; readonly version: number } | undefined;
  }

  keepPart(name: object, part: Omit<Kept, 'tenant'> & { readonly tenant: string }): void {
    this.#keep(keyOf(name), part);
  }

  noteHit(isHit: boolean): void {
    if (isHit) this.#hits++;
    else this.#misses++;
  }

  #flightOf<T>(name: string, key: string, question: CacheQuestion<T>, ask: (signal: AbortSignal) => Promise<T>): Flight {
    const { tenant, range, sizeOf } = question;
    const underWay = this.#flights.get(name);
    const isFresh = underWay !== undefined && !underWay.abort.signal.aborted;
    if (isFresh && this.#store.changedSince(tenant, underWay.version, range) === undefined) {
      this.#joined++;
      return underWay;
    }
    this.#misses++;
    const abort = new AbortController();
    const version = this.#store.changeVersion();
    const result = ask(abort.signal).then((value) => {
      const bytes = sizeOf(value);
      if (bytes !== undefined) this.#keep(key, { value, range, tenant, version, bytes });
      return value;
    });
    const flight: Flight = { result, abort, version, waiting: 0 };
    this.#flights.set(name, flight);
    const land = (): void => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    };
    result.then(land, land);
    return flight;
  }

  #get(key: string): Kept | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  #keep(key: string, kept: Kept): void {
    const cost = kept.bytes + entryBytes;
    this.#forget(key);
    // One answer may not push out all others.
    if (cost > this.#maxBytes / 8) return;
    this.#kept.set(key, { ...kept, bytes: cost });
    this.#bytes += cost;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

const keyOf = (name: object): string => fingerprint(name, 16).toString('base64');

/** Waits for the flight, or until the signal; the last one to go ends it. */
async function ridden(flight: Flight, signal: AbortSignal): Promise<unknown> {
  flight.waiting++;
  const gone = Promise.withResolvers<never>();
  const leave = (): void => gone.reject(new AppError('cancelled', 'the client went away before the answer was ready'));
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([flight.result, gone.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    gone.promise.catch(() => undefined);
    if (--flight.waiting === 0) flight.abort.abort();
  }
}
